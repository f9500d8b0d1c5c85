import { DeleteServiceCommand, ECSClient, type Service } from "@aws-sdk/client-ecs";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { Goto, useGoto } from "../../parts/goto.tsx";
import { Missing } from "../../parts/missing.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { Deployments } from "./deployments.tsx";
import { nameOf, useService, useTasks } from "./ecs-queries.ts";
import { RolloutStatus } from "./rollout-status.tsx";
import { ServiceWhy } from "./service-why.tsx";
import { TargetHealth } from "./target-health.tsx";
import { TaskTable } from "./task-table.tsx";
import { UpdateService } from "./update-service.tsx";

const t = texts.service;

/** All of a service at one look: what is wanted and what runs, how it is being rolled out, who gets requests, what happened. */
export function ServicePage() {
  const { cluster = "", service: name = "" } = useParams();
  const ecs = useClient(ECSClient);
  const goto = useGoto();
  const tell = useTell();
  const { data: service, error, isPending } = useService(cluster, name);
  const tasks = useTasks(cluster, name);
  const [open, setOpen] = useState<"update" | "delete">();
  if (!service && !error && !isPending) return <Missing what={name} />;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={!service} onClick={() => setOpen("delete")}>
                {t.delete}
              </Button>
              <Button variant="primary" disabled={!service} onClick={() => setOpen("update")}>
                {t.update}
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error && <ErrorAlert error={error} />}
        {service && (
          <SpaceBetween size="l">
            <ServiceWhy service={service} tasks={tasks.data ?? []} cluster={cluster} />
            <Overview service={service} />
            <Deployments service={service} tasks={tasks.data ?? []} cluster={cluster} />
            <TaskTable cluster={cluster} query={tasks} />
            <Grid gridDefinition={[{ colspan: { default: 12, m: 7 } }, { colspan: { default: 12, m: 5 } }]}>
              <Events service={service} />
              <TargetHealth groups={(service.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? [])} />
            </Grid>
          </SpaceBetween>
        )}
      </SpaceBetween>
      {open === "update" && service && <UpdateService service={service} close={() => setOpen(undefined)} />}
      {open === "delete" && service && (
        <Confirm
          title={t.deleteTitle(name)}
          text={t.deleteText}
          word={texts.dialog.delete}
          action={texts.table.delete}
          close={() => setOpen(undefined)}
          run={async () => {
            await ecs.send(new DeleteServiceCommand({ cluster, service: name, force: true }));
            tell(t.deleted(name));
            goto("ecs", "clusters", cluster);
          }}
        />
      )}
    </ContentLayout>
  );
}

function Overview({ service }: { readonly service: Service }) {
  return (
    <Container header={<Header variant="h2">{t.overview}</Header>}>
      <KeyValuePairs
        columns={4}
        items={[
          { label: "ARN", value: <Copy text={service.serviceArn ?? ""} shown name="ARN" /> },
          { label: texts.words.status, value: <Status status={service.status} /> },
          { label: texts.ecsServices.lastDeployment, value: <RolloutStatus service={service} /> },
          {
            label: texts.definitions.definition,
            value: (
              <Goto to={["ecs", "task-definitions", ...nameOf(service.taskDefinition).split(":")]}>{nameOf(service.taskDefinition)}</Goto>
            ),
          },
          { label: t.desired, value: service.desiredCount },
          { label: t.running, value: service.runningCount },
          { label: t.pending, value: service.pendingCount },
          { label: texts.tasks.launchType, value: service.launchType ?? "-" },
        ]}
      />
    </Container>
  );
}

function Events({ service }: { readonly service: Service }) {
  return (
    <ResourceTable
      title={t.events}
      query={{ data: service.events ?? [], error: null, isPending: false }}
      idOf={({ id = "" }) => id}
      nameOf={({ id = "" }) => id}
      empty={{ title: t.noEvents, text: t.noEventsHow }}
      columns={[
        { id: "at", header: t.at, value: ({ createdAt }) => createdAt?.getTime() ?? 0, cell: ({ createdAt }) => <Time at={createdAt} /> },
        { id: "message", header: t.message, isRowHeader: true, value: ({ message = "" }) => message, cell: ({ message }) => message },
      ]}
    />
  );
}
