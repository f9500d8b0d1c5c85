import type { HealthStatus } from "../../domain/task-status.ts";
import type { ContainerObservation, TaskObservation } from "../../ports/task-runner.ts";
import type { ContainerRecord, TaskRecord } from "../../state/ecs.ts";

/** The record after what the runner saw; the same object where nothing is new. Statuses beyond PENDING are set by the loop. */
export function observed(task: TaskRecord, observation: TaskObservation): TaskRecord {
  if (task.lastStatus === "STOPPED") return task;
  const merged = task.containers.map((container) => mergeContainer(container, observation));
  const containers = merged.every((container, at) => container === task.containers[at]) ? task.containers : merged;
  const ended = observation.stop;
  const next: TaskRecord = {
    ...task,
    containers,
    healthStatus: taskHealth(containers),
    endpoints: observation.endpoints.length > 0 ? observation.endpoints : task.endpoints,
    ...moment("pullStartedAt", task.pullStartedAt ?? observation.pullStartedAt),
    ...moment("pullStoppedAt", task.pullStoppedAt ?? observation.pullStoppedAt),
    ...moment("startedAt", task.startedAt ?? observation.startedAt),
    ...moment("executionStoppedAt", task.executionStoppedAt ?? observation.executionStoppedAt),
    // A task that was already told to stop keeps the reason that it was told.
    ...(ended && task.desiredStatus === "RUNNING" ? { desiredStatus: "STOPPED", stopCode: ended.code, stoppedReason: ended.reason } : {}),
  };
  return sameMembers(next, task) ? task : next;
}

/** Lists and what is in them are small: they are compared as texts where they are not the same objects. */
function sameMembers<R extends object>(a: R, b: R): boolean {
  const keys = Object.keys(a) as (keyof R)[];
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => a[key] === b[key] || (typeof a[key] === "object" && JSON.stringify(a[key]) === JSON.stringify(b[key])))
  );
}

function mergeContainer(container: ContainerRecord, observation: TaskObservation): ContainerRecord {
  const seen = observation.containers.find(({ name }) => name === container.name);
  if (!seen) return container;
  const merged: ContainerRecord = {
    ...container,
    lastStatus: seen.status,
    healthStatus: seen.health,
    ...present(seen, "runtimeId"),
    ...present(seen, "imageDigest"),
    ...present(seen, "exitCode"),
    ...present(seen, "reason"),
    networkBindings: seen.networkBindings.length > 0 ? seen.networkBindings : container.networkBindings,
  };
  return sameMembers(merged, container) ? container : merged;
}

function present<K extends keyof ContainerObservation>(
  seen: ContainerObservation,
  key: K,
): Pick<ContainerObservation, K> | Record<never, never> {
  return seen[key] === undefined ? {} : { [key]: seen[key] };
}

function moment<K extends string>(key: K, at: number | undefined): { readonly [P in K]?: number } {
  return (at === undefined ? {} : { [key]: at }) as { readonly [P in K]?: number };
}

/**
 * UNHEALTHY where an essential container's check fails, HEALTHY where all those that have one pass, else UNKNOWN.
 * Source: ECS API, `Task.healthStatus`.
 */
function taskHealth(containers: readonly ContainerRecord[]): HealthStatus {
  const checked = containers.filter((container) => container.essential && container.hasHealthCheck);
  if (checked.some((container) => container.healthStatus === "UNHEALTHY")) return "UNHEALTHY";
  return checked.length > 0 && checked.every((container) => container.healthStatus === "HEALTHY") ? "HEALTHY" : "UNKNOWN";
}
