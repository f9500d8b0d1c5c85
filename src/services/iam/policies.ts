import { DeleteConflictException } from "@aws-sdk/client-iam";
import { policies, type PolicyRecord } from "../../state/iam.ts";
import { lengthWithin, oneOf } from "../constraints.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { refuseManagedDocument } from "./documents.ts";
import { requirePolicy } from "./find.ts";
import { alreadyExists, iamArn, onAccount, onPolicy, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import {
  attachmentCount,
  boundaryCount,
  describedPolicy,
  ownPolicies,
  policiesOfAws,
  requireManagedPolicy,
  shownPolicy,
} from "./managed-policy.ts";
import { refuseBeyond } from "./quotas.ts";
import { nameRules, policyPathRules } from "./rules.ts";
import { refuseTags, tagContext } from "./tags.ts";
import { uniqueId } from "./unique-id.ts";

export const createPolicy = operation("CreatePolicy", {
  authorize(input, at) {
    const resource = iamArn(at, `policy${input.Path ?? "/"}${input.PolicyName ?? "*"}`);
    const context = tagContext(input);
    const create = { action: "iam:CreatePolicy", resource, context };
    // Who tags while creating has to be allowed both. Source: IAM User Guide, "Tags for customer managed policies".
    return input.Tags?.length ? [create, { action: "iam:TagPolicy", resource, context }] : create;
  },
  run(input, context) {
    const { state, account, ids, now } = context;
    const { PolicyName: name = "", Path: path = "/", PolicyDocument: document = "", Description: description, Tags: tags = [] } = input;
    refuse(...nameRules("policyName", name, 128), ...policyPathRules(path), lengthWithin("description", description, 0, 1000));
    refuseTags(tags);
    refuseManagedDocument(document);
    const own = ownPolicies(context);
    if (own.some((policy) => policy.name.toLowerCase() === name.toLowerCase()))
      throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
    refuseBeyond("PoliciesPerAccount", own.length + 1);
    const policy: PolicyRecord = {
      id: uniqueId(ids, "ANPA"),
      arn: iamArn(context, `policy${path}${name}`),
      name,
      path,
      account,
      ...defined({ description }),
      versions: [{ id: "v1", document, createdAt: now }],
      defaultVersionId: "v1",
      nextVersion: 2,
      tags,
      createdAt: now,
      updatedAt: now,
    };
    state.commit(() => state.table(policies).put(policy));
    // Unlike GetPolicy, it leaves the description out, and the tags where there are none.
    const shown = shownPolicy({ owner: "customer", ...policy }, context);
    return { Policy: tags.length > 0 ? { ...shown, Tags: [...tags] } : shown };
  },
});

export const getPolicy = operation("GetPolicy", {
  authorize: onPolicy("GetPolicy"),
  run: ({ PolicyArn = "" }, context) => ({ Policy: describedPolicy(requireManagedPolicy(context, PolicyArn), context) }),
});

export const listPolicies = operation("ListPolicies", {
  authorize: onAccount("ListPolicies"),
  run({ Scope = "All", OnlyAttached = false, PathPrefix = "/", PolicyUsageFilter, ...page }, context) {
    refuse(
      oneOf("scope", Scope, ["All", "AWS", "Local"]),
      oneOf("policyUsageFilter", PolicyUsageFilter, ["PermissionsPolicy", "PermissionsBoundary"]),
      ...policyPathRules(PathPrefix, "pathPrefix"),
    );
    const count = PolicyUsageFilter === "PermissionsBoundary" ? boundaryCount : attachmentCount;
    const used = OnlyAttached || PolicyUsageFilter !== undefined;
    const found = [...(Scope === "AWS" ? [] : ownPolicies(context)), ...(Scope === "Local" ? [] : policiesOfAws(context))].filter(
      ({ path, arn }) => path.startsWith(PathPrefix) && (!used || count(context, arn) > 0),
    );
    const { items, more } = listed(found, ({ name, owner }) => `${name}/${owner}`, page, context);
    return { Policies: items.map((policy) => shownPolicy(policy, context)), ...more };
  },
});

export const deletePolicy = operation("DeletePolicy", {
  authorize: onPolicy("DeletePolicy"),
  run({ PolicyArn = "" }, context) {
    const policy = requirePolicy(context, PolicyArn);
    if (attachmentCount(context, policy.arn) + boundaryCount(context, policy.arn) > 0)
      throw new DeleteConflictException(because("Cannot delete a policy attached to entities."));
    if (policy.versions.length > 1) {
      const text =
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";
      throw new DeleteConflictException(because(text));
    }
    context.state.commit(() => context.state.table(policies).delete(policy.arn));
    return {};
  },
});
