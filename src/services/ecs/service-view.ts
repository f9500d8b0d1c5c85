import type { Deployment, Service } from "@aws-sdk/client-ecs";
import { serviceDeployments } from "../../state/ecs-service-deployments.ts";
import type { DeploymentConnect, DeploymentRecord, ServiceRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";
import { asDeployed } from "./as-deployed.ts";
import { deploymentConfigurationView } from "./deployment-configuration.ts";
import { shown } from "./ecs-operation.ts";
import { countTasks, NO_TASKS, type TaskCounts } from "./task-counts.ts";

/** A service as the API shows it. Its tasks are counted now, each deployment's apart. */
export function serviceView(record: ServiceRecord, state: State, withTags: boolean): Service {
  const service = asDeployed(record);
  const { total, byDeployment } = countTasks(service, state);
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
    ...(service.capacityProviderStrategy
      ? { capacityProviderStrategy: shown(service.capacityProviderStrategy) }
      : { launchType: service.launchType }),
    ...(onFargate ? { platformVersion: service.platformVersion ?? "LATEST", platformFamily: "Linux" } : {}),
    taskDefinition: service.taskDefinitionArn,
    deploymentConfiguration: deploymentConfigurationView(service),
    taskSets: [],
    deployments: service.deployments.map((deployment) => deploymentView(deployment, byDeployment.get(deployment.id) ?? NO_TASKS)),
    roleArn: service.roleArn,
    events: service.events.map(({ id, createdAt, message }) => ({ id, createdAt: new Date(createdAt), message })),
    createdAt: new Date(service.createdAt),
    ...current(service, byDeployment, state),
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

/** The history's names for what is under way: the deployment, and the revisions that have tasks. */
function current(
  service: ServiceRecord,
  counts: ReadonlyMap<string, TaskCounts>,
  state: State,
): Pick<Service, "currentServiceDeployment" | "currentServiceRevisions"> {
  const table = state.table(serviceDeployments);
  let currentServiceDeployment: string | undefined;
  const recordOf = (id: string) => table.by("deployment", `${service.arn}/${id}`)[0];
  const currentServiceRevisions = service.deployments.flatMap(({ id, status, desiredCount, rolloutState, rollbackOf }) => {
    const record = recordOf(id);
    if (!record) return [];
    // A rollback is part of the deployment that failed.
    if (status === "PRIMARY" && rolloutState === "IN_PROGRESS") currentServiceDeployment = recordOf(rollbackOf ?? id)?.arn;
    const { running, pending } = counts.get(id) ?? NO_TASKS;
    return [{ arn: record.revisionArn, requestedTaskCount: desiredCount, runningTaskCount: running, pendingTaskCount: pending }];
  });
  return { currentServiceDeployment, currentServiceRevisions };
}

function deploymentView(deployment: DeploymentRecord, { pending, running }: TaskCounts): Deployment {
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
    ...(deployment.capacityProviderStrategy
      ? { capacityProviderStrategy: shown(deployment.capacityProviderStrategy) }
      : { launchType: deployment.launchType }),
    // What LATEST stands for, as tasks show it.
    ...(onFargate
      ? {
          platformVersion: platformVersion === undefined || platformVersion === "LATEST" ? "1.4.0" : platformVersion,
          platformFamily: "Linux",
        }
      : {}),
    networkConfiguration: deployment.networkConfiguration,
    ...connectView(deployment.connect),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}

function connectView(connect: DeploymentConnect | undefined): Pick<Deployment, "serviceConnectConfiguration" | "serviceConnectResources"> {
  if (!connect) return {};
  const { configuration, endpoints } = connect;
  const resources = endpoints.map(({ discoveryName, discoveryArn }) => ({ discoveryName, discoveryArn }));
  return { serviceConnectConfiguration: configuration, ...(resources.length > 0 && { serviceConnectResources: resources }) };
}
