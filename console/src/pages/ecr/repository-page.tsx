import {
  BatchDeleteImageCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  paginateDescribeImages,
  type FindingSeverity,
  type ImageDetail,
} from "@aws-sdk/client-ecr";
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useParams } from "react-router";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { inWords } from "../../parts/status.tsx";
import { bytes, Time } from "../../parts/time.tsx";
import { texts } from "../../texts.ts";
import { PushCommands } from "./push-commands.tsx";
import { encryptionOf } from "./repositories-page.tsx";

const t = texts.repository;

/** From the worst to what hardly matters. */
const SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const satisfies readonly FindingSeverity[];

export function RepositoryPage() {
  const { name = "" } = useParams();
  const ecr = useClient(ECRClient);
  const [pushing, push] = useState(false);
  const [deleting, remove] = useState<ImageDetail>();
  const about = (arn: string): boolean => arn.endsWith(`:repository/${name}`);
  const found = useLive({
    key: ["repository", name],
    kinds: ["ecr:repository"],
    about,
    load: async (abortSignal) => {
      const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }), { abortSignal });
      return repositories[0];
    },
  });
  const images = useLive({
    key: ["images", name],
    kinds: ["ecr:image"],
    about,
    load: () =>
      everything(paginateDescribeImages({ client: ecr, pageSize: 1000 }, { repositoryName: name }), ({ imageDetails }) => imageDetails),
  });
  const repository = found.data;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Button variant="primary" disabled={!repository} onClick={() => push(true)}>
              {texts.repositories.viewPushCommands}
            </Button>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {found.error && <ErrorAlert error={found.error} />}
        {repository && (
          <Container header={<Header variant="h2">{t.summary}</Header>}>
            <KeyValuePairs
              columns={3}
              items={[
                {
                  label: texts.repositories.uri,
                  value: <Copy text={repository.repositoryUri ?? ""} shown name={texts.repositories.uri} />,
                },
                { label: "ARN", value: <Copy text={repository.repositoryArn ?? ""} shown name="ARN" /> },
                { label: texts.repositories.createdAt, value: <Time at={repository.createdAt} /> },
                { label: texts.repositories.mutability, value: inWords(repository.imageTagMutability ?? "") },
                { label: texts.repositories.encryption, value: encryptionOf(repository) },
                {
                  label: texts.repositories.scanOnPush,
                  value: repository.imageScanningConfiguration?.scanOnPush === true ? texts.words.yes : texts.words.no,
                },
              ]}
            />
          </Container>
        )}
        <ResourceTable
          title={t.images}
          query={images}
          idOf={({ imageDigest = "" }) => imageDigest}
          nameOf={({ imageTags, imageDigest = "" }) => imageTags?.join(", ") ?? imageDigest}
          sortedBy={{ id: "pushed", descending: true }}
          empty={{
            title: t.empty,
            text: t.emptyHow,
            action: (
              <Button disabled={!repository} onClick={() => push(true)}>
                {texts.repositories.viewPushCommands}
              </Button>
            ),
          }}
          actions={(chosen) => (
            <Button disabled={!chosen} onClick={() => remove(chosen)}>
              {texts.table.delete}
            </Button>
          )}
          columns={[
            {
              id: "tags",
              header: t.tags,
              isRowHeader: true,
              value: ({ imageTags = [] }) => imageTags.join(", "),
              cell: ({ imageTags = [] }) =>
                imageTags.length === 0 ? (
                  <Box color="text-status-inactive">{t.untagged}</Box>
                ) : (
                  <SpaceBetween direction="horizontal" size="xxs">
                    {imageTags.map((tag) => (
                      <Badge key={tag}>{tag}</Badge>
                    ))}
                  </SpaceBetween>
                ),
            },
            {
              id: "type",
              header: t.type,
              value: ({ imageManifestMediaType = "" }) => typeOf(imageManifestMediaType),
              cell: ({ imageManifestMediaType = "" }) => typeOf(imageManifestMediaType),
            },
            {
              id: "pushed",
              header: t.pushedAt,
              value: ({ imagePushedAt }) => imagePushedAt?.getTime() ?? 0,
              cell: ({ imagePushedAt }) => <Time at={imagePushedAt} />,
            },
            {
              id: "size",
              header: t.size,
              value: ({ imageSizeInBytes = 0 }) => imageSizeInBytes,
              cell: ({ imageSizeInBytes }) => bytes(imageSizeInBytes),
            },
            {
              id: "digest",
              header: t.digest,
              value: ({ imageDigest = "" }) => imageDigest,
              cell: ({ imageDigest = "" }) => (
                <span className="digest">
                  {imageDigest.slice(7, 19)}… <Copy text={imageDigest} name={t.digest} />
                </span>
              ),
            },
            { id: "findings", header: t.findings, cell: (image) => <Findings image={image} /> },
            {
              id: "pulled",
              header: t.pulledAt,
              value: ({ lastRecordedPullTime }) => lastRecordedPullTime?.getTime() ?? 0,
              cell: ({ lastRecordedPullTime }) => <Time at={lastRecordedPullTime} />,
            },
          ]}
        />
      </SpaceBetween>
      {pushing && repository && <PushCommands repository={repository} close={() => push(false)} />}
      {deleting && (
        <Confirm
          title={t.deleteTitle}
          text={t.deleteText(deleting.imageTags?.join(", ") ?? deleting.imageDigest ?? "")}
          word={texts.dialog.delete}
          action={texts.table.delete}
          close={() => remove(undefined)}
          run={async () => {
            const { failures = [] } = await ecr.send(
              new BatchDeleteImageCommand({ repositoryName: name, imageIds: [{ imageDigest: deleting.imageDigest }] }),
            );
            const [failure] = failures;
            if (failure) throw Object.assign(new Error(failure.failureReason), { name: failure.failureCode, $fault: "client" });
            await images.refetch();
          }}
        />
      )}
    </ContentLayout>
  );
}

function typeOf(mediaType: string): string {
  return /index|manifest\.list/.test(mediaType) ? t.index : t.image;
}

/** What a scan found, by severity, or how far it is. */
function Findings({ image }: { readonly image: ImageDetail }) {
  const { imageScanStatus, imageScanFindingsSummary } = image;
  if (!imageScanStatus) return <>{t.notScanned}</>;
  if (!imageScanFindingsSummary) return <>{inWords(imageScanStatus.status ?? "")}</>;
  const counts = imageScanFindingsSummary.findingSeverityCounts ?? {};
  const found = SEVERITIES.filter((severity) => (counts[severity] ?? 0) > 0);
  if (found.length === 0) return <>{t.noFindings}</>;
  return <>{found.map((severity) => `${counts[severity]} ${severity.toLowerCase()}`).join(", ")}</>;
}
