import { DeleteConflictException, InvalidInputException, type Role } from "@aws-sdk/client-iam";
import { instanceProfiles, roleKey, roles, type RoleRecord } from "../../state/iam.ts";
import { within } from "../constraints.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { boundaryContext, refuseBoundary, shownBoundary } from "./boundaries.ts";
import { refuseTrustDocument } from "./documents.ts";
import { requireRole } from "./find.ts";
import { forgetPrincipal } from "./forgotten-principal.ts";
import { alreadyExists, iamArn, onAccount, onRole, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { requireModifiableRole } from "./protected-role.ts";
import { refuseBeyond } from "./quotas.ts";
import { descriptionRules, nameRules, pathPrefixRules, pathRules } from "./rules.ts";
import { SERVICE_ROLE_PATH } from "./service-linked-services.ts";
import { refuseTags, tagContext } from "./tags.ts";
import { uniqueId } from "./unique-id.ts";

export const createRole = operation("CreateRole", {
  authorize(input, at) {
    const resource = iamArn(at, `role${input.Path ?? "/"}${input.RoleName ?? "*"}`);
    const create = { action: "iam:CreateRole", resource, context: { ...boundaryContext(input), ...tagContext(input) } };
    // Who tags while creating has to be allowed both. Source: IAM User Guide, "Tags for IAM roles".
    return input.Tags?.length ? [create, { action: "iam:TagRole", resource, context: tagContext(input) }] : create;
  },
  run(input, context) {
    const { state, account, ids, now } = context;
    const {
      RoleName: name = "",
      Path: path = "/",
      MaxSessionDuration: maxSessionDuration = 3600,
      AssumeRolePolicyDocument: assumeRolePolicy = "",
      Description: description,
      PermissionsBoundary: permissionsBoundary,
      Tags: tags = [],
    } = input;
    refuse(
      ...nameRules("roleName", name, 64),
      ...pathRules(path),
      ...descriptionRules(description),
      within("maxSessionDuration", maxSessionDuration, 3600, 43_200),
    );
    if (path.startsWith(SERVICE_ROLE_PATH))
      throw new InvalidInputException(because(`The path ${SERVICE_ROLE_PATH} is reserved for service-linked roles.`));
    refuseTags(tags);
    refuseTrustDocument(assumeRolePolicy, context);
    if (state.table(roles).has(roleKey(account, name))) throw alreadyExists(`Role with name ${name} already exists.`);
    refuseBoundary(context, permissionsBoundary);
    refuseBeyond("RolesPerAccount", state.table(roles).by("account", account).length + 1);
    const role: RoleRecord = {
      id: uniqueId(ids, "AROA"),
      arn: iamArn(context, `role${path}${name}`),
      name,
      path,
      account,
      ...defined({ description, permissionsBoundary }),
      maxSessionDuration,
      assumeRolePolicy,
      inlinePolicies: {},
      attachedPolicies: [],
      tags,
      createdAt: now,
    };
    state.commit(() => state.table(roles).put(role));
    return { Role: describedRole(role) };
  },
});

/** As lists show a role: without boundary, tags and last use. Policies in answers are percent-encoded. Source: IAM API, "ListRoles". */
export function shownRole(role: RoleRecord): Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.assumeRolePolicy),
    ...defined({ Description: role.description }),
    MaxSessionDuration: role.maxSessionDuration,
  };
}

export function describedRole(role: RoleRecord): Role {
  return {
    ...shownRole(role),
    ...shownBoundary(role.permissionsBoundary),
    ...(role.tags.length > 0 ? { Tags: [...role.tags] } : {}),
    RoleLastUsed: role.lastUsed ? { LastUsedDate: new Date(role.lastUsed.at), Region: role.lastUsed.region } : {},
  };
}

export const getRole = operation("GetRole", {
  authorize: onRole("GetRole"),
  run: ({ RoleName = "" }, context) => ({ Role: describedRole(requireRole(context, RoleName)) }),
});

export const listRoles = operation("ListRoles", {
  authorize: onAccount("ListRoles"),
  run(input, context) {
    refuse(...pathPrefixRules(input.PathPrefix));
    const found = context.state
      .table(roles)
      .by("account", context.account)
      .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
    const { items, more } = listed(found, ({ name }) => name, input, context);
    return { Roles: items.map(shownRole), ...more };
  },
});

export const deleteRole = operation("DeleteRole", {
  authorize: onRole("DeleteRole"),
  run({ RoleName = "" }, context) {
    const { state } = context;
    const role = requireModifiableRole(context, RoleName);
    const key = roles.key(role);
    const conflict = (what: string): DeleteConflictException =>
      new DeleteConflictException(because(`Cannot delete entity, must ${what} first.`));
    if (state.table(instanceProfiles).by("role", key).length > 0) throw conflict("remove roles from instance profile");
    if (role.attachedPolicies.length > 0) throw conflict("detach all policies");
    if (Object.keys(role.inlinePolicies).length > 0) throw conflict("delete policies");
    state.commit(() => {
      state.table(roles).delete(key);
      forgetPrincipal(state.whole, role);
    });
    return {};
  },
});

export const updateRole = operation("UpdateRole", {
  authorize: onRole("UpdateRole"),
  run({ RoleName = "", Description: description, MaxSessionDuration: maxSessionDuration }, context) {
    refuse(...descriptionRules(description), within("maxSessionDuration", maxSessionDuration, 3600, 43_200));
    const role = requireModifiableRole(context, RoleName);
    context.state.commit(() => context.state.table(roles).put({ ...role, ...defined({ description, maxSessionDuration }) }));
    return {};
  },
});

export const updateRoleDescription = operation("UpdateRoleDescription", {
  authorize: onRole("UpdateRoleDescription"),
  run({ RoleName = "", Description: description = "" }, context) {
    refuse(...descriptionRules(description));
    // The description is the one thing of a service-linked role that may be changed. Source: IAM API, "UpdateRoleDescription".
    const changed = { ...requireRole(context, RoleName), description };
    context.state.commit(() => context.state.table(roles).put(changed));
    return { Role: describedRole(changed) };
  },
});

export const updateAssumeRolePolicy = operation("UpdateAssumeRolePolicy", {
  authorize: onRole("UpdateAssumeRolePolicy"),
  run({ RoleName = "", PolicyDocument: assumeRolePolicy = "" }, context) {
    const role = requireModifiableRole(context, RoleName);
    refuseTrustDocument(assumeRolePolicy, context);
    context.state.commit(() => context.state.table(roles).put({ ...role, assumeRolePolicy }));
    return {};
  },
});
