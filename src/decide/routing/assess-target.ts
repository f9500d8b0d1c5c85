import type { ServerHealthReport } from "../../domain/proxy-configuration.ts";
import {
  CHECKING,
  DRAINING,
  INTERNAL_ERROR,
  NOT_IN_USE,
  OUT_OF_ZONE,
  REGISTERING,
  UNUSABLE,
  type TargetHealth,
} from "../../domain/target-health.ts";
import type { TurnedAway } from "./admit-target.ts";

export interface TargetAssessment {
  /** The health on record. */
  readonly recorded: TargetHealth;
  /** True while it is being deregistered. */
  readonly draining: boolean;
  /** True if some listener forwards to its group. */
  readonly inUse: boolean;
  /** Why the proxy may not send to it, where it may not. */
  readonly turnedAway: TurnedAway | undefined;
  /** True if the proxy works by a configuration that sends requests to it. */
  readonly applied: boolean;
  /** True where the proxy would not have its group. */
  readonly refused: boolean;
  /** What the proxy's checks last said. */
  readonly report: Pick<ServerHealthReport, "health" | "cause"> | undefined;
}

/**
 * The health of a target as `DescribeTargetHealth` tells it. What was known before a restart stands until a check says otherwise.
 * Source: Elastic Load Balancing API, `TargetHealth`; Application Load Balancers guide, "Target health status" and "Health check reason codes".
 */
export function assessTarget({ recorded, draining, inUse, turnedAway, applied, refused, report }: TargetAssessment): TargetHealth {
  if (draining) return DRAINING;
  if (!inUse) return NOT_IN_USE;
  if (turnedAway === "address") return UNUSABLE;
  if (turnedAway === "zone") return OUT_OF_ZONE;
  // As where nothing listens on an instance's port.
  if (turnedAway === "port") return unhealthy({ kind: "connection" });
  if (applied && report?.health === "healthy") return { state: "healthy" };
  if (applied && report?.health === "unhealthy") return unhealthy(report.cause);
  if (refused) return INTERNAL_ERROR;
  const isCheckResult = recorded.state === "healthy" || (recorded.state === "unhealthy" && recorded.reason !== "Elb.InternalError");
  if (isCheckResult) return recorded;
  if (applied) return CHECKING;
  return recorded.state === "initial" ? recorded : REGISTERING;
}

function unhealthy(cause: ServerHealthReport["cause"]): TargetHealth {
  switch (cause?.kind) {
    case "status":
      return {
        state: "unhealthy",
        reason: "Target.ResponseCodeMismatch",
        description: `Health checks failed with these codes: [${cause.status}]`,
      };
    case "timeout":
      return { state: "unhealthy", reason: "Target.Timeout", description: "Request timed out" };
    case "connection":
    case undefined:
      return { state: "unhealthy", reason: "Target.FailedHealthChecks", description: "Health checks failed" };
  }
}
