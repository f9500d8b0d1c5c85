/**
 * The state of a target in a target group.
 * Source: Elastic Load Balancing API, `TargetHealth`.
 */
export type TargetState = "initial" | "healthy" | "unhealthy" | "unused" | "draining";

export type TargetReason =
  | "Elb.RegistrationInProgress"
  | "Elb.InitialHealthChecking"
  | "Target.ResponseCodeMismatch"
  | "Target.Timeout"
  | "Target.FailedHealthChecks"
  | "Target.NotRegistered"
  | "Target.NotInUse"
  | "Target.DeregistrationInProgress"
  | "Target.InvalidState"
  | "Target.IpUnusable"
  | "Elb.InternalError";

export interface TargetHealth {
  readonly state: TargetState;
  readonly reason?: TargetReason;
  /** AWS's sentence for the reason, such as `Health checks failed with these codes: [503]`. */
  readonly description?: string;
}

/** AWS's sentences for the states that do not come from a health check. Source: the console and `DescribeTargetHealth`. */
export const REGISTERING: TargetHealth = {
  state: "initial",
  reason: "Elb.RegistrationInProgress",
  description: "Target registration is in progress",
};
export const CHECKING: TargetHealth = {
  state: "initial",
  reason: "Elb.InitialHealthChecking",
  description: "Initial health checks in progress",
};
export const NOT_IN_USE: TargetHealth = {
  state: "unused",
  reason: "Target.NotInUse",
  description: "Target group is not configured to receive traffic from the load balancer",
};
export const NOT_REGISTERED: TargetHealth = {
  state: "unused",
  reason: "Target.NotRegistered",
  description: "Target is not registered to the target group",
};
export const DRAINING: TargetHealth = {
  state: "draining",
  reason: "Target.DeregistrationInProgress",
  description: "Target deregistration is in progress",
};
export const OUT_OF_ZONE: TargetHealth = {
  state: "unused",
  reason: "Target.NotInUse",
  description: "Target is in an Availability Zone that is not enabled for the load balancer",
};
export const INTERNAL_ERROR: TargetHealth = {
  state: "unhealthy",
  reason: "Elb.InternalError",
  description: "Health checks failed due to an internal error",
};
export const UNUSABLE: TargetHealth = {
  state: "unused",
  reason: "Target.IpUnusable",
  description: "The IP address cannot be used as a target of this target group",
};
