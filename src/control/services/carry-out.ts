import { rolesFailure } from "../../authorization/task-roles.ts";
import { providersFor } from "../../decide/placement/capacity-providers.ts";
import { startedTasks } from "../../decide/rollout/events.ts";
import type { RolloutPlan, RolloutStep, StartTask, UpdateDeployment } from "../../decide/rollout/plan.ts";
import type { Ids } from "../../ports/ids.ts";
import { serviceDeployments } from "../../state/ecs-service-deployments.ts";
import { clusters, services, taskDefinitions, tasks, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { newTask } from "../../state/new-task.ts";
import { withEvent } from "../../state/service-events.ts";
import type { State, WholeState } from "../../state/state.ts";

/** Writes a plan into the records, as one commit. */
export function carryOut(state: WholeState, serviceArn: string, plan: RolloutPlan, ids: Ids, now: number): void {
  state.commit(() => {
    const started: { readonly step: StartTask; readonly task: TaskRecord }[] = [];
    for (const step of plan) {
      const service = state.table(services).get(serviceArn);
      if (!service) return;
      if (step.kind === "start-task") {
        const task = start(state, service, step, ids, now);
        if (task) started.push({ step, task });
      } else apply(state, service, step, ids, now);
    }
    tellStarts(state, serviceArn, started, ids, now);
  });
}

function apply(state: WholeState, service: ServiceRecord, step: Exclude<RolloutStep, StartTask>, ids: Ids, now: number): void {
  const put = (changed: ServiceRecord): void => void state.table(services).put(changed);
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
      return put({ ...service, deployments: service.deployments.filter(({ id }) => id !== step.deploymentId) });
    case "event":
      return put(withEvent(service, step.message, ids, now));
    case "update-told":
      return put({ ...service, told: step.told });
    case "complete-deletion":
      return put({ ...service, status: "INACTIVE", deployments: [] });
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
  table.put({ ...record, tripped: { failureCount, at: now, ...(restoredRevisionArn === undefined ? {} : { restoredRevisionArn }) } });
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

function start(whole: WholeState, service: ServiceRecord, step: StartTask, ids: Ids, now: number): TaskRecord | undefined {
  // A service runs what is its account's own, where it is its own, whatever its record says.
  const state = whole.of(service.account);
  const deployment = service.deployments.find(({ id }) => id === step.deploymentId);
  const cluster = state.table(clusters).get(service.clusterArn);
  const definition = deployment && state.table(taskDefinitions).get(deployment.taskDefinitionArn);
  if (!deployment) return undefined;
  if (!cluster || !definition) {
    notPlaced(state, service, deployment.id, {
      at: now,
      reason: `The task definition ${deployment.taskDefinitionArn} or its cluster is gone.`,
    });
    return undefined;
  }
  const reason = rolesFailure({ state: whole, now }, service, definition.definition);
  if (reason !== undefined) {
    notPlaced(state, service, deployment.id, { at: now, reason, refused: true });
    return undefined;
  }
  const placed = state
    .table(tasks)
    .by("service", service.arn)
    .filter((task) => task.deploymentId === deployment.id && task.lastStatus !== "STOPPED").length;
  const provider = providersFor(deployment.capacityProviderStrategy ?? [], placed + 1)[placed];
  const task = newTask(
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
      enableExecuteCommand: service.enableExecuteCommand,
      tags: taskTags(service, definition.tags),
    },
    ids,
    now,
  );
  return state.table(tasks).put(task);
}

function notPlaced(
  state: State,
  service: ServiceRecord,
  deploymentId: string,
  placementFailure: NonNullable<DeploymentRecord["placementFailure"]>,
): void {
  const note = (deployment: DeploymentRecord): DeploymentRecord =>
    deployment.id === deploymentId ? { ...deployment, placementFailure } : deployment;
  state.table(services).put({ ...service, deployments: service.deployments.map(note) });
}

function taskTags(service: ServiceRecord, definitionTags: TaskRecord["tags"]): TaskRecord["tags"] {
  const propagated = service.propagateTags === "SERVICE" ? service.tags : service.propagateTags === "TASK_DEFINITION" ? definitionTags : [];
  if (!service.enableECSManagedTags) return propagated;
  return [...propagated, { key: "aws:ecs:clusterName", value: service.clusterName }, { key: "aws:ecs:serviceName", value: service.name }];
}

/** One event tells of all tasks that a deployment starts at once, as on AWS. */
function tellStarts(
  state: WholeState,
  serviceArn: string,
  started: readonly { readonly step: StartTask; readonly task: TaskRecord }[],
  ids: Ids,
  now: number,
): void {
  for (const deploymentId of new Set(started.map(({ step }) => step.deploymentId))) {
    const those = started.filter(({ step }) => step.deploymentId === deploymentId);
    const replaced = those.filter(({ step }) => step.replacesUnhealthy).length;
    state.table(services).update(serviceArn, (service) =>
      withEvent(
        service,
        startedTasks(
          service.name,
          those.map(({ task }) => task.id),
          replaced,
        ),
        ids,
        now,
      ),
    );
  }
}
