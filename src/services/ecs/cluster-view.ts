import type { LaunchType } from "../../domain/launch-type.ts";
import type { Cluster, ClusterField, KeyValuePair } from "@aws-sdk/client-ecs";
import { services, tasks, type ClusterRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";
import { shown } from "./ecs-operation.ts";

/** A cluster as the API shows it. What is counted is counted now. */
export function clusterView(cluster: ClusterRecord, state: State, include: readonly ClusterField[] = []): Cluster {
  const counts = countTasks(cluster, state);
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: counts.running,
    pendingTasksCount: counts.pending,
    activeServicesCount: counts.activeServices,
    statistics: include.includes("STATISTICS") ? statistics(cluster, state) : [],
    tags: include.includes("TAGS") ? shown(cluster.tags) : [],
    settings: shown(cluster.settings),
    capacityProviders: shown(cluster.capacityProviders),
    defaultCapacityProviderStrategy: shown(cluster.defaultCapacityProviderStrategy),
    ...(include.includes("ATTACHMENTS") ? { attachments: [] } : {}),
    ...(include.includes("CONFIGURATIONS") && cluster.configuration ? { configuration: cluster.configuration } : {}),
    ...(cluster.serviceConnectNamespace ? { serviceConnectDefaults: { namespace: cluster.serviceConnectNamespace } } : {}),
  };
}

function countTasks(cluster: ClusterRecord, state: State): { running: number; pending: number; activeServices: number } {
  let running = 0;
  let pending = 0;
  for (const { lastStatus, desiredStatus } of state.table(tasks).by("cluster", cluster.arn)) {
    if (lastStatus === "RUNNING") running++;
    else if (desiredStatus === "RUNNING" && lastStatus !== "STOPPED") pending++;
  }
  const activeServices = state
    .table(services)
    .by("cluster", cluster.arn)
    .filter((service) => service.status === "ACTIVE").length;
  return { running, pending, activeServices };
}

/** Counts by launch type. Source: Amazon ECS API Reference, "Cluster", `statistics`. */
function statistics(cluster: ClusterRecord, state: State): KeyValuePair[] {
  const counts = new Map<string, number>();
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { launchType, lastStatus, desiredStatus } of state.table(tasks).by("cluster", cluster.arn)) {
    if (lastStatus === "RUNNING") count(`running${launchName(launchType)}TasksCount`);
    else if (desiredStatus === "RUNNING" && lastStatus !== "STOPPED") count(`pending${launchName(launchType)}TasksCount`);
  }
  for (const { launchType, status } of state.table(services).by("cluster", cluster.arn)) {
    if (status === "ACTIVE") count(`active${launchName(launchType)}ServiceCount`);
    if (status === "DRAINING") count(`draining${launchName(launchType)}ServiceCount`);
  }
  return STATISTICS.map((name) => ({ name, value: String(counts.get(name) ?? 0) }));
}

const STATISTICS = ["EC2", "Fargate", "External"].flatMap((type) => [
  `running${type}TasksCount`,
  `pending${type}TasksCount`,
  `active${type}ServiceCount`,
  `draining${type}ServiceCount`,
]);

function launchName(type: LaunchType): string {
  return type === "EC2" ? "EC2" : type === "FARGATE" ? "Fargate" : "External";
}
