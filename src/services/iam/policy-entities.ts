import { oneOf } from "../constraints.ts";
import { onPolicy, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { bearersOf, boundedBy, requireManagedPolicy } from "./managed-policy.ts";
import { pathRules } from "./rules.ts";

const FILTERS = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

interface Bearer {
  readonly kind: "User" | "Group" | "Role";
  readonly name: string;
  readonly id: string;
  readonly path: string;
}

/** Who has a policy attached, or is bounded by it. One page counts users, groups and roles together. */
export const listEntitiesForPolicy = operation("ListEntitiesForPolicy", {
  authorize: onPolicy("ListEntitiesForPolicy"),
  run({ PolicyArn = "", EntityFilter, PathPrefix = "/", PolicyUsageFilter, ...page }, context) {
    refuse(
      oneOf("entityFilter", EntityFilter, FILTERS),
      oneOf("policyUsageFilter", PolicyUsageFilter, ["PermissionsPolicy", "PermissionsBoundary"]),
      ...pathRules(PathPrefix, "pathPrefix"),
    );
    const { arn } = requireManagedPolicy(context, PolicyArn);
    const usages = [
      ...(PolicyUsageFilter === "PermissionsBoundary" ? [] : [bearersOf(context, arn)]),
      ...(PolicyUsageFilter === "PermissionsPolicy" ? [] : [boundedBy(context, arn)]),
    ];
    const all = usages.flatMap(({ users, groups, roles }): readonly Bearer[] => [
      ...users.map((one) => ({ kind: "User" as const, ...one })),
      ...groups.map((one) => ({ kind: "Group" as const, ...one })),
      ...roles.map((one) => ({ kind: "Role" as const, ...one })),
    ]);
    const once = [...new Map(all.map((bearer) => [bearer.id, bearer])).values()];
    const found = once.filter(({ kind, path }) => path.startsWith(PathPrefix) && (EntityFilter === undefined || EntityFilter === kind));
    const { items, more } = listed(found, ({ kind, name }) => `${kind}/${name}`, page, context);
    const of = (kind: Bearer["kind"]): readonly Bearer[] => items.filter((bearer) => bearer.kind === kind);
    return {
      PolicyUsers: of("User").map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyGroups: of("Group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyRoles: of("Role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      ...more,
    };
  },
});
