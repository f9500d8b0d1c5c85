/**
 * The life of a task.
 * Source: Amazon ECS Developer Guide, "Amazon ECS task lifecycle".
 */
export const TASK_STATUSES = [
  "PROVISIONING",
  "PENDING",
  "ACTIVATING",
  "RUNNING",
  "DEACTIVATING",
  "STOPPING",
  "DEPROVISIONING",
  "STOPPED",
] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];
export type DesiredTaskStatus = "RUNNING" | "STOPPED";
export type HealthStatus = "HEALTHY" | "UNHEALTHY" | "UNKNOWN";

/** Why a task stopped, as `DescribeTasks` reports it. */
export type StopCode =
  | "TaskFailedToStart"
  | "EssentialContainerExited"
  | "UserInitiated"
  | "ServiceSchedulerInitiated"
  | "SpotInterruption"
  | "TerminationNotice";

/** Ends that a task comes to by itself. One that a person, the scheduler or the capacity provider stopped has not failed. */
export const ENDED_BY_ITSELF: ReadonlySet<StopCode | undefined> = new Set<StopCode>(["TaskFailedToStart", "EssentialContainerExited"]);

/** A task only ever moves forward; steps may be skipped (a task that fails to start goes from PENDING to DEPROVISIONING). */
export function mayMove(from: TaskStatus, to: TaskStatus): boolean {
  return TASK_STATUSES.indexOf(to) > TASK_STATUSES.indexOf(from);
}

export function isBefore(status: TaskStatus, limit: TaskStatus): boolean {
  return TASK_STATUSES.indexOf(status) < TASK_STATUSES.indexOf(limit);
}
