import type { DeploymentView, Told } from "./view.ts";

/** A plan starts, stops and marks at most so many tasks each, so that carrying it out takes a millisecond or two. */
export const MOST_STEPS = 40;

/**
 * What to do next, in order. The steps of one plan belong in one transaction; should only the first few be carried out, the next
 * plan goes on from there. When a plan of fewer than `MOST_STEPS` was carried out and nothing else has changed, the next plan at the
 * same time is empty but for its `wake-at`; the next one of a larger plan goes on with the rest.
 */
export type RolloutPlan = readonly RolloutStep[];

export type RolloutStep =
  | UpdateDeployment
  | MarkTask
  | StartTask
  | StopTask
  | Rollback
  | { readonly kind: "remove-deployment"; readonly deploymentId: string }
  /** Add to the service's events. */
  | { readonly kind: "event"; readonly message: string }
  /** Replace the service's `told`. */
  | { readonly kind: "update-told"; readonly told: Told }
  /** The service drained: no task is left, it becomes `INACTIVE`. */
  | { readonly kind: "complete-deletion" }
  /** Ask again at this time even if no record changes; at most one a plan. */
  | { readonly kind: "wake-at"; readonly at: number };

/** Replace these members of the deployment. */
export interface UpdateDeployment {
  readonly kind: "update-deployment";
  readonly deploymentId: string;
  readonly changes: Partial<
    Pick<DeploymentView, "status" | "desiredCount" | "rolloutState" | "rolloutStateReason" | "failedTasks" | "restarts">
  >;
}

/** Set the named note of the task to true. */
export interface MarkTask {
  readonly kind: "mark-task";
  readonly taskArn: string;
  readonly mark: "healthySeen" | "failureCounted";
}

/**
 * Create a task of the deployment, `startedBy` the deployment's id. Who carries these out tells of all of them in one event,
 * `events.startedTasks(name, ids, replacedUnhealthy)`, since the plan does not know the ids.
 */
export interface StartTask {
  readonly kind: "start-task";
  readonly deploymentId: string;
  readonly subnetId?: string;
  /** It takes the place of a task that fails its health checks: for the event. */
  readonly replacesUnhealthy: boolean;
}

export interface StopTask {
  readonly kind: "stop-task";
  readonly taskArn: string;
  readonly stopCode: "ServiceSchedulerInitiated";
  /** `stoppedReason`, in AWS's words. */
  readonly reason: string;
}

/**
 * The circuit breaker gave a deployment up: its predecessor becomes PRIMARY again. One step, so that there is always one PRIMARY:
 * apply both updates, and make the service's `taskDefinition` that of the deployment it goes back to.
 */
export interface Rollback {
  readonly kind: "rollback";
  readonly failed: UpdateDeployment;
  readonly restored: UpdateDeployment;
  readonly taskDefinitionArn: string;
}
