import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";
import { healthChecks } from "./route53.ts";

/** What the last checks of an endpoint found. Times are milliseconds since the Unix epoch. */
export interface HealthStatusRecord {
  /** The health check's. */
  readonly id: string;
  readonly account: string;
  readonly healthy: boolean;
  /** Of the check that was last told: those that change nothing are told now and then. */
  readonly checkedAt: number;
  /** Such as `HTTP Status Code 200, OK`, after `Success: `, or why not, after `Failure: `. */
  readonly text: string;
  /** When it last failed, and how. */
  readonly lastFailure?: { readonly at: number; readonly text: string };
}

export const healthStatuses = defineTable<HealthStatusRecord>()("route53.health-statuses", (status) => status.id, ofAccount);

/** Calculated checks have no calculated ones below them: records that say otherwise are followed no further than this. */
const DEEPEST = 4;

/**
 * Whether record sets with this health check count as healthy. What was not checked yet is, as is what is disabled; a calculated one is where enough of
 * its children are.
 * Source: Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy".
 */
export function isHealthy(state: State, id: string, depth = DEEPEST): boolean {
  const check = state.table(healthChecks).get(id);
  if (!check || check.config.Disabled === true) return true;
  const { Type, Inverted = false, ChildHealthChecks = [], HealthThreshold = 0 } = check.config;
  const healthy =
    Type === "CALCULATED"
      ? depth > 0 && ChildHealthChecks.filter((child) => isHealthy(state, child, depth - 1)).length >= HealthThreshold
      : (state.table(healthStatuses).get(id)?.healthy ?? true);
  return healthy !== Inverted;
}
