import { parseArn } from "../domain/arn.ts";
import { roleKey, roles, users } from "../state/iam.ts";
import type { State } from "../state/state.ts";

/**
 * Whether a resource's policy of this account may name a principal, given as in a `Principal` element: users and roles of the account
 * have to exist; of other accounts nothing is known.
 */
export function mayBeNamed(state: State, account: string, name: string): boolean {
  const named = parseArn(name);
  if (named?.service !== "iam" || named.account !== account) return true;
  const short = named.resource.slice(named.resource.lastIndexOf("/") + 1);
  if (named.resource.startsWith("user/")) return state.table(users).get(roleKey(account, short))?.arn === name;
  if (named.resource.startsWith("role/")) return state.table(roles).get(roleKey(account, short))?.arn === name;
  return true;
}
