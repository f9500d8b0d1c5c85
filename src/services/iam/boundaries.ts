import { InvalidInputException, type AttachedPermissionsBoundary } from "@aws-sdk/client-iam";
import { roles, users } from "../../state/iam.ts";
import { because, type ConditionContext, type OperationContext } from "../operation.ts";
import { requireUser } from "./find.ts";
import { missing, onRole, onUser, operation, refuse } from "./iam-operation.ts";
import { requireAttachable } from "./managed-policy.ts";
import { requireModifiableRole } from "./protected-role.ts";
import { arnRules } from "./rules.ts";

/** `iam:PermissionsBoundary` where the request itself says it; that of who is already bounded, the records tell. */
export function boundaryContext({ PermissionsBoundary }: { readonly PermissionsBoundary?: string | undefined }): ConditionContext {
  return { "iam:PermissionsBoundary": PermissionsBoundary };
}

/** Refuses a boundary that is no managed policy of the account or of AWS. */
export function refuseBoundary(context: OperationContext, boundary: string | undefined): void {
  if (boundary === undefined) return;
  refuse(...arnRules("permissionsBoundary", boundary));
  if (!/^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/.+$/.test(boundary))
    throw new InvalidInputException(because(`ARN ${boundary} is not valid.`));
  requireAttachable(context, boundary);
}

/** As answers show it; nothing where there is none. */
export function shownBoundary(boundary: string | undefined): { PermissionsBoundary?: AttachedPermissionsBoundary } {
  if (boundary === undefined) return {};
  return { PermissionsBoundary: { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: boundary } };
}

function withoutBoundary<T extends { readonly permissionsBoundary?: string }>(kind: string, bounded: T & { readonly name: string }): T {
  const { permissionsBoundary, ...rest } = bounded;
  if (permissionsBoundary === undefined) throw missing(`The ${kind} with name ${bounded.name} does not have a permissions boundary.`);
  return rest as unknown as T;
}

export const putUserPermissionsBoundary = operation("PutUserPermissionsBoundary", {
  authorize: onUser("PutUserPermissionsBoundary", boundaryContext),
  run({ UserName = "", PermissionsBoundary: permissionsBoundary = "" }, context) {
    const user = requireUser(context, UserName);
    refuseBoundary(context, permissionsBoundary);
    context.state.commit(() => context.state.table(users).put({ ...user, permissionsBoundary }));
    return {};
  },
});

export const deleteUserPermissionsBoundary = operation("DeleteUserPermissionsBoundary", {
  authorize: onUser("DeleteUserPermissionsBoundary"),
  run({ UserName = "" }, context) {
    const free = withoutBoundary("user", requireUser(context, UserName));
    context.state.commit(() => context.state.table(users).put(free));
    return {};
  },
});

export const putRolePermissionsBoundary = operation("PutRolePermissionsBoundary", {
  authorize: onRole("PutRolePermissionsBoundary", boundaryContext),
  run({ RoleName = "", PermissionsBoundary: permissionsBoundary = "" }, context) {
    const role = requireModifiableRole(context, RoleName);
    refuseBoundary(context, permissionsBoundary);
    context.state.commit(() => context.state.table(roles).put({ ...role, permissionsBoundary }));
    return {};
  },
});

export const deleteRolePermissionsBoundary = operation("DeleteRolePermissionsBoundary", {
  authorize: onRole("DeleteRolePermissionsBoundary"),
  run({ RoleName = "" }, context) {
    const free = withoutBoundary("role", requireModifiableRole(context, RoleName));
    context.state.commit(() => context.state.table(roles).put(free));
    return {};
  },
});
