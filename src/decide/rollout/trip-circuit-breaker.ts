import { failureThreshold } from "../circuit-breaker/failure-threshold.ts";
import { afterRecovery } from "../throttle/restart-throttle.ts";
import { changeDeployment, primaryOf, type Draft } from "./draft.ts";
import * as events from "./events.ts";

/**
 * Gives up a deployment in progress that has failed too often. With rollback, the last deployment that was COMPLETED becomes PRIMARY
 * again and goes back to IN_PROGRESS, so that it is no candidate for a second rollback before it is completed. Without one, or where
 * there is none, the deployment stalls: no task of it is started any more.
 * Source: Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures".
 */
export function tripCircuitBreaker(draft: Draft): void {
  const { service } = draft;
  const { circuitBreaker } = service;
  const primary = primaryOf(draft);
  if (!circuitBreaker.enable || primary.rolloutState !== "IN_PROGRESS") return;
  if (primary.failedTasks < failureThreshold(circuitBreaker, service.desiredCount)) return;

  changeDeployment(draft, primary.id, { rolloutState: "FAILED", rolloutStateReason: events.failedReason });
  draft.events.push(events.deploymentFailed(service.name, primary.id));
  const restored = draft.deployments.findLast(({ status, rolloutState }) => status === "ACTIVE" && rolloutState === "COMPLETED");
  if (!circuitBreaker.rollback || !restored) return;

  changeDeployment(draft, primary.id, { status: "ACTIVE" });
  changeDeployment(draft, restored.id, {
    status: "PRIMARY",
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: events.rollingBackReason(restored.id),
    failedTasks: 0,
    restarts: afterRecovery(restored.restarts),
  });
  draft.rollback = { failed: primary.id, restored: restored.id };
  draft.events.push(events.rollingBack(service.name, restored.id));
}
