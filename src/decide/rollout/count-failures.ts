import { ENDED_BY_ITSELF } from "../../domain/task-status.ts";
import { afterFailures, afterRecovery, afterStart, type FailedTask } from "../throttle/restart-throttle.ts";
import { MOST_STEPS } from "./plan.ts";
import { changeDeployment, type Draft } from "./draft.ts";
import type { JudgedTask } from "./judgements.ts";
import { hadBeenHealthy } from "./task-condition.ts";
import type { DeploymentView } from "./view.ts";

/**
 * Takes note of tasks that became healthy and tasks that failed: for the circuit breaker, for restart throttling.
 *
 * A task counts as failed when it does not come to RUNNING, when it ends by itself before it was healthy, or when it fails its health
 * checks. Each is counted once. A task that becomes healthy ends the run of failures. Where one plan cannot count all, the next goes on.
 * Source: Amazon ECS API, `Deployment.failedTasks` and `DeploymentCircuitBreaker.resetOnHealthyTask`.
 */
export function countFailures(draft: Draft): void {
  for (const deployment of draft.deployments) {
    const own = draft.byDeployment.get(deployment.id) ?? [];
    const recovered = noteHealthy(draft, deployment, own);
    noteFailed(draft, recovered, own);
  }
}

function noteHealthy(draft: Draft, deployment: DeploymentView, own: readonly JudgedTask[]): DeploymentView {
  let { failedTasks, restarts } = deployment;
  for (const { task, condition } of own) {
    if (task.startedAt !== undefined) restarts = afterStart(restarts, task.startedAt);
    if (condition.is !== "healthy" || task.healthySeen || draft.marks.length >= MOST_STEPS) continue;
    draft.marks.push({ kind: "mark-task", taskArn: task.arn, mark: "healthySeen" });
    restarts = afterRecovery(restarts);
    if (deployment.rolloutState === "IN_PROGRESS" && draft.service.circuitBreaker.resetOnHealthyTask !== false) failedTasks = 0;
  }
  changeDeployment(draft, deployment.id, { failedTasks, restarts });
  return { ...deployment, failedTasks, restarts };
}

function noteFailed(draft: Draft, deployment: DeploymentView, own: readonly JudgedTask[]): void {
  const { service, now } = draft;
  const ends: FailedTask[] = [];
  let failures = 0;
  for (const { task, condition } of own) {
    if (task.failureCounted) continue;
    const over = condition.is === "leaving" || condition.is === "stopped";
    const ended = over && ENDED_BY_ITSELF.has(task.stopCode) && !hadBeenHealthy(task, service);
    if (!ended && condition.is !== "unhealthy") continue;
    // The oldest first, as they are stopped.
    if (failures >= MOST_STEPS) break;
    draft.marks.push({ kind: "mark-task", taskArn: task.arn, mark: "failureCounted" });
    failures += 1;
    if (ended) ends.push({ createdAt: task.createdAt, ran: task.startedAt !== undefined });
  }
  const { placementFailure } = deployment;
  if (placementFailure && placementFailure.at > deployment.restarts.lastFailureAt) {
    failures += 1;
    ends.push({ createdAt: placementFailure.at, ran: false });
  }

  const failedTasks = deployment.rolloutState === "IN_PROGRESS" ? deployment.failedTasks + failures : deployment.failedTasks;
  const restarts = afterFailures(deployment.restarts, ends, now);
  changeDeployment(draft, deployment.id, { failedTasks, restarts });
}
