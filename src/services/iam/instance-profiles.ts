import { DeleteConflictException, type InstanceProfile } from "@aws-sdk/client-iam";
import { instanceProfiles, roleKey, roles, type InstanceProfileRecord } from "../../state/iam.ts";
import { because, type OperationContext } from "../operation.ts";
import { requireInstanceProfile, requireRole } from "./find.ts";
import { alreadyExists, iamArn, missing, onAccount, onInstanceProfile, onRole, operation, refuse, roleArn } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { requireModifiableRole } from "./protected-role.ts";
import { refuseBeyond } from "./quotas.ts";
import { shownRole } from "./roles.ts";
import { nameRules, pathPrefixRules, pathRules } from "./rules.ts";
import { refuseTags, tagContext } from "./tags.ts";
import { uniqueId } from "./unique-id.ts";

export const createInstanceProfile = operation("CreateInstanceProfile", {
  authorize(input, at) {
    const resource = iamArn(at, `instance-profile${input.Path ?? "/"}${input.InstanceProfileName ?? "*"}`);
    const context = tagContext(input);
    const create = { action: "iam:CreateInstanceProfile", resource, context };
    // Who tags while creating has to be allowed both. Source: IAM User Guide, "Tags for instance profiles".
    return input.Tags?.length ? [create, { action: "iam:TagInstanceProfile", resource, context }] : create;
  },
  run({ InstanceProfileName: name = "", Path: path = "/", Tags: tags = [] }, context) {
    const { state, account, ids, now } = context;
    refuse(...nameRules("instanceProfileName", name, 128), ...pathRules(path));
    refuseTags(tags);
    if (state.table(instanceProfiles).has(roleKey(account, name))) throw alreadyExists(`Instance Profile ${name} already exists.`);
    refuseBeyond("InstanceProfilesPerAccount", state.table(instanceProfiles).by("account", account).length + 1);
    const profile: InstanceProfileRecord = {
      id: uniqueId(ids, "AIPA"),
      arn: iamArn(context, `instance-profile${path}${name}`),
      name,
      path,
      account,
      tags,
      createdAt: now,
    };
    state.commit(() => state.table(instanceProfiles).put(profile));
    return { InstanceProfile: shownInstanceProfile(profile, context) };
  },
});

export function shownInstanceProfile(profile: InstanceProfileRecord, { state, account }: OperationContext): InstanceProfile {
  const role = profile.roleName === undefined ? undefined : state.table(roles).get(roleKey(account, profile.roleName));
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdAt),
    Roles: role ? [shownRole(role)] : [],
    ...(profile.tags.length > 0 ? { Tags: [...profile.tags] } : {}),
  };
}

export const getInstanceProfile = operation("GetInstanceProfile", {
  authorize: onInstanceProfile("GetInstanceProfile"),
  run: ({ InstanceProfileName = "" }, context) => ({
    InstanceProfile: shownInstanceProfile(requireInstanceProfile(context, InstanceProfileName), context),
  }),
});

export const listInstanceProfiles = operation("ListInstanceProfiles", {
  authorize: onAccount("ListInstanceProfiles"),
  run(input, context) {
    refuse(...pathPrefixRules(input.PathPrefix));
    const found = context.state
      .table(instanceProfiles)
      .by("account", context.account)
      .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
    const { items, more } = listed(found, ({ name }) => name, input, context);
    return { InstanceProfiles: items.map((profile) => shownInstanceProfile(profile, context)), ...more };
  },
});

export const listInstanceProfilesForRole = operation("ListInstanceProfilesForRole", {
  authorize: onRole("ListInstanceProfilesForRole"),
  run({ RoleName = "", ...page }, context) {
    const found = context.state.table(instanceProfiles).by("role", roles.key(requireRole(context, RoleName)));
    const { items, more } = listed(found, ({ name }) => name, page, context);
    return { InstanceProfiles: items.map((profile) => shownInstanceProfile(profile, context)), ...more };
  },
});

export const addRoleToInstanceProfile = operation("AddRoleToInstanceProfile", {
  // Whoever has the profile gets the role: that is passing it. Source: IAM API, "AddRoleToInstanceProfile".
  authorize: (input, at) => [
    onInstanceProfile("AddRoleToInstanceProfile")(input, at),
    { action: "iam:PassRole", resource: roleArn(at, input.RoleName), context: { "iam:PassedToService": "ec2.amazonaws.com" } },
  ],
  run({ InstanceProfileName = "", RoleName = "" }, context) {
    const profile = requireInstanceProfile(context, InstanceProfileName);
    const role = requireModifiableRole(context, RoleName);
    if (profile.roleName !== undefined) refuseBeyond("InstanceSessionsPerInstanceProfile", 2);
    context.state.commit(() => context.state.table(instanceProfiles).put({ ...profile, roleName: role.name }));
    return {};
  },
});

export const removeRoleFromInstanceProfile = operation("RemoveRoleFromInstanceProfile", {
  authorize: onInstanceProfile("RemoveRoleFromInstanceProfile"),
  run({ InstanceProfileName = "", RoleName = "" }, context) {
    const { roleName, ...profile } = requireInstanceProfile(context, InstanceProfileName);
    const role = requireRole(context, RoleName);
    if (roleName !== role.name) throw missing(`Role ${role.name} in Instance Profile ${profile.name} cannot be found.`);
    context.state.commit(() => context.state.table(instanceProfiles).put(profile));
    return {};
  },
});

export const deleteInstanceProfile = operation("DeleteInstanceProfile", {
  authorize: onInstanceProfile("DeleteInstanceProfile"),
  run({ InstanceProfileName = "" }, context) {
    const profile = requireInstanceProfile(context, InstanceProfileName);
    if (profile.roleName !== undefined)
      throw new DeleteConflictException(because("Cannot delete entity, must remove roles from instance profile first."));
    context.state.commit(() => context.state.table(instanceProfiles).delete(instanceProfiles.key(profile)));
    return {};
  },
});
