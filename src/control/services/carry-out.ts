import { rolesFailure } from "../../authorization/task-roles.ts";
import { providersFor } from "../../decide/placement/capacity-providers.ts";
import { compareText } from "../../decide/placement/spread.ts";
import { MOST_NAMED, startedTasks } from "../../decide/rollout/events.ts";
import type { RolloutPlan, RolloutStep, StartTask, UpdateDeployment } from "../../decide/rollout/plan.ts";
import type { Ids } from "../../ports/ids.ts";
import { removeLeftDiscovery } from "../../state/ecs-connect.ts";
import { serviceDeployments } from "../../state/ecs-service-deployments.ts";
import { clusters, services, taskDefinitions, tasks, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { newTask } from "../../state/new-task.ts";
import { withEvent } from "../../state/service-events.ts";
import type { State, WholeState } from "../../state/state.ts";

/** Writes a plan into the records, as one commit. Costs what the plan has steps, and where it starts tasks one count of the service's. */
export function carryOut(state: WholeState, serviceArn: string, plan: RolloutPlan, ids: Ids, now: number): void {
  state.commit(() => {
    const started: { readonly step: StartTask; readonly task: TaskRecord }[] = [];
    const starting = new Map<string, (step: StartTask) => TaskRecord | undefined>();
    for (const step of plan) {
      const service = state.table(services).get(serviceArn);
      if (!service) return;
      if (step.kind === "start-task") {
        const { deploymentId } = step;
        const start = starting.get(deploymentId) ?? starter(state, service, deploymentId, startsOf(plan, deploymentId), ids, now);
        starting.set(deploymentId, start);
        const task = start(step);
        if (task) started.push({ step, task });
      } else apply(state, service, step, ids, now);
    }
    // In the order in which plans look at them: what comes sorted out of the index costs half as much to plan.
    for (const { task } of started.toSorted((a, b) => compareText(a.task.arn, b.task.arn))) state.table(tasks).insert(task);
    tellStarts(state, serviceArn, started, ids, now);
  });
}

function startsOf(plan: RolloutPlan, deploymentId: string): number {
  return plan.filter((step) => step.kind === "start-task" && step.deploymentId === deploymentId).length;
}

function apply(state: WholeState, service: ServiceRecord, step: Exclude<RolloutStep, StartTask>, ids: Ids, now: number): void {
  const put = (changed: ServiceRecord): void => void state.table(services).replace(service, changed);
  switch (step.kind) {
    case "update-deployment":
      return put(withUpdate(service, step, now));
    case "mark-task":
      return void state.table(tasks).update(step.taskArn, (task) => ({ ...task, [step.mark]: true }));
    case "stop-task":
      return void state.table(tasks).update(step.taskArn, (task) => stopped(task, step, now));
    case "rollback": {
      const rolledBack = withUpdate(withUpdate(service, step.failed, now), step.restored, now);
      rememberTrip(state, rolledBack, step.failed.deploymentId, step.restored.deploymentId, now);
      return put({
        ...rolledBack,
        taskDefinitionArn: step.taskDefinitionArn,
        deployments: rolledBack.deployments.map((deployment) =>
          deployment.id === step.restored.deploymentId ? { ...deployment, rollbackOf: step.failed.deploymentId } : deployment,
        ),
      });
    }
    case "remove-deployment":
      put({ ...service, deployments: service.deployments.filter(({ id }) => id !== step.deploymentId) });
      return removeLeftDiscovery(state, service.arn);
    case "event":
      return put(withEvent(service, step.message, ids, now));
    case "update-told":
      return put({ ...service, told: step.told });
    case "complete-deletion":
      put({ ...service, status: "INACTIVE", deployments: [] });
      return removeLeftDiscovery(state, service.arn);
    case "wake-at":
      return;
  }
}

/** The failed deployment goes from the service's record when the rollback is done: the history keeps what the circuit breaker counted. */
function rememberTrip(state: WholeState, { arn, deployments }: ServiceRecord, failed: string, restored: string, now: number): void {
  const table = state.table(serviceDeployments);
  const record = table.by("deployment", `${arn}/${failed}`)[0];
  const failureCount = deployments.find(({ id }) => id === failed)?.failedTasks;
  const restoredRevisionArn = table.by("deployment", `${arn}/${restored}`)[0]?.revisionArn;
  if (!record || failureCount === undefined) return;
  table.replace(record, {
    ...record,
    tripped: { failureCount, at: now, ...(restoredRevisionArn === undefined ? {} : { restoredRevisionArn }) },
  });
}

function withUpdate(service: ServiceRecord, { deploymentId, changes }: UpdateDeployment, now: number): ServiceRecord {
  const update = (deployment: DeploymentRecord): DeploymentRecord =>
    deployment.id === deploymentId ? { ...deployment, ...changes, updatedAt: now } : deployment;
  return { ...service, deployments: service.deployments.map(update) };
}

function stopped(
  task: TaskRecord,
  { stopCode, reason }: { readonly stopCode: TaskRecord["stopCode"] & string; readonly reason: string },
  now: number,
): TaskRecord {
  if (task.desiredStatus === "STOPPED") return task;
  return { ...task, desiredStatus: "STOPPED", stopCode, stoppedReason: reason, stoppingAt: now };
}

/** Makes the records of a deployment's tasks; what they have in common is looked up once. Where none can be started, it notes why and makes none. */
function starter(
  whole: WholeState,
  service: ServiceRecord,
  deploymentId: string,
  count: number,
  ids: Ids,
  now: number,
): (step: StartTask) => TaskRecord | undefined {
  // A service runs what is its account's own, where it is its own, whatever its record says.
  const state = whole.of(service.account);
  const deployment = service.deployments.find(({ id }) => id === deploymentId);
  const cluster = state.table(clusters).get(service.clusterArn);
  const definition = deployment && state.table(taskDefinitions).get(deployment.taskDefinitionArn);
  if (!deployment) return () => undefined;
  if (!cluster || !definition) {
    const reason = `The task definition ${deployment.taskDefinitionArn} or its cluster is gone.`;
    notPlaced(state, service, deployment.id, { at: now, reason });
    return () => undefined;
  }
  const refusal = rolesFailure({ state: whole, now }, service, definition.definition);
  if (refusal !== undefined) {
    notPlaced(state, service, deployment.id, { at: now, reason: refusal, refused: true });
    return () => undefined;
  }
  const providers = nextProviders(whole, service, deployment, count);
  const tags = taskTags(service, definition.tags);
  const { namespaceId, names = [] } = deployment.connect ?? {};
  return (step) => {
    const provider = providers.next().value;
    return newTask(
      {
        cluster,
        definition,
        launchType: deployment.launchType,
        group: `service:${service.name}`,
        serviceArn: service.arn,
        deploymentId: deployment.id,
        startedBy: deployment.id,
        ...(provider === undefined ? {} : { capacityProviderName: provider }),
        ...(deployment.platformVersion ? { platformVersion: deployment.platformVersion } : {}),
        ...(deployment.networkConfiguration ? { networkConfiguration: deployment.networkConfiguration } : {}),
        ...(step.subnetId === undefined ? {} : { preferredSubnetId: step.subnetId }),
        ...(namespaceId === undefined ? {} : { connect: { namespaceId, names } }),
        enableExecuteCommand: service.enableExecuteCommand,
        tags,
      },
      ids,
      now,
    );
  };
}

/** The capacity providers of the next tasks of a deployment; none where it has no strategy. */
function nextProviders(
  state: WholeState,
  service: ServiceRecord,
  deployment: DeploymentRecord,
  count: number,
): Iterator<string, undefined> {
  const strategy = deployment.capacityProviderStrategy ?? [];
  if (strategy.length === 0) return [].values();
  const placed = state
    .table(tasks)
    .by("scheduled", service.arn)
    .filter((task) => task.deploymentId === deployment.id && task.lastStatus !== "STOPPED").length;
  return providersFor(strategy, placed + count)
    .slice(placed)
    .values();
}

function notPlaced(
  state: State,
  service: ServiceRecord,
  deploymentId: string,
  placementFailure: NonNullable<DeploymentRecord["placementFailure"]>,
): void {
  const note = (deployment: DeploymentRecord): DeploymentRecord =>
    deployment.id === deploymentId ? { ...deployment, placementFailure } : deployment;
  state.table(services).replace(service, { ...service, deployments: service.deployments.map(note) });
}

function taskTags(service: ServiceRecord, definitionTags: TaskRecord["tags"]): TaskRecord["tags"] {
  const propagated = service.propagateTags === "SERVICE" ? service.tags : service.propagateTags === "TASK_DEFINITION" ? definitionTags : [];
  if (!service.enableECSManagedTags) return propagated;
  return [...propagated, { key: "aws:ecs:clusterName", value: service.clusterName }, { key: "aws:ecs:serviceName", value: service.name }];
}

/** Events tell of the tasks that a deployment starts at once, as on AWS. */
function tellStarts(
  state: WholeState,
  serviceArn: string,
  started: readonly { readonly step: StartTask; readonly task: TaskRecord }[],
  ids: Ids,
  now: number,
): void {
  for (const deploymentId of new Set(started.map(({ step }) => step.deploymentId))) {
    const those = started.filter(({ step }) => step.deploymentId === deploymentId);
    for (let at = 0; at < those.length; at += MOST_NAMED) {
      const named = those.slice(at, at + MOST_NAMED);
      const replaced = named.filter(({ step }) => step.replacesUnhealthy).length;
      const names = named.map(({ task }) => task.id);
      state.table(services).update(serviceArn, (service) => withEvent(service, startedTasks(service.name, names, replaced), ids, now));
    }
  }
}
