import { DeregisterTaskDefinitionCommand, DescribeTaskDefinitionCommand, ECSClient, type TaskDefinition } from "@aws-sdk/client-ecs";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { useLive, usePlace } from "../../api/live.ts";
import { Command } from "../../parts/command.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { pathOf } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { texts } from "../../texts.ts";
import { registrationOf } from "./definition-json.ts";

const t = texts.definitions;

export function DefinitionPage() {
  const { family = "", revision = "" } = useParams();
  const name = `${family}:${revision}`;
  const ecs = useClient(ECSClient);
  const navigate = useNavigate();
  const { region } = usePlace();
  const [leaving, setLeaving] = useState(false);
  const query = useLive<TaskDefinition | undefined>({
    key: ["definition", name],
    kinds: ["ecs:task-definition"],
    about: (arn) => arn.endsWith(`/${name}`),
    load: async (abortSignal) =>
      (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }), { abortSignal })).taskDefinition,
  });
  const definition = query.data;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={definition?.status !== "ACTIVE"} onClick={() => setLeaving(true)}>
                {t.deregister}
              </Button>
              <Button
                variant="primary"
                disabled={!definition}
                onClick={() => void navigate(`${pathOf(region, "ecs", "create-task-definition-json")}?from=${encodeURIComponent(name)}`)}
              >
                {t.createRevision}
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {query.error && <ErrorAlert error={query.error} />}
        {definition && (
          <SpaceBetween size="l">
            <Container header={<Header variant="h2">{t.overview}</Header>}>
              <KeyValuePairs
                columns={4}
                items={[
                  { label: "ARN", value: <Copy text={definition.taskDefinitionArn ?? ""} shown name="ARN" /> },
                  { label: texts.words.status, value: <Status status={definition.status} /> },
                  { label: texts.tasks.size, value: `${definition.cpu ?? "-"} CPU / ${definition.memory ?? "-"} MiB` },
                  { label: t.networkMode, value: definition.networkMode ?? "-" },
                  { label: t.taskRole, value: definition.taskRoleArn ?? "-" },
                  { label: t.executionRole, value: definition.executionRoleArn ?? "-" },
                ]}
              />
            </Container>
            <ResourceTable
              title={texts.tasks.containers}
              query={{ data: definition.containerDefinitions ?? [], error: null, isPending: false }}
              idOf={({ name: container = "" }) => container}
              nameOf={({ name: container = "" }) => container}
              empty={{ title: texts.tasks.noContainers, text: "" }}
              columns={[
                { id: "name", header: texts.tasks.container, isRowHeader: true, cell: ({ name: container }) => container },
                { id: "image", header: texts.tasks.image, cell: ({ image }) => image },
                {
                  id: "ports",
                  header: t.ports,
                  cell: ({ portMappings = [] }) => portMappings.map(({ containerPort }) => containerPort).join(", ") || "-",
                },
                { id: "essential", header: t.essential, cell: ({ essential }) => (essential === false ? texts.words.no : texts.words.yes) },
              ]}
            />
            <Container header={<Header variant="h2">JSON</Header>}>
              <Command text={JSON.stringify(registrationOf(definition), undefined, 2)} />
            </Container>
          </SpaceBetween>
        )}
      </SpaceBetween>
      {leaving && (
        <Confirm
          title={t.deregisterTitle(name)}
          text={t.deregisterText}
          action={t.deregister}
          close={() => setLeaving(false)}
          run={async () => {
            await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: name }));
            await query.refetch();
          }}
        />
      )}
    </ContentLayout>
  );
}
