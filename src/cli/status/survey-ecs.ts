import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  paginateListClusters,
  paginateListServices,
  paginateListTasks,
  type Deployment,
  type ECSClient,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";
import { nameFromArn } from "../../domain/arn.ts";
import { collect, inBatches } from "./collect.ts";
import type { ClusterOverview, DeploymentOverview, ServiceOverview, TaskOverview } from "./overview.ts";

/** How many names one describe call takes, by the ECS API reference. */
const SERVICES_A_CALL = 10;
const TASKS_A_CALL = 100;

export async function surveyClusters(client: ECSClient): Promise<readonly ClusterOverview[]> {
  const arns = await collect(paginateListClusters({ client }, {}), ({ clusterArns }) => clusterArns);
  return Promise.all(arns.map((arn) => surveyCluster(client, arn)));
}

async function surveyCluster(client: ECSClient, cluster: string): Promise<ClusterOverview> {
  const [serviceArns, taskArns] = await Promise.all([
    collect(paginateListServices({ client }, { cluster }), ({ serviceArns: page }) => page),
    collect(paginateListTasks({ client }, { cluster }), ({ taskArns: page }) => page),
  ]);
  const services = await inBatches(
    serviceArns,
    SERVICES_A_CALL,
    async (some) => (await client.send(new DescribeServicesCommand({ cluster, services: [...some] }))).services,
  );
  const tasks = await inBatches(
    taskArns,
    TASKS_A_CALL,
    async (some) => (await client.send(new DescribeTasksCommand({ cluster, tasks: [...some] }))).tasks,
  );
  return {
    name: nameFromArn(cluster),
    services: services.map((service) => serviceOverview(service, tasks)),
    tasks: tasks.filter(({ group }) => !group?.startsWith("service:")).map(taskOverview),
  };
}

function serviceOverview(service: Service, tasks: readonly Task[]): ServiceOverview {
  const lastEvent = service.events?.[0]?.message;
  return {
    name: service.serviceName ?? "",
    status: service.status ?? "",
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    pending: service.pendingCount ?? 0,
    deployments: (service.deployments ?? []).map(deploymentOverview),
    tasks: tasks.filter(({ group }) => group === `service:${service.serviceName}`).map(taskOverview),
    ...(lastEvent !== undefined && { lastEvent }),
  };
}

export function deploymentOverview(deployment: Deployment): DeploymentOverview {
  return {
    status: deployment.status ?? "",
    rolloutState: deployment.rolloutState ?? "",
    taskDefinition: nameFromArn(deployment.taskDefinition ?? ""),
    desired: deployment.desiredCount ?? 0,
    running: deployment.runningCount ?? 0,
    pending: deployment.pendingCount ?? 0,
    failed: deployment.failedTasks ?? 0,
    ...(deployment.rolloutStateReason !== undefined && { reason: deployment.rolloutStateReason }),
  };
}

function taskOverview(task: Task): TaskOverview {
  const details = (task.attachments ?? []).flatMap((attachment) => attachment.details ?? []);
  const address = details.find(({ name }) => name === "privateIPv4Address")?.value;
  return {
    id: nameFromArn(task.taskArn ?? ""),
    status: task.lastStatus ?? "",
    health: task.healthStatus ?? "UNKNOWN",
    taskDefinition: nameFromArn(task.taskDefinitionArn ?? ""),
    ...(address !== undefined && { address }),
  };
}
