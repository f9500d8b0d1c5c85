import { isImpaired } from "../throttle/restart-throttle.ts";
import { boundsOf } from "./bounds.ts";
import { changeDeployment, isLive, primaryOf, type Draft } from "./draft.ts";
import * as events from "./events.ts";
import type { DeploymentView, Told } from "./view.ts";

/** AWS repeats an event whose cause lasts after six hours. Source: Developer Guide, "Viewing Amazon ECS service event messages". */
const REPEAT_AFTER = 6 * 60 * 60_000;

/**
 * Completes the PRIMARY once it has all of its tasks and no other deployment has any left, and finds deployments that are over.
 * Old deployments stay listed until then, for the circuit breaker to go back to. Returns the ids of those to remove.
 */
export function completeDeployment(draft: Draft): readonly string[] {
  const primary = primaryOf(draft);
  const others = draft.deployments.filter(({ id }) => id !== primary.id);
  const isEmpty = (id: string) => draft.byDeployment.get(id)?.every(({ condition }) => condition.is === "stopped") ?? true;

  if (hasAllTasks(draft, primary) && [...draft.byDeployment.keys()].every((id) => id === primary.id || isEmpty(id))) {
    if (primary.rolloutState === "IN_PROGRESS") {
      changeDeployment(draft, primary.id, { rolloutState: "COMPLETED", rolloutStateReason: events.completedReason(primary.id) });
      draft.events.push(events.deploymentCompleted(draft.service.name, primary.id));
    }
    if (primary.rolloutState !== "FAILED") return others.map(({ id }) => id);
  }
  // One that failed stays to be seen until another fails; one that was superseded goes with its last task.
  const lastFailed = others.findLast(({ rolloutState }) => rolloutState === "FAILED");
  return others.filter((other) => isEmpty(other.id) && other.rolloutState !== "COMPLETED" && other !== lastFailed).map(({ id }) => id);
}

/** Tells of deployments whose tasks cannot be placed, or do not come to RUNNING. */
export function noteImpaired(draft: Draft, removed: readonly string[]): void {
  const { name } = draft.service;
  for (const { id, restarts, placementFailure } of draft.deployments) {
    if (removed.includes(id)) continue;
    if (isImpaired(restarts)) draft.tellable.set(`impaired ${id}`, events.unableToStart(name));
    if (placementFailure && restarts.failedStarts > 0)
      draft.tellable.set(
        `unplaced ${id}`,
        placementFailure.refused
          ? events.failedToLaunch(name, placementFailure.reason)
          : events.unableToPlace(name, placementFailure.reason),
      );
  }
}

/** Tells that the service is steady when nothing is left to do, and nothing on its way. */
export function noteSteadyState(draft: Draft, removed: readonly string[]): void {
  const primary = primaryOf(draft);
  if (primary.rolloutState !== "COMPLETED" || draft.deployments.length - removed.length > 1) return;
  if (draft.stops.length > 0) return;
  const still = draft.tasks.every(({ condition }) => condition.is === "healthy" || condition.is === "stopped");
  if (still && hasAllTasks(draft, primary)) draft.tellable.set("steady", events.steadyState(draft.service.name));
}

/** Tells what holds now and was not told in the last six hours. Returns the service's new `told`, or `undefined` where it stays. */
export function tell(draft: Draft): Told | undefined {
  const { now, service } = draft;
  const told: Record<string, number> = {};
  for (const [key, message] of draft.tellable) {
    const before = service.told[key];
    const isDue = before === undefined || now - before >= REPEAT_AFTER;
    if (isDue) draft.events.push(message);
    const at = isDue ? now : before;
    told[key] = at;
    draft.wakes.push(at + REPEAT_AFTER);
  }
  const keys = Object.keys(told);
  const isSame = keys.length === Object.keys(service.told).length && keys.every((key) => told[key] === service.told[key]);
  return isSame ? undefined : told;
}

/** True when, after this plan, the PRIMARY has exactly the desired count of healthy tasks. */
function hasAllTasks(draft: Draft, primary: DeploymentView): boolean {
  if (draft.starts.length > 0) return false;
  const stopped = new Set(draft.stops.map(({ taskArn }) => taskArn));
  let healthy = 0;
  for (const judged of draft.byDeployment.get(primary.id) ?? []) {
    if (!isLive(judged) || stopped.has(judged.task.arn)) continue;
    if (judged.condition.is !== "healthy") return false;
    healthy += 1;
  }
  return healthy === boundsOf(draft.service).desired;
}
