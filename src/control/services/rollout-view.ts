import { Judgements } from "../../decide/rollout/judgements.ts";
import { SETTLE_SECONDS } from "../../decide/rollout/new-deployment.ts";
import type { DeploymentView, RolloutView, TargetView, TaskView } from "../../decide/rollout/view.ts";
import type { HealthStatus } from "../../domain/task-status.ts";
import { subnets } from "../../state/ec2.ts";
import { tasks, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { targetKey, targets, type TargetRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** What was made of the tasks of a service, by their ARNs, and the tasks that changed since. */
interface Made {
  readonly views: Map<string, TaskView>;
  readonly changed: Set<string>;
  readonly judgements: Judgements;
}

/** Makes views of services, each from the one before: whoever has it tells it what changes. */
export class RolloutViews {
  readonly #state: WholeState;
  /** By the ARNs of the services. */
  readonly #made = new Map<string, Made>();

  constructor(state: WholeState) {
    this.#state = state;
  }

  /** The task changed, or one of its targets did. */
  note(serviceArn: string, taskArn: string): void {
    this.#made.get(serviceArn)?.changed.add(taskArn);
  }

  /**
   * The records of a service as its scheduler looks at them. The first one costs a look at each of its tasks that has not stopped; after that, only what
   * was noted is looked at.
   */
  of(service: ServiceRecord, now: number): RolloutView {
    const made = this.#made.get(service.arn) ?? this.#first(service.arn);
    for (const arn of made.changed) {
      const task = this.#state.table(tasks).get(arn);
      if (task && tasks.indexes.scheduled(task) === service.arn) made.views.set(arn, madeOf(this.#state, task));
      else made.views.delete(arn);
    }
    made.changed.clear();
    if (made.views.size === 0) this.#made.delete(service.arn);
    return rolloutView(this.#state, service, [...made.views.values()], now);
  }

  /** What its tasks were taken for in the plan before, if there was one. */
  judgementsOf(serviceArn: string): Judgements {
    return this.#made.get(serviceArn)?.judgements ?? new Judgements();
  }

  #first(serviceArn: string): Made {
    const found = this.#state.table(tasks).by("scheduled", serviceArn);
    const made = {
      views: new Map(found.map((task) => [task.arn, madeOf(this.#state, task)])),
      changed: new Set<string>(),
      judgements: new Judgements(),
    };
    this.#made.set(serviceArn, made);
    return made;
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

function madeOf(state: WholeState, task: TaskRecord): TaskView {
  return viewOf(
    task,
    task.targets.map(({ targetGroupArn, targetId, port }) => state.table(targets).get(targetKey(targetGroupArn, targetId, port))),
  );
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
