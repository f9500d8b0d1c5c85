import type { ServiceRegistry } from "@aws-sdk/client-ecs";
import { defined } from "../../domain/defined.ts";
import { discoveryServiceOfArn, instances, type InstanceRecord } from "../../state/cloud-map.ts";
import { deregisterInstance, putInstanceHealth, registerInstance } from "../../state/cloud-map-instances.ts";
import { services, taskDefinitions, type TaskRecord } from "../../state/ecs.ts";
import { localInstanceId } from "../../state/local-host.ts";
import type { WholeState } from "../../state/state.ts";

/** Registers a service's task as an instance of the Cloud Map services of its deployment: names answer with it from the commit on in which it is RUNNING. */
export function registerInstances(state: WholeState, task: TaskRecord): void {
  const service = task.serviceArn === undefined ? undefined : state.table(services).get(task.serviceArn);
  const deployment = service?.deployments.find(({ id }) => id === task.deploymentId);
  if (hasInstances(state, task)) return;
  for (const registry of deployment?.serviceRegistries ?? []) {
    const instance = instanceOf(state, task, registry);
    if (instance) registerInstance(state, instance);
  }
}

function instanceOf(
  state: WholeState,
  task: TaskRecord,
  { registryArn = "", port, containerPort }: ServiceRegistry,
): InstanceRecord | undefined {
  // Whatever the service says: a task is told of by its own account's names.
  const found = discoveryServiceOfArn(state.of(task.account), registryArn);
  const address = task.networkInterface?.privateIpv4Address;
  if (!found || address === undefined) return undefined;
  const health = healthOf(task);
  return {
    ...{ serviceId: found.id, id: task.id, account: task.account, namespaceId: found.namespaceId, taskArn: task.arn },
    attributes: attributesOf(state, task, { address, port: containerPort ?? port, ...(found.customHealth && { health }) }),
    ...(found.customHealth && { health }),
  };
}

interface Place {
  readonly address: string;
  readonly port: number | undefined;
  readonly health?: string;
}

/** Source: Amazon ECS Developer Guide, "Service discovery": the attributes that tasks are registered with. */
function attributesOf(state: WholeState, task: TaskRecord, { address, port, health }: Place): Readonly<Record<string, string>> {
  const { serviceArn = "", taskDefinitionArn, clusterName, region, availabilityZone, launchType } = task;
  const family = state.table(taskDefinitions).get(taskDefinitionArn)?.definition.family;
  return defined({
    AVAILABILITY_ZONE: availabilityZone,
    AWS_INIT_HEALTH_STATUS: health,
    AWS_INSTANCE_IPV4: address,
    AWS_INSTANCE_PORT: port === undefined ? undefined : String(port),
    EC2_INSTANCE_ID: launchType === "EC2" ? localInstanceId(task) : undefined,
    ECS_CLUSTER_NAME: clusterName,
    ECS_SERVICE_NAME: state.table(services).get(serviceArn)?.name,
    ECS_TASK_DEFINITION_FAMILY: family,
    REGION: region,
  });
}

/** A task whose containers have no health check is as healthy as it runs; one that has them has to have passed. */
function healthOf({ healthStatus, containers }: TaskRecord): "HEALTHY" | "UNHEALTHY" {
  const checked = containers.some(({ essential, hasHealthCheck }) => essential && hasHealthCheck);
  return !checked || healthStatus === "HEALTHY" ? "HEALTHY" : "UNHEALTHY";
}

export function hasInstances(state: WholeState, { arn }: TaskRecord): boolean {
  return state.table(instances).count("task", arn) > 0;
}

/** Tells its instances how a running task is. Commits, where that has changed. */
export function tellHealth(state: WholeState, task: TaskRecord): void {
  const health = healthOf(task);
  const changed = state
    .table(instances)
    .by("task", task.arn)
    .filter((instance) => instance.health !== undefined && instance.health !== health);
  if (changed.length > 0)
    state.commit(() => {
      for (const instance of changed) putInstanceHealth(state, instance, health);
    });
}

/** Takes a task out of the names that it was registered with, inside a commit. */
export function deregisterInstances(state: WholeState, { arn }: TaskRecord): void {
  for (const instance of state.table(instances).by("task", arn)) deregisterInstance(state, instance);
}
