import type { ConditionContext, OperationContext } from "../operation.ts";
import { requireGroup, requireRole, requireUser } from "./find.ts";
import { missing, onGroup, onRole, onUser, operation, refuse } from "./iam-operation.ts";
import { listed, type PageRequest } from "./listing.ts";
import { attachedPolicies, findManagedPolicy, requireAttachable } from "./managed-policy.ts";
import { heldByGroup, heldByRole, heldByUser, type PolicyHolder } from "./policy-holder.ts";
import { refuseBeyond } from "./quotas.ts";
import { arnRules, policyPathRules } from "./rules.ts";

interface Named {
  readonly PolicyArn?: string | undefined;
}

const policyContext = ({ PolicyArn }: Named): ConditionContext => ({ "iam:PolicyARN": PolicyArn });

const QUOTA = { user: "PoliciesPerUser", group: "PoliciesPerGroup", role: "PoliciesPerRole" } as const;

/** Attaching again is no error. */
function attach(context: OperationContext, holder: PolicyHolder, { PolicyArn = "" }: Named): Record<string, never> {
  refuse(...arnRules("policyArn", PolicyArn));
  requireAttachable(context, PolicyArn);
  if (holder.attachedPolicies.includes(PolicyArn)) return {};
  refuseBeyond(QUOTA[holder.kind], holder.attachedPolicies.length + 1);
  holder.save({ attachedPolicies: [...holder.attachedPolicies, PolicyArn] });
  return {};
}

function detach(holder: PolicyHolder, { PolicyArn = "" }: Named): Record<string, never> {
  refuse(...arnRules("policyArn", PolicyArn));
  if (!holder.attachedPolicies.includes(PolicyArn)) throw missing(`Policy ${PolicyArn} was not found.`);
  holder.save({ attachedPolicies: holder.attachedPolicies.filter((arn) => arn !== PolicyArn) });
  return {};
}

interface AttachedPage extends PageRequest {
  readonly PathPrefix?: string | undefined;
}

function attachedTo(held: Pick<PolicyHolder, "attachedPolicies">, { PathPrefix = "/", ...page }: AttachedPage, context: OperationContext) {
  refuse(...policyPathRules(PathPrefix, "pathPrefix"));
  const under = held.attachedPolicies.filter((arn) => findManagedPolicy(context, arn)?.path.startsWith(PathPrefix) ?? PathPrefix === "/");
  const { items, more } = listed(under, (arn) => arn, page, context);
  return { AttachedPolicies: attachedPolicies(context, items), ...more };
}

export const attachUserPolicy = operation("AttachUserPolicy", {
  authorize: onUser("AttachUserPolicy", policyContext),
  run: ({ UserName = "", ...policy }, context) => attach(context, heldByUser(context, UserName), policy),
});

export const detachUserPolicy = operation("DetachUserPolicy", {
  authorize: onUser("DetachUserPolicy", policyContext),
  run: ({ UserName = "", ...policy }, context) => detach(heldByUser(context, UserName), policy),
});

export const listAttachedUserPolicies = operation("ListAttachedUserPolicies", {
  authorize: onUser("ListAttachedUserPolicies"),
  run: ({ UserName = "", ...page }, context) => attachedTo(requireUser(context, UserName), page, context),
});

export const attachGroupPolicy = operation("AttachGroupPolicy", {
  authorize: onGroup("AttachGroupPolicy", policyContext),
  run: ({ GroupName = "", ...policy }, context) => attach(context, heldByGroup(context, GroupName), policy),
});

export const detachGroupPolicy = operation("DetachGroupPolicy", {
  authorize: onGroup("DetachGroupPolicy", policyContext),
  run: ({ GroupName = "", ...policy }, context) => detach(heldByGroup(context, GroupName), policy),
});

export const listAttachedGroupPolicies = operation("ListAttachedGroupPolicies", {
  authorize: onGroup("ListAttachedGroupPolicies"),
  run: ({ GroupName = "", ...page }, context) => attachedTo(requireGroup(context, GroupName), page, context),
});

export const attachRolePolicy = operation("AttachRolePolicy", {
  authorize: onRole("AttachRolePolicy", policyContext),
  run: ({ RoleName = "", ...policy }, context) => attach(context, heldByRole(context, RoleName), policy),
});

export const detachRolePolicy = operation("DetachRolePolicy", {
  authorize: onRole("DetachRolePolicy", policyContext),
  run: ({ RoleName = "", ...policy }, context) => detach(heldByRole(context, RoleName), policy),
});

export const listAttachedRolePolicies = operation("ListAttachedRolePolicies", {
  authorize: onRole("ListAttachedRolePolicies"),
  run: ({ RoleName = "", ...page }, context) => attachedTo(requireRole(context, RoleName), page, context),
});
