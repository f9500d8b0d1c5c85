import { isBefore } from "../../domain/task-status.ts";
import type { ServiceView, TargetView, TaskView } from "./view.ts";

/** What the scheduler takes a task for. */
export type TaskCondition =
  /** On its way up, or up and not yet known to be well. `until`: when time alone changes that. */
  | { readonly is: "starting"; readonly until?: number }
  | { readonly is: "healthy" }
  /** Up, past its grace period, and failing a health check. */
  | { readonly is: "unhealthy"; readonly failure: HealthFailure }
  /** On its way down, by itself or because it was told to. */
  | { readonly is: "leaving" }
  | { readonly is: "stopped" };

export type HealthFailure = { readonly check: "container" } | { readonly check: "target"; readonly target: TargetView };

/**
 * Judges a task. It is healthy when it runs, its container health check (where one is defined) says so, and it is healthy in every
 * target group of the service. A task that nothing checks is healthy once it has run for `settleSeconds`.
 * Source: Amazon ECS API, `DeploymentConfiguration.minimumHealthyPercent` and `healthCheckGracePeriodSeconds`.
 */
export function conditionOf(task: TaskView, service: ServiceView, now: number): TaskCondition {
  if (task.lastStatus === "STOPPED") return STOPPED;
  if (task.desiredStatus === "STOPPED") return LEAVING;
  if (task.lastStatus !== "RUNNING") return isBefore("RUNNING", task.lastStatus) ? LEAVING : STARTING;

  const startedAt = task.startedAt ?? task.createdAt;
  const failure = healthFailure(task);
  if (failure) {
    const graceEnds = startedAt + service.healthCheckGracePeriodSeconds * 1_000;
    return now < graceEnds ? { is: "starting", until: graceEnds } : { is: "unhealthy", failure };
  }
  if (isUnchecked(task, service)) {
    const settlesAt = startedAt + service.settleSeconds * 1_000;
    return now < settlesAt ? { is: "starting", until: settlesAt } : HEALTHY;
  }
  const containersWell = task.containerHealth === undefined || task.containerHealth === "HEALTHY";
  const targetsWell = service.targetGroupArns.every((arn) => {
    let isThere = false;
    for (const { targetGroupArn, state } of task.targets) {
      if (targetGroupArn !== arn) continue;
      if (state !== "healthy") return false;
      isThere = true;
    }
    return isThere;
  });
  return containersWell && targetsWell ? HEALTHY : STARTING;
}

const HEALTHY: TaskCondition = { is: "healthy" };
const STARTING: TaskCondition = { is: "starting" };
const LEAVING: TaskCondition = { is: "leaving" };
const STOPPED: TaskCondition = { is: "stopped" };

/** True for a task that was well before it ended, as far as can still be told. */
export function hadBeenHealthy(task: TaskView, service: ServiceView): boolean {
  if (task.healthySeen) return true;
  if (!isUnchecked(task, service) || task.startedAt === undefined || task.stoppedAt === undefined) return false;
  return task.stoppedAt - task.startedAt >= service.settleSeconds * 1_000;
}

function isUnchecked(task: TaskView, service: ServiceView): boolean {
  return task.containerHealth === undefined && service.targetGroupArns.length === 0;
}

function healthFailure(task: TaskView): HealthFailure | undefined {
  if (task.containerHealth === "UNHEALTHY") return { check: "container" };
  if (!task.targets.some(({ state }) => state === "unhealthy")) return undefined;
  const [target] = task.targets
    .filter(({ state }) => state === "unhealthy")
    .toSorted((a, b) => (a.targetGroupArn < b.targetGroupArn ? -1 : 1) || a.port - b.port);
  return target && { check: "target", target };
}
