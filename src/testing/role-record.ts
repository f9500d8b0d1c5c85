import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import type { Platform } from "../services/platform.ts";
import { roles, type RoleRecord } from "../state/iam.ts";

interface RoleParts extends Partial<Omit<RoleRecord, "assumeRolePolicy" | "inlinePolicies">> {
  readonly name: string;
  /** The statements of its trust policy. */
  readonly trust: readonly object[];
  /** The statements that it is allowed by. */
  readonly may?: readonly object[];
}

/** Writes the record that CreateRole and PutRolePolicy would write. */
export function putRole({ state, ids, clock }: Platform, { trust, may, ...parts }: RoleParts): RoleRecord {
  const { account = DEFAULT_ACCOUNT, name, path = "/" } = parts;
  const role: RoleRecord = {
    id: `AROA${ids.alphanumeric(17).toUpperCase()}`,
    arn: `arn:aws:iam::${account}:role${path}${name}`,
    path,
    account,
    maxSessionDuration: 3600,
    assumeRolePolicy: policyText(trust),
    inlinePolicies: may ? { policy: policyText(may) } : {},
    attachedPolicies: [],
    tags: [],
    createdAt: clock.now(),
    ...parts,
  };
  state.commit(() => state.table(roles).put(role));
  return role;
}

/** A policy of these statements, as JSON. */
export function policyText(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
