import type { FederatedUserPrincipal, RoleSessionPrincipal, UserPrincipal } from "../domain/principal.ts";
import { roleKey, roles, users, type RoleRecord, type UserRecord } from "./iam.ts";
import type { State } from "./state.ts";

// Who a principal is, as a record. A name is given again when its bearer is gone: the unique id tells the two apart, and nothing that is
// bound to a name alone may come from here.

/** The role of a session; `undefined` where it is gone, also if another has its name. */
export function roleBehind(state: State, { account, roleName, userId }: RoleSessionPrincipal): RoleRecord | undefined {
  const role = state.table(roles).get(roleKey(account, roleName));
  return role?.id === userId.split(":")[0] ? role : undefined;
}

/** The user that asks, or that asked for the token of a federated one; `undefined` where it is gone, also if another has its name. */
export function userBehind(state: State, principal: UserPrincipal | FederatedUserPrincipal): UserRecord | undefined {
  if (principal.userName === undefined) return undefined;
  const user = state.table(users).get(roleKey(principal.account, principal.userName));
  const id = principal.kind === "user" ? principal.userId : principal.sponsorId;
  return user !== undefined && user.id === id ? user : undefined;
}
