import { defined } from "../../domain/defined.ts";
import type { InstanceRecord } from "../../state/cloud-map.ts";
import { discoveryServices } from "../../state/cloud-map.ts";
import { registerInstance } from "../../state/cloud-map-instances.ts";
import { services, type ConnectEndpoint, type TaskRecord } from "../../state/ecs.ts";
import { connectServerKey, connectServers } from "../../state/ecs-connect.ts";
import type { WholeState } from "../../state/state.ts";

/** What a task may take to finish its requests when it stops, at least and at most, milliseconds. Connections that are no requests have the least. */
const LEAST_DRAIN_MS = 30_000;
const LONGEST_DRAIN_MS = 300_000;

/** Has a service's task get what clients of its endpoints send, as far as it is healthy: inside the commit in which it is RUNNING. */
export function offerTask(state: WholeState, task: TaskRecord): void {
  for (const endpoint of endpointsOfTask(state, task)) {
    const place = task.endpoints.find(
      ({ containerName, containerPort }) => containerName === endpoint.containerName && containerPort === endpoint.containerPort,
    );
    const { discoveryServiceId, namespaceId } = endpoint;
    const table = state.table(connectServers);
    if (!place || table.has(connectServerKey({ discoveryServiceId, taskId: task.id }))) continue;
    const { address, port } = place;
    table.insert({
      ...{ account: task.account, namespaceId, discoveryServiceId, taskArn: task.arn, taskId: task.id },
      ...{ address, port, passed: false },
    });
    const instance = instanceOf(state, task, endpoint);
    if (instance) registerInstance(state, instance);
  }
}

/** What the task's deployment offers. */
function endpointsOfTask(state: WholeState, task: TaskRecord): readonly ConnectEndpoint[] {
  if (task.connect === undefined || task.serviceArn === undefined) return [];
  const deployment = state
    .table(services)
    .get(task.serviceArn)
    ?.deployments.find(({ id }) => id === task.deploymentId);
  return deployment?.connect?.endpoints ?? [];
}

function instanceOf(state: WholeState, task: TaskRecord, endpoint: ConnectEndpoint): InstanceRecord | undefined {
  // Whatever the deployment says: a task is told of by its own account's names. Somebody may have deleted the Cloud Map service.
  const found = state.of(task.account).table(discoveryServices).get(endpoint.discoveryServiceId);
  const address = task.networkInterface?.privateIpv4Address;
  if (!found || address === undefined) return undefined;
  const health = isWell(task) ? "HEALTHY" : "UNHEALTHY";
  return {
    ...{ serviceId: found.id, id: task.id, account: task.account, namespaceId: found.namespaceId, taskArn: task.arn, health },
    attributes: defined({
      AVAILABILITY_ZONE: task.availabilityZone,
      AWS_INIT_HEALTH_STATUS: health,
      AWS_INSTANCE_IPV4: address,
      AWS_INSTANCE_PORT: String(endpoint.containerPort),
      DeploymentId: task.deploymentId?.replace("ecs-svc/", ""),
      REGION: task.region,
    }),
  };
}

/** Whether its own health checks, where it has some, have found it healthy. */
export function isWell(task: TaskRecord): boolean {
  return !isChecked(task) || task.healthStatus === "HEALTHY";
}

export function isChecked({ containers }: TaskRecord): boolean {
  return containers.some(({ essential, hasHealthCheck }) => essential && hasHealthCheck);
}

/** Has a task get nothing new, and finish what it has: inside a commit. */
export function withdrawTask(state: WholeState, task: TaskRecord, now: number): void {
  const timeouts = new Map(endpointsOfTask(state, task).map((endpoint) => [endpoint.discoveryServiceId, endpoint]));
  for (const server of state.table(connectServers).by("task", task.arn)) {
    if (server.drainingUntil !== undefined) continue;
    const { protocol = "tcp", requestTimeout = 0 } = timeouts.get(server.discoveryServiceId) ?? {};
    const longest = requestTimeout === 0 ? LONGEST_DRAIN_MS : requestTimeout * 1000;
    const allowed = protocol === "tcp" ? LEAST_DRAIN_MS : Math.min(LONGEST_DRAIN_MS, Math.max(LEAST_DRAIN_MS, longest));
    state.table(connectServers).replace(server, { ...server, drainingUntil: now + allowed });
  }
}

/** The containers have ended: there is nothing left to finish. Inside a commit. */
export function forgetTask(state: WholeState, { arn }: TaskRecord): void {
  for (const server of state.table(connectServers).by("task", arn)) state.table(connectServers).delete(connectServerKey(server));
}

/** Whether it is offered to clients, or finishes what they have of it. */
export function isOffered(state: WholeState, { arn }: TaskRecord): boolean {
  return state.table(connectServers).count("task", arn) > 0;
}
