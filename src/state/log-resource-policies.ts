import { keyInScope, scopeKey } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

/** Which services of AWS may write logs of an account and region. */
export interface LogResourcePolicyRecord {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** As it was sent, checked. */
  readonly document: string;
  /** Milliseconds since the Unix epoch. */
  readonly updatedAt: number;
}

export const logResourcePolicies = defineTable<LogResourcePolicyRecord>()(
  "logs.resource-policies",
  (policy) => keyInScope(policy, policy.name),
  ofAccount,
  { scope: scopeKey },
);
