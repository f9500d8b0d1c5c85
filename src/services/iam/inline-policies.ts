import type { OperationContext } from "../operation.ts";
import { refuseInlineDocument } from "./documents.ts";
import { requireGroup, requireRole, requireUser } from "./find.ts";
import { missing, onGroup, onRole, onUser, operation, refuse } from "./iam-operation.ts";
import { listed, type PageRequest } from "./listing.ts";
import { heldByGroup, heldByRole, heldByUser, type PolicyHolder } from "./policy-holder.ts";
import { nameRules } from "./rules.ts";

interface PolicyText {
  readonly PolicyName?: string | undefined;
  readonly PolicyDocument?: string | undefined;
}

function put(holder: PolicyHolder, { PolicyName = "", PolicyDocument = "" }: PolicyText): Record<string, never> {
  refuse(...nameRules("policyName", PolicyName, 128));
  const others = Object.entries(holder.inlinePolicies).filter(([name]) => name !== PolicyName);
  refuseInlineDocument(
    holder.kind,
    holder.name,
    PolicyDocument,
    others.map(([, document]) => document),
  );
  // fromEntries, so that a name such as __proto__ is only a name.
  holder.save({ inlinePolicies: Object.fromEntries([...others, [PolicyName, PolicyDocument]]) });
  return {};
}

/** The document as answers hold it: percent-encoded. Source: IAM API, "GetRolePolicy". */
function shown(kind: PolicyHolder["kind"], { inlinePolicies }: Pick<PolicyHolder, "inlinePolicies">, { PolicyName = "" }: PolicyText) {
  if (!Object.hasOwn(inlinePolicies, PolicyName)) throw missing(`The ${kind} policy with name ${PolicyName} cannot be found.`);
  return { PolicyName, PolicyDocument: encodeURIComponent(inlinePolicies[PolicyName] as string) };
}

function remove(holder: PolicyHolder, { PolicyName = "" }: PolicyText): Record<string, never> {
  if (!Object.hasOwn(holder.inlinePolicies, PolicyName))
    throw missing(`The ${holder.kind} policy with name ${PolicyName} cannot be found.`);
  holder.save({ inlinePolicies: Object.fromEntries(Object.entries(holder.inlinePolicies).filter(([name]) => name !== PolicyName)) });
  return {};
}

function names({ inlinePolicies }: Pick<PolicyHolder, "inlinePolicies">, page: PageRequest, context: OperationContext) {
  const { items, more } = listed(Object.keys(inlinePolicies), (name) => name, page, context);
  return { PolicyNames: [...items], ...more };
}

export const putUserPolicy = operation("PutUserPolicy", {
  authorize: onUser("PutUserPolicy"),
  run: ({ UserName = "", ...policy }, context) => put(heldByUser(context, UserName), policy),
});

export const getUserPolicy = operation("GetUserPolicy", {
  authorize: onUser("GetUserPolicy"),
  run({ UserName = "", ...policy }, context) {
    const user = requireUser(context, UserName);
    return { UserName: user.name, ...shown("user", user, policy) };
  },
});

export const deleteUserPolicy = operation("DeleteUserPolicy", {
  authorize: onUser("DeleteUserPolicy"),
  run: ({ UserName = "", ...policy }, context) => remove(heldByUser(context, UserName), policy),
});

export const listUserPolicies = operation("ListUserPolicies", {
  authorize: onUser("ListUserPolicies"),
  run: ({ UserName = "", ...page }, context) => names(requireUser(context, UserName), page, context),
});

export const putGroupPolicy = operation("PutGroupPolicy", {
  authorize: onGroup("PutGroupPolicy"),
  run: ({ GroupName = "", ...policy }, context) => put(heldByGroup(context, GroupName), policy),
});

export const getGroupPolicy = operation("GetGroupPolicy", {
  authorize: onGroup("GetGroupPolicy"),
  run({ GroupName = "", ...policy }, context) {
    const group = requireGroup(context, GroupName);
    return { GroupName: group.name, ...shown("group", group, policy) };
  },
});

export const deleteGroupPolicy = operation("DeleteGroupPolicy", {
  authorize: onGroup("DeleteGroupPolicy"),
  run: ({ GroupName = "", ...policy }, context) => remove(heldByGroup(context, GroupName), policy),
});

export const listGroupPolicies = operation("ListGroupPolicies", {
  authorize: onGroup("ListGroupPolicies"),
  run: ({ GroupName = "", ...page }, context) => names(requireGroup(context, GroupName), page, context),
});

export const putRolePolicy = operation("PutRolePolicy", {
  authorize: onRole("PutRolePolicy"),
  run: ({ RoleName = "", ...policy }, context) => put(heldByRole(context, RoleName), policy),
});

export const getRolePolicy = operation("GetRolePolicy", {
  authorize: onRole("GetRolePolicy"),
  run({ RoleName = "", ...policy }, context) {
    const role = requireRole(context, RoleName);
    return { RoleName: role.name, ...shown("role", role, policy) };
  },
});

export const deleteRolePolicy = operation("DeleteRolePolicy", {
  authorize: onRole("DeleteRolePolicy"),
  run: ({ RoleName = "", ...policy }, context) => remove(heldByRole(context, RoleName), policy),
});

export const listRolePolicies = operation("ListRolePolicies", {
  authorize: onRole("ListRolePolicies"),
  run: ({ RoleName = "", ...page }, context) => names(requireRole(context, RoleName), page, context),
});
