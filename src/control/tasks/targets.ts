import type { LoadBalancer } from "@aws-sdk/client-ecs";
import { registeredTargets, deregisteredTargets } from "../../decide/rollout/events.ts";
import type { Ids } from "../../ports/ids.ts";
import { services, tasks, type TaskRecord, type TaskTarget } from "../../state/ecs.ts";
import { deregisterTarget, registerTarget } from "../../state/elb-targets.ts";
import { targetGroups, targetKey, targets } from "../../state/elb.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { addServiceEvent } from "../../state/service-events.ts";
import type { WholeState } from "../../state/state.ts";

/** Registers a service's task in the target groups of its deployment and tells so in the events. Inside a commit. */
export function registerTask(state: WholeState, task: TaskRecord, ids: Ids, now: number): TaskRecord {
  const service = task.serviceArn === undefined ? undefined : state.table(services).get(task.serviceArn);
  const deployment = service?.deployments.find(({ id }) => id === task.deploymentId);
  if (!service || !deployment || task.targets.length > 0) return task;
  const registered: TaskTarget[] = [];
  for (const balancer of deployment.loadBalancers) {
    const target = registerIn(state, task, balancer, now);
    if (!target) continue;
    registered.push(target);
    addServiceEvent(state, service.arn, registeredTargets(service.name, 1, target.targetGroupArn), ids, now);
  }
  return registered.length === 0 ? task : state.table(tasks).replace(task, { ...task, targets: registered });
}

function registerIn(state: WholeState, task: TaskRecord, balancer: LoadBalancer, now: number): TaskTarget | undefined {
  // Whatever the service says: a task gets the traffic of its own account's target groups.
  const own = state.of(task.account).table(targetGroups);
  const group = balancer.targetGroupArn === undefined ? undefined : own.get(balancer.targetGroupArn);
  const endpoint = task.endpoints.find(
    ({ containerName, containerPort }) => containerName === balancer.containerName && containerPort === balancer.containerPort,
  );
  // A target group that was deleted meanwhile takes nobody.
  if (!endpoint || group?.region !== task.region) return undefined;
  const byInstance = group.targetType === "instance";
  const target = byInstance
    ? { targetGroupArn: group.arn, targetId: localInstanceId(task), port: endpoint.port }
    : { targetGroupArn: group.arn, targetId: task.networkInterface?.privateIpv4Address ?? endpoint.address, port: endpoint.containerPort };
  registerTarget(state, {
    targetGroupArn: group.arn,
    id: target.targetId,
    port: target.port,
    availabilityZone: task.availabilityZone,
    address: endpoint.address,
    addressPort: endpoint.port,
    now,
  });
  return target;
}

/** Takes a task out of its target groups: they drain. Inside a commit. */
export function deregisterTask(state: WholeState, task: TaskRecord, ids: Ids, now: number): void {
  for (const { targetGroupArn, targetId, port } of task.targets) {
    const target = state.table(targets).get(targetKey(targetGroupArn, targetId, port));
    if (!target || target.health.state === "draining") continue;
    deregisterTarget(state, { targetGroupArn, id: targetId, port, now });
    const service = task.serviceArn === undefined ? undefined : state.table(services).get(task.serviceArn);
    if (service) addServiceEvent(state, service.arn, deregisteredTargets(service.name, 1, targetGroupArn), ids, now);
  }
}

/** True when no target group has the task any more: its last request is answered, or the delay is over. */
export function isDrained(state: WholeState, task: TaskRecord): boolean {
  return task.targets.every(({ targetGroupArn, targetId, port }) => !state.table(targets).has(targetKey(targetGroupArn, targetId, port)));
}
