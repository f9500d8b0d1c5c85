import type { GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail } from "@aws-sdk/client-iam";
import { groups, instanceProfiles, roles, users, type GroupRecord, type RoleRecord, type UserRecord } from "../../state/iam.ts";
import { oneOf } from "../constraints.ts";
import type { OperationContext } from "../operation.ts";
import { shownBoundary } from "./boundaries.ts";
import { shownGroup } from "./groups.ts";
import { onAccount, operation, refuse } from "./iam-operation.ts";
import { shownInstanceProfile } from "./instance-profiles.ts";
import { listed } from "./listing.ts";
import {
  attachedPolicies,
  attachmentCount,
  boundaryCount,
  ownPolicies,
  policiesOfAws,
  shownPolicy,
  type ManagedPolicy,
} from "./managed-policy.ts";
import { shownVersion } from "./policy-versions.ts";
import { describedRole } from "./roles.ts";
import { shownUser } from "./users.ts";

const FILTERS = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"] as const;
type Filter = (typeof FILTERS)[number];

type Item =
  | { readonly filter: "User"; readonly name: string; readonly record: UserRecord }
  | { readonly filter: "Group"; readonly name: string; readonly record: GroupRecord }
  | { readonly filter: "Role"; readonly name: string; readonly record: RoleRecord }
  | { readonly filter: "LocalManagedPolicy" | "AWSManagedPolicy"; readonly name: string; readonly record: ManagedPolicy };

/** Everything about an account's identities at once. Of AWS's policies, those that are in use. A page counts all kinds together. */
export const getAccountAuthorizationDetails = operation("GetAccountAuthorizationDetails", {
  authorize: onAccount("GetAccountAuthorizationDetails"),
  run({ Filter: filter = [], ...page }, context) {
    refuse(...filter.map((one, at) => oneOf(`filter.${at + 1}.member`, one, FILTERS)));
    const wanted = itemsOf(context).filter((item) => filter.length === 0 || filter.includes(item.filter));
    const { items, more } = listed(wanted, ({ filter: kind, name }) => `${FILTERS.indexOf(kind)}/${name}`, page, context);
    return {
      UserDetailList: items.flatMap((item) => (item.filter === "User" ? [userDetail(item.record, context)] : [])),
      GroupDetailList: items.flatMap((item) => (item.filter === "Group" ? [groupDetail(item.record, context)] : [])),
      RoleDetailList: items.flatMap((item) => (item.filter === "Role" ? [roleDetail(item.record, context)] : [])),
      Policies: items.flatMap((item) => (isPolicy(item) ? [policyDetail(item.record, context)] : [])),
      ...more,
    };
  },
});

function isPolicy(item: Item): item is Item & { readonly filter: "LocalManagedPolicy" | "AWSManagedPolicy" } {
  return item.filter === "LocalManagedPolicy" || item.filter === "AWSManagedPolicy";
}

function itemsOf(context: OperationContext): readonly Item[] {
  const { state, account } = context;
  const used = policiesOfAws(context).filter(({ arn }) => attachmentCount(context, arn) + boundaryCount(context, arn) > 0);
  const item = <K extends Filter, R extends { readonly name: string }>(filter: K, record: R) => ({ filter, name: record.name, record });
  return [
    ...state
      .table(users)
      .by("account", account)
      .map((record) => item("User", record)),
    ...state
      .table(groups)
      .by("account", account)
      .map((record) => item("Group", record)),
    ...state
      .table(roles)
      .by("account", account)
      .map((record) => item("Role", record)),
    ...ownPolicies(context).map((record) => item("LocalManagedPolicy", record)),
    ...used.map((record) => item("AWSManagedPolicy", record)),
  ];
}

function inline({ inlinePolicies }: { readonly inlinePolicies: Readonly<Record<string, string>> }): PolicyDetail[] {
  return Object.entries(inlinePolicies).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodeURIComponent(text) }));
}

function userDetail(user: UserRecord, context: OperationContext): UserDetail {
  return {
    ...shownUser(user),
    UserPolicyList: inline(user),
    GroupList: [...user.groups],
    AttachedManagedPolicies: attachedPolicies(context, user.attachedPolicies),
    ...shownBoundary(user.permissionsBoundary),
    Tags: [...user.tags],
  };
}

function groupDetail(group: GroupRecord, context: OperationContext): GroupDetail {
  return {
    ...shownGroup(group),
    GroupPolicyList: inline(group),
    AttachedManagedPolicies: attachedPolicies(context, group.attachedPolicies),
  };
}

function roleDetail(role: RoleRecord, context: OperationContext): RoleDetail {
  const { MaxSessionDuration: _duration, Description: _description, ...shown } = describedRole(role);
  const profiles = context.state.table(instanceProfiles).by("role", roles.key(role));
  return {
    ...shown,
    InstanceProfileList: profiles.map((profile) => shownInstanceProfile(profile, context)),
    RolePolicyList: inline(role),
    AttachedManagedPolicies: attachedPolicies(context, role.attachedPolicies),
    Tags: [...role.tags],
  };
}

function policyDetail(policy: ManagedPolicy, context: OperationContext): ManagedPolicyDetail {
  return { ...shownPolicy(policy, context), PolicyVersionList: policy.versions.map((version) => shownVersion(version, policy)) };
}
