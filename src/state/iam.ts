import type { Tag } from "@aws-sdk/client-iam";
import { defineTable } from "./table.ts";

// IAM is global: records have an account and no region. Times are milliseconds since the Unix epoch. Policies are kept as they were
// sent, and not yet evaluated.

export interface RoleRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  readonly description?: string;
  readonly maxSessionDuration: number;
  /** JSON text. */
  readonly assumeRolePolicy: string;
  readonly permissionsBoundary?: string;
  /** JSON texts by policy name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** ARNs, in the order in which they were attached. */
  readonly attachedPolicies: readonly string[];
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

/** Names are unique whatever their case. */
export function roleKey(account: string, name: string): string {
  return `${account}/${name.toLowerCase()}`;
}

export const roles = defineTable<RoleRecord>()("iam.roles", (role) => roleKey(role.account, role.name), {
  account: (role) => role.account,
  policy: (role) => role.attachedPolicies,
});

export interface PolicyRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  readonly description?: string;
  /** JSON text of version v1. */
  readonly document: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const policies = defineTable<PolicyRecord>()("iam.policies", (policy) => policy.arn, {
  account: (policy) => policy.account,
});
