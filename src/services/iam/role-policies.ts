import { NoSuchEntityException } from "@aws-sdk/client-iam";
import { policies, roles } from "../../state/iam.ts";
import { because } from "../operation.ts";
import { isAwsManaged, listed, nameRules, onRole, operation, refuse, refuseDocument, requirePolicy, requireRole } from "./entity.ts";

export const attachRolePolicy = operation("AttachRolePolicy", {
  authorize: onRole("AttachRolePolicy"),
  run({ RoleName = "", PolicyArn = "" }, context) {
    const role = requireRole(context, RoleName);
    if (!isAwsManaged(PolicyArn)) requirePolicy(context, PolicyArn);
    // Attaching again is no error.
    if (!role.attachedPolicies.includes(PolicyArn))
      context.state.commit(() => context.state.table(roles).put({ ...role, attachedPolicies: [...role.attachedPolicies, PolicyArn] }));
    return {};
  },
});

export const detachRolePolicy = operation("DetachRolePolicy", {
  authorize: onRole("DetachRolePolicy"),
  run({ RoleName = "", PolicyArn = "" }, context) {
    const role = requireRole(context, RoleName);
    if (!role.attachedPolicies.includes(PolicyArn)) throw new NoSuchEntityException(because(`Policy ${PolicyArn} was not found.`));
    const attachedPolicies = role.attachedPolicies.filter((arn) => arn !== PolicyArn);
    context.state.commit(() => context.state.table(roles).put({ ...role, attachedPolicies }));
    return {};
  },
});

export const listAttachedRolePolicies = operation("ListAttachedRolePolicies", {
  authorize: onRole("ListAttachedRolePolicies"),
  run(input, context) {
    const role = requireRole(context, input.RoleName ?? "");
    const { items, more } = listed(role.attachedPolicies, (arn) => arn, input, context);
    const nameOf = (arn: string): string => context.state.table(policies).get(arn)?.name ?? arn.slice(arn.lastIndexOf("/") + 1);
    return { AttachedPolicies: items.map((arn) => ({ PolicyName: nameOf(arn), PolicyArn: arn })), ...more };
  },
});

export const putRolePolicy = operation("PutRolePolicy", {
  authorize: onRole("PutRolePolicy"),
  run({ RoleName = "", PolicyName = "", PolicyDocument = "" }, context) {
    refuse(...nameRules("policyName", PolicyName, 128));
    const role = requireRole(context, RoleName);
    refuseDocument(PolicyDocument);
    // fromEntries, so that a name such as __proto__ is only a name.
    const inlinePolicies = Object.fromEntries([
      ...Object.entries(role.inlinePolicies).filter(([name]) => name !== PolicyName),
      [PolicyName, PolicyDocument],
    ]);
    context.state.commit(() => context.state.table(roles).put({ ...role, inlinePolicies }));
    return {};
  },
});

function noInlinePolicy(name: string): NoSuchEntityException {
  return new NoSuchEntityException(because(`The role policy with name ${name} cannot be found.`));
}

export const getRolePolicy = operation("GetRolePolicy", {
  authorize: onRole("GetRolePolicy"),
  run({ RoleName = "", PolicyName = "" }, context) {
    const role = requireRole(context, RoleName);
    const document = Object.hasOwn(role.inlinePolicies, PolicyName) ? role.inlinePolicies[PolicyName] : undefined;
    if (document === undefined) throw noInlinePolicy(PolicyName);
    return { RoleName: role.name, PolicyName, PolicyDocument: encodeURIComponent(document) };
  },
});

export const deleteRolePolicy = operation("DeleteRolePolicy", {
  authorize: onRole("DeleteRolePolicy"),
  run({ RoleName = "", PolicyName = "" }, context) {
    const role = requireRole(context, RoleName);
    if (!Object.hasOwn(role.inlinePolicies, PolicyName)) throw noInlinePolicy(PolicyName);
    const inlinePolicies = Object.fromEntries(Object.entries(role.inlinePolicies).filter(([name]) => name !== PolicyName));
    context.state.commit(() => context.state.table(roles).put({ ...role, inlinePolicies }));
    return {};
  },
});

export const listRolePolicies = operation("ListRolePolicies", {
  authorize: onRole("ListRolePolicies"),
  run(input, context) {
    const { items, more } = listed(Object.keys(requireRole(context, input.RoleName ?? "").inlinePolicies), (name) => name, input, context);
    return { PolicyNames: [...items], ...more };
  },
});
