import { parseArn } from "../domain/arn.ts";
import { iamAccounts } from "../state/iam-account.ts";
import { roleKey, roles, users } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";

/**
 * Whether a resource's policy may name a principal, given as in a `Principal` element: users and roles have to exist, also those of other
 * accounts that live here, as on AWS. Of accounts that are elsewhere nothing is known.
 * @param account the resource's
 */
export function mayBeNamed(state: WholeState, account: string, name: string): boolean {
  const named = parseArn(name);
  if (named?.service !== "iam" || (named.account !== account && !livesHere(state, named.account))) return true;
  const short = named.resource.slice(named.resource.lastIndexOf("/") + 1);
  const key = roleKey(named.account, short);
  if (named.resource.startsWith("user/")) return state.table(users).get(key)?.arn === name;
  if (named.resource.startsWith("role/")) return state.table(roles).get(key)?.arn === name;
  return true;
}

/** As far as its records tell: an account that only root has used yet has none. */
function livesHere(state: WholeState, account: string): boolean {
  return (
    state.table(iamAccounts).has(account) ||
    state.table(users).by("account", account).length > 0 ||
    state.table(roles).by("account", account).length > 0
  );
}
