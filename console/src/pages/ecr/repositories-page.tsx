import { DeleteRepositoryCommand, ECRClient, paginateDescribeRepositories, type Repository } from "@aws-sdk/client-ecr";
import Button from "@cloudscape-design/components/button";
import { useState } from "react";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Copy } from "../../parts/copy.tsx";
import { Goto, useGoto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { inWords } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { PushCommands } from "./push-commands.tsx";

const t = texts.repositories;

export function RepositoriesPage() {
  const ecr = useClient(ECRClient);
  const goto = useGoto();
  const tell = useTell();
  const [pushing, push] = useState<Repository>();
  const [deleting, remove] = useState<Repository>();
  const query = useLive({
    key: ["repositories"],
    kinds: ["ecr:repository"],
    load: () => everything(paginateDescribeRepositories({ client: ecr, pageSize: 1000 }, {}), ({ repositories }) => repositories),
  });
  const create = (
    <Button variant="primary" onClick={() => goto("ecr", "create")}>
      {t.create}
    </Button>
  );
  return (
    <>
      <ResourceTable
        title={t.title}
        heading="h1"
        description={t.description}
        query={query}
        idOf={({ repositoryName = "" }) => repositoryName}
        nameOf={({ repositoryName = "" }) => repositoryName}
        sortedBy={{ id: "name" }}
        empty={{ title: t.empty, text: t.emptyHow, action: <Button onClick={() => goto("ecr", "create")}>{t.create}</Button> }}
        actions={(chosen) => (
          <>
            <Button disabled={!chosen} onClick={() => push(chosen)}>
              {t.viewPushCommands}
            </Button>
            <Button disabled={!chosen} onClick={() => remove(chosen)}>
              {texts.table.delete}
            </Button>
            {create}
          </>
        )}
        columns={[
          {
            id: "name",
            header: t.name,
            isRowHeader: true,
            value: ({ repositoryName = "" }) => repositoryName,
            cell: ({ repositoryName = "" }) => <Goto to={["ecr", "repositories", repositoryName]}>{repositoryName}</Goto>,
          },
          {
            id: "uri",
            header: t.uri,
            value: ({ repositoryUri = "" }) => repositoryUri,
            cell: ({ repositoryUri = "" }) => <Copy text={repositoryUri} shown name={t.uri} />,
          },
          {
            id: "created",
            header: t.createdAt,
            value: ({ createdAt }) => createdAt?.getTime() ?? 0,
            cell: ({ createdAt }) => <Time at={createdAt} />,
          },
          {
            id: "mutability",
            header: t.mutability,
            value: ({ imageTagMutability = "" }) => imageTagMutability,
            cell: ({ imageTagMutability = "" }) => inWords(imageTagMutability),
          },
          {
            id: "encryption",
            header: t.encryption,
            value: (repository) => encryptionOf(repository),
            cell: (repository) => encryptionOf(repository),
          },
          {
            id: "scan",
            header: t.scanOnPush,
            cell: ({ imageScanningConfiguration }) => (imageScanningConfiguration?.scanOnPush === true ? texts.words.yes : texts.words.no),
          },
        ]}
      />
      {pushing && <PushCommands repository={pushing} close={() => push(undefined)} />}
      {deleting && (
        <Confirm
          title={t.deleteTitle(deleting.repositoryName ?? "")}
          text={t.deleteText}
          word={texts.dialog.delete}
          action={texts.table.delete}
          close={() => remove(undefined)}
          run={async () => {
            await ecr.send(new DeleteRepositoryCommand({ repositoryName: deleting.repositoryName, force: true }));
            await query.refetch();
            tell(t.deleted(deleting.repositoryName ?? ""));
          }}
        />
      )}
    </>
  );
}

export function encryptionOf({ encryptionConfiguration }: Repository): string {
  return encryptionConfiguration?.encryptionType === "KMS" ? t.kms : t.aes;
}
