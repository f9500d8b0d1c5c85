import { groups, roles, users } from "../../state/iam.ts";
import type { OperationContext } from "../operation.ts";
import { requireGroup, requireUser } from "./find.ts";
import { requireModifiableRole } from "./protected-role.ts";

/** A user, group or role as that which policies are put into and attached to. */
export interface PolicyHolder extends HeldPolicies {
  readonly kind: "user" | "group" | "role";
  readonly name: string;
  /** Writes the change in a commit of its own. */
  readonly save: (change: Partial<HeldPolicies>) => void;
}

interface HeldPolicies {
  /** JSON texts by policy name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** ARNs. */
  readonly attachedPolicies: readonly string[];
}

export function heldByUser(context: OperationContext, userName: string): PolicyHolder {
  const user = requireUser(context, userName);
  const { state } = context;
  return { kind: "user", ...user, save: (change) => void state.commit(() => state.table(users).put({ ...user, ...change })) };
}

export function heldByGroup(context: OperationContext, groupName: string): PolicyHolder {
  const group = requireGroup(context, groupName);
  const { state } = context;
  return { kind: "group", ...group, save: (change) => void state.commit(() => state.table(groups).put({ ...group, ...change })) };
}

/** To change: the policies of service-linked roles are AWS's own. */
export function heldByRole(context: OperationContext, roleName: string): PolicyHolder {
  const role = requireModifiableRole(context, roleName);
  const { state } = context;
  return { kind: "role", ...role, save: (change) => void state.commit(() => state.table(roles).put({ ...role, ...change })) };
}
