import { DescribeTaskDefinitionCommand, ECSClient, StopTaskCommand, type Task } from "@aws-sdk/client-ecs";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { Goto } from "../../parts/goto.tsx";
import { Missing } from "../../parts/missing.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { texts } from "../../texts.ts";
import { nameOf, useTask } from "./ecs-queries.ts";
import { LastLines } from "./last-lines.tsx";
import { TaskWhy } from "./task-why.tsx";

const t = texts.tasks;

export function TaskPage() {
  const { cluster = "", task: id = "" } = useParams();
  const ecs = useClient(ECSClient);
  const { data: task, error, isPending } = useTask(cluster, id);
  const [stopping, setStopping] = useState(false);
  const definition = useLive({
    key: ["definition", task?.taskDefinitionArn],
    kinds: [],
    enabled: task !== undefined,
    load: async (abortSignal) =>
      (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: task?.taskDefinitionArn }), { abortSignal })).taskDefinition,
  });
  if (!task && !error && !isPending) return <Missing what={id} />;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Button disabled={!task || task.desiredStatus === "STOPPED"} onClick={() => setStopping(true)}>
              {t.stop}
            </Button>
          }
        >
          {id}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error && <ErrorAlert error={error} />}
        {task && (
          <SpaceBetween size="l">
            <TaskWhy task={task} cluster={cluster} />
            <Overview task={task} cluster={cluster} />
            <Containers task={task} />
          </SpaceBetween>
        )}
        {definition.data?.containerDefinitions?.map((container) => (
          <LastLines key={container.name} container={container} taskId={id} />
        ))}
      </SpaceBetween>
      {stopping && (
        <Confirm
          title={t.stopTitle}
          text={t.stopText}
          action={t.stop}
          close={() => setStopping(false)}
          run={async () => void (await ecs.send(new StopTaskCommand({ cluster, task: id })))}
        />
      )}
    </ContentLayout>
  );
}

function Overview({ task, cluster }: { readonly task: Task; readonly cluster: string }) {
  const details = Object.fromEntries((task.attachments?.[0]?.details ?? []).map(({ name = "", value = "" }) => [name, value]));
  const service = task.group?.startsWith("service:") === true ? task.group.slice("service:".length) : undefined;
  return (
    <Container header={<Header variant="h2">{t.overview}</Header>}>
      <KeyValuePairs
        columns={4}
        items={[
          { label: "ARN", value: <Copy text={task.taskArn ?? ""} shown name="ARN" /> },
          { label: t.lastStatus, value: <Status status={task.lastStatus} /> },
          { label: t.desiredStatus, value: <Status status={task.desiredStatus} /> },
          { label: t.health, value: <Status status={task.healthStatus} /> },
          {
            label: texts.definitions.definition,
            value: (
              <Goto to={["ecs", "task-definitions", ...nameOf(task.taskDefinitionArn).split(":")]}>{nameOf(task.taskDefinitionArn)}</Goto>
            ),
          },
          {
            label: texts.ecsServices.name,
            value: service === undefined ? "-" : <Goto to={["ecs", "clusters", cluster, "services", service]}>{service}</Goto>,
          },
          { label: t.createdAt, value: <Time at={task.createdAt} /> },
          { label: t.stoppedAt, value: <Time at={task.stoppedAt} /> },
          { label: t.launchType, value: task.launchType ?? "-" },
          { label: t.size, value: `${task.cpu ?? "-"} CPU / ${task.memory ?? "-"} MiB` },
          { label: t.privateAddress, value: details["privateIPv4Address"] ?? "-" },
          { label: t.subnet, value: details["subnetId"] ?? "-" },
        ]}
      />
    </Container>
  );
}

function Containers({ task }: { readonly task: Task }) {
  return (
    <ResourceTable
      title={t.containers}
      query={{ data: task.containers ?? [], error: null, isPending: false }}
      idOf={({ name = "" }) => name}
      nameOf={({ name = "" }) => name}
      empty={{ title: t.noContainers, text: "" }}
      columns={[
        { id: "name", header: t.container, isRowHeader: true, value: ({ name = "" }) => name, cell: ({ name }) => name },
        { id: "image", header: t.image, value: ({ image = "" }) => image, cell: ({ image }) => image },
        { id: "status", header: texts.words.status, cell: ({ lastStatus }) => <Status status={lastStatus} /> },
        { id: "health", header: t.health, cell: ({ healthStatus }) => <Status status={healthStatus} /> },
        { id: "exit", header: t.exitCode, cell: ({ exitCode }) => exitCode ?? "-" },
        { id: "reason", header: t.reason, cell: ({ reason }) => reason ?? "-" },
      ]}
    />
  );
}
