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
