import { SETTLE_SECONDS } from "../../decide/rollout/new-deployment.ts";
import type { DeploymentView, RolloutView, TargetView, TaskView } from "../../decide/rollout/view.ts";
import type { HealthStatus } from "../../domain/task-status.ts";
import { subnets } from "../../state/ec2.ts";
import { tasks, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { targetKey, targets, type TargetRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** Makes views of services, each from the one before. */
export class RolloutViews {
  readonly #state: WholeState;
  /** By the ARNs of the services: what was made of their tasks, by the records that it was made of. Records never change, they are replaced. */
  readonly #made = new Map<string, ReadonlyMap<TaskRecord, MadeTask>>();

  constructor(state: WholeState) {
    this.#state = state;
  }

  /**
   * The records of a service as its scheduler looks at them. Costs a look at each of its tasks that has not stopped; only what changed since the
   * last view is made anew.
   */
  of(service: ServiceRecord, now: number): RolloutView {
    const before = this.#made.get(service.arn);
    const made = new Map<TaskRecord, MadeTask>();
    for (const task of this.#state.table(tasks).by("scheduled", service.arn)) {
      const known = before?.get(task);
      made.set(task, known && isCurrent(this.#state, known) ? known : madeOf(this.#state, task));
    }
    if (made.size > 0) this.#made.set(service.arn, made);
    else this.#made.delete(service.arn);
    const views = [...made.values()].map(({ view }) => view);
    return rolloutView(this.#state, service, views, now);
  }
}

function rolloutView(state: WholeState, service: ServiceRecord, views: readonly TaskView[], now: number): RolloutView {
  const primary = service.deployments.find(({ status }) => status === "PRIMARY");
  const chosen = (primary?.networkConfiguration ?? service.networkConfiguration)?.awsvpcConfiguration?.subnets ?? [];
  return {
    now,
    service: {
      name: service.name,
      status: service.status === "ACTIVE" ? "ACTIVE" : "DRAINING",
      desiredCount: service.schedulingStrategy === "DAEMON" ? 1 : service.desiredCount,
      minimumHealthyPercent: service.minimumHealthyPercent,
      maximumPercent: service.maximumPercent,
      circuitBreaker: service.circuitBreaker,
      healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds ?? 0,
      targetGroupArns: (primary?.loadBalancers ?? service.loadBalancers).flatMap(({ targetGroupArn }) => targetGroupArn ?? []),
      settleSeconds: SETTLE_SECONDS,
      subnets: chosen.flatMap((id) => {
        const subnet = state.table(subnets).get(id);
        return subnet ? [{ subnetId: id, zone: subnet.availabilityZone }] : [];
      }),
      told: service.told,
    },
    deployments: service.deployments.flatMap((deployment) => deploymentView(deployment) ?? []),
    tasks: views,
  };
}

function deploymentView(deployment: DeploymentRecord): DeploymentView | undefined {
  const {
    id,
    taskDefinitionArn,
    createdAt,
    status,
    desiredCount,
    rolloutState,
    rolloutStateReason,
    failedTasks,
    restarts,
    placementFailure,
  } = deployment;
  if (status === "INACTIVE") return undefined;
  const view = { id, taskDefinitionArn, createdAt, status, desiredCount, rolloutState, rolloutStateReason, failedTasks, restarts };
  return placementFailure ? { ...view, placementFailure } : view;
}

interface MadeTask {
  readonly view: TaskView;
  /** The targets that it was made with, and their keys. */
  readonly keys: readonly string[];
  readonly with: readonly (TargetRecord | undefined)[];
}

function madeOf(state: WholeState, task: TaskRecord): MadeTask {
  const keys = task.targets.map(({ targetGroupArn, targetId, port }) => targetKey(targetGroupArn, targetId, port));
  const own = keys.map((key) => state.table(targets).get(key));
  return { view: viewOf(task, own), keys, with: own };
}

function isCurrent(state: WholeState, { keys, with: own }: MadeTask): boolean {
  return keys.every((key, at) => state.table(targets).get(key) === own[at]);
}

function viewOf(task: TaskRecord, own: readonly (TargetRecord | undefined)[]): TaskView {
  const stoppedAt = task.executionStoppedAt ?? task.stoppedAt;
  const health = containerHealth(task);
  const subnetId = task.networkInterface?.subnetId ?? task.preferredSubnetId;
  return {
    arn: task.arn,
    deploymentId: task.deploymentId ?? "",
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    createdAt: task.createdAt,
    ...(task.startedAt === undefined ? {} : { startedAt: task.startedAt }),
    ...(stoppedAt === undefined ? {} : { stoppedAt }),
    ...(task.stopCode ? { stopCode: task.stopCode } : {}),
    ...(health ? { containerHealth: health } : {}),
    targets: own.flatMap((target): TargetView[] => {
      if (!target) return [];
      const { targetGroupArn, port, health: targetHealth } = target;
      const { state: targetState, description } = targetHealth;
      return [{ targetGroupArn, port, state: targetState, ...(description ? { description } : {}) }];
    }),
    ...(subnetId === undefined ? {} : { subnetId }),
    healthySeen: task.healthySeen,
    failureCounted: task.failureCounted,
  };
}

/** `undefined` where no essential container has a health check. */
function containerHealth(task: TaskRecord): HealthStatus | undefined {
  return task.containers.some(({ essential, hasHealthCheck }) => essential && hasHealthCheck) ? task.healthStatus : undefined;
}
