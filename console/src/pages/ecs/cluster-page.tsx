import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useParams } from "react-router";
import { usePlace } from "../../api/live.ts";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { Goto, hrefOf, pathOf, useGoto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { Missing } from "../../parts/missing.tsx";
import { texts } from "../../texts.ts";
import { nameOf, useCluster, useServices, useTasks } from "./ecs-queries.ts";
import { RolloutStatus } from "./rollout-status.tsx";
import { TaskTable } from "./task-table.tsx";

const t = texts.clusters;

/** @param tab which of its lists is shown: each has an address of its own */
export function ClusterPage({ tab }: { readonly tab: "services" | "tasks" }) {
  const { cluster: name = "" } = useParams();
  const { region } = usePlace();
  const goto = useGoto();
  const { data: cluster, error, isPending } = useCluster(name);
  const at = (...parts: readonly string[]): string => hrefOf(pathOf(region, "ecs", "clusters", name, ...parts));
  if (!cluster && !error && !isPending) return <Missing what={name} />;
  return (
    <ContentLayout header={<Header variant="h1">{name}</Header>}>
      <SpaceBetween size="l">
        {error && <ErrorAlert error={error} />}
        {cluster && (
          <Container header={<Header variant="h2">{t.overview}</Header>}>
            <KeyValuePairs
              columns={4}
              items={[
                { label: "ARN", value: <Copy text={cluster.clusterArn ?? ""} shown name="ARN" /> },
                { label: texts.words.status, value: <Status status={cluster.status} /> },
                { label: t.running, value: cluster.runningTasksCount },
                { label: t.pending, value: cluster.pendingTasksCount },
              ]}
            />
          </Container>
        )}
        <Tabs
          activeTabId={tab}
          onChange={({ detail }) => goto("ecs", "clusters", name, ...(detail.activeTabId === "tasks" ? ["tasks"] : []))}
          ariaLabel={name}
          tabs={[
            { id: "services", label: texts.ecsServices.title, href: at(), content: <ServicesOf cluster={name} /> },
            { id: "tasks", label: texts.tasks.title, href: at("tasks"), content: <TasksOf cluster={name} /> },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}

function TasksOf({ cluster }: { readonly cluster: string }) {
  return <TaskTable cluster={cluster} query={useTasks(cluster)} />;
}

function ServicesOf({ cluster }: { readonly cluster: string }) {
  const query = useServices(cluster);
  const goto = useGoto();
  const create = () => goto("ecs", "clusters", cluster, "create-service");
  return (
    <ResourceTable
      title={texts.ecsServices.title}
      query={query}
      idOf={({ serviceArn = "" }) => serviceArn}
      nameOf={({ serviceName = "" }) => serviceName}
      sortedBy={{ id: "name" }}
      empty={{
        title: texts.ecsServices.empty,
        text: texts.ecsServices.emptyHow,
        action: <Button onClick={create}>{texts.create.title}</Button>,
      }}
      buttons={
        <Button variant="primary" onClick={create}>
          {texts.create.title}
        </Button>
      }
      columns={[
        {
          id: "name",
          header: texts.ecsServices.name,
          isRowHeader: true,
          value: ({ serviceName = "" }) => serviceName,
          cell: ({ serviceName = "" }) => <Goto to={["ecs", "clusters", cluster, "services", serviceName]}>{serviceName}</Goto>,
        },
        { id: "status", header: texts.words.status, value: ({ status = "" }) => status, cell: ({ status }) => <Status status={status} /> },
        {
          id: "tasks",
          header: texts.ecsServices.runningOfDesired,
          value: ({ runningCount = 0 }) => runningCount,
          cell: ({ runningCount = 0, desiredCount = 0 }) => `${runningCount} / ${desiredCount}`,
        },
        { id: "rollout", header: texts.ecsServices.lastDeployment, cell: (service) => <RolloutStatus service={service} /> },
        {
          id: "definition",
          header: texts.definitions.definition,
          value: ({ taskDefinition }) => nameOf(taskDefinition),
          cell: ({ taskDefinition }) => (
            <Goto to={["ecs", "task-definitions", ...nameOf(taskDefinition).split(":")]}>{nameOf(taskDefinition)}</Goto>
          ),
        },
        {
          id: "launch",
          header: texts.tasks.launchType,
          value: ({ launchType = "" }) => launchType,
          cell: ({ launchType = "-" }) => launchType,
        },
      ]}
    />
  );
}
