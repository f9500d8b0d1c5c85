import { DeleteConflictException, type Role } from "@aws-sdk/client-iam";
import { roleKey, roles, type RoleRecord } from "../../state/iam.ts";
import { lengthWithin, within } from "../constraints.ts";
import { because, defined } from "../operation.ts";
import {
  alreadyExists,
  iamArn,
  listed,
  nameRules,
  onRole,
  operation,
  pathRules,
  refuse,
  refuseDocument,
  refuseTags,
  requireRole,
} from "./entity.ts";

export const createRole = operation("CreateRole", {
  authorize: onRole("CreateRole"),
  run(input, context) {
    const { state, account, ids, now } = context;
    const {
      RoleName: name = "",
      Path: path = "/",
      MaxSessionDuration: maxSessionDuration = 3600,
      AssumeRolePolicyDocument: document = "",
    } = input;
    refuse(
      ...nameRules("roleName", name, 64),
      ...pathRules(path),
      within("maxSessionDuration", maxSessionDuration, 3600, 43_200),
      lengthWithin("description", input.Description, 0, 1000),
    );
    refuseDocument(document);
    refuseTags(input.Tags ?? []);
    if (state.table(roles).has(roleKey(account, name))) throw alreadyExists(`Role with name ${name} already exists.`);
    const role: RoleRecord = {
      id: `AROA${ids.alphanumeric(17).toUpperCase()}`,
      arn: iamArn(context, `role${path}${name}`),
      name,
      path,
      account,
      ...defined({ description: input.Description, permissionsBoundary: input.PermissionsBoundary }),
      maxSessionDuration,
      assumeRolePolicy: document,
      inlinePolicies: {},
      attachedPolicies: [],
      tags: input.Tags ?? [],
      createdAt: now,
    };
    state.commit(() => state.table(roles).put(role));
    return { Role: shown(role) };
  },
});

/** IAM's answers hold policies percent-encoded. Source: IAM API, "Role". */
function shown(role: RoleRecord): Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.assumeRolePolicy),
    ...defined({ Description: role.description }),
    MaxSessionDuration: role.maxSessionDuration,
    ...(role.permissionsBoundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const,
            PermissionsBoundaryArn: role.permissionsBoundary,
          },
        }),
    ...(role.tags.length === 0 ? {} : { Tags: [...role.tags] }),
    RoleLastUsed: {},
  };
}

export const getRole = operation("GetRole", {
  authorize: onRole("GetRole"),
  run: ({ RoleName = "" }, context) => ({ Role: shown(requireRole(context, RoleName)) }),
});

export const listRoles = operation("ListRoles", {
  authorize: () => ({ action: "iam:ListRoles", resource: "*" }),
  run(input, context) {
    const found = context.state
      .table(roles)
      .by("account", context.account)
      .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
    const { items, more } = listed(found, ({ name }) => name, input, context);
    return { Roles: items.map(shown), ...more };
  },
});

export const deleteRole = operation("DeleteRole", {
  authorize: onRole("DeleteRole"),
  run({ RoleName = "" }, context) {
    const role = requireRole(context, RoleName);
    if (role.attachedPolicies.length > 0)
      throw new DeleteConflictException(because("Cannot delete entity, must detach all policies first."));
    if (Object.keys(role.inlinePolicies).length > 0)
      throw new DeleteConflictException(because("Cannot delete entity, must delete policies first."));
    context.state.commit(() => context.state.table(roles).delete(roles.key(role)));
    return {};
  },
});

export const tagRole = operation("TagRole", {
  authorize: onRole("TagRole"),
  run({ RoleName = "", Tags = [] }, context) {
    const role = requireRole(context, RoleName);
    const added = new Set(Tags.map(({ Key }) => Key));
    const tags = [...role.tags.filter(({ Key }) => !added.has(Key)), ...Tags];
    refuseTags(tags);
    context.state.commit(() => context.state.table(roles).put({ ...role, tags }));
    return {};
  },
});

/** Instance profiles do not exist here. Terraform asks for them before it deletes a role. */
export const listInstanceProfilesForRole = operation("ListInstanceProfilesForRole", {
  authorize: onRole("ListInstanceProfilesForRole"),
  run({ RoleName = "" }, context) {
    requireRole(context, RoleName);
    return { InstanceProfiles: [], IsTruncated: false };
  },
});
