import type { Deployment, Service } from "@aws-sdk/client-ecs";
import { tasks, type DeploymentRecord, type ServiceRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";
import { deploymentConfigurationView } from "./deployment-configuration.ts";
import { shown } from "./ecs-operation.ts";

interface Counts {
  readonly pending: number;
  readonly running: number;
}

const NONE: Counts = { pending: 0, running: 0 };

/** A service as the API shows it. Its tasks are counted now, each deployment's apart. */
export function serviceView(service: ServiceRecord, state: State, withTags: boolean): Service {
  const { total, byDeployment } = countTasks(service, state);
  const primary = service.deployments.find((deployment) => deployment.status === "PRIMARY");
  const onFargate = service.launchType === "FARGATE";
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    loadBalancers: shown(service.loadBalancers),
    serviceRegistries: shown(service.serviceRegistries),
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: total.running,
    pendingCount: total.pending,
    ...(service.capacityProviderStrategy ? { capacityProviderStrategy: shown(service.capacityProviderStrategy) } : { launchType: service.launchType }),
    ...(onFargate ? { platformVersion: service.platformVersion ?? "LATEST", platformFamily: "Linux" } : {}),
    taskDefinition: primary?.taskDefinitionArn ?? service.taskDefinitionArn,
    deploymentConfiguration: deploymentConfigurationView(service),
    taskSets: [],
    deployments: service.deployments.map((deployment) => deploymentView(deployment, byDeployment.get(deployment.id) ?? NONE)),
    roleArn: service.roleArn,
    events: service.events.map(({ id, createdAt, message }) => ({ id, createdAt: new Date(createdAt), message })),
    createdAt: new Date(service.createdAt),
    placementConstraints: shown(service.placementConstraints),
    placementStrategy: shown(service.placementStrategy),
    networkConfiguration: service.networkConfiguration,
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    schedulingStrategy: service.schedulingStrategy,
    deploymentController: service.deploymentController,
    createdBy: service.createdBy,
    enableECSManagedTags: service.enableECSManagedTags,
    propagateTags: service.propagateTags,
    enableExecuteCommand: service.enableExecuteCommand,
    availabilityZoneRebalancing: service.availabilityZoneRebalancing,
    ...(withTags ? { tags: shown(service.tags) } : {}),
  };
}

function deploymentView(deployment: DeploymentRecord, { pending, running }: Counts): Deployment {
  const onFargate = deployment.launchType === "FARGATE";
  const { platformVersion } = deployment;
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: deployment.taskDefinitionArn,
    desiredCount: deployment.desiredCount,
    pendingCount: pending,
    runningCount: running,
    failedTasks: deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    ...(deployment.capacityProviderStrategy ? { capacityProviderStrategy: shown(deployment.capacityProviderStrategy) } : { launchType: deployment.launchType }),
    // What LATEST stands for, as tasks show it.
    ...(onFargate ? { platformVersion: platformVersion === undefined || platformVersion === "LATEST" ? "1.4.0" : platformVersion, platformFamily: "Linux" } : {}),
    networkConfiguration: deployment.networkConfiguration,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}

function countTasks(service: ServiceRecord, state: State): { readonly total: Counts; readonly byDeployment: ReadonlyMap<string, Counts> } {
  const byDeployment = new Map<string, { pending: number; running: number }>();
  const total = { pending: 0, running: 0 };
  for (const { deploymentId = "", desiredStatus, lastStatus } of state.table(tasks).by("service", service.arn)) {
    if (desiredStatus !== "RUNNING" || lastStatus === "STOPPED") continue;
    let counts = byDeployment.get(deploymentId);
    if (!counts) byDeployment.set(deploymentId, (counts = { pending: 0, running: 0 }));
    const kind = lastStatus === "RUNNING" ? "running" : "pending";
    counts[kind]++;
    total[kind]++;
  }
  return { total, byDeployment };
}
