import { DeleteConflictException, NoSuchEntityException, type Policy } from "@aws-sdk/client-iam";
import { defaultVersion, policies, roles, type PolicyRecord } from "../../state/iam.ts";
import { because, defined, type OperationContext } from "../operation.ts";
import {
  alreadyExists,
  iamArn,
  nameRules,
  onPolicy,
  operation,
  pathRules,
  refuse,
  refuseDocument,
  refuseTags,
  requirePolicy,
} from "./entity.ts";

export const createPolicy = operation("CreatePolicy", {
  authorize: ({ PolicyName, Path }, at) => ({
    action: "iam:CreatePolicy",
    resource: iamArn(at, `policy${Path ?? "/"}${PolicyName ?? "*"}`),
  }),
  run(input, context) {
    const { state, account, ids, now } = context;
    const { PolicyName: name = "", Path: path = "/", PolicyDocument: document = "" } = input;
    refuse(...nameRules("policyName", name, 128), ...pathRules(path));
    refuseDocument(document);
    refuseTags(input.Tags ?? []);
    if (
      state
        .table(policies)
        .by("account", account)
        .some((policy) => policy.name.toLowerCase() === name.toLowerCase())
    )
      throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
    const policy: PolicyRecord = {
      id: `ANPA${ids.alphanumeric(17).toUpperCase()}`,
      arn: iamArn(context, `policy${path}${name}`),
      name,
      path,
      account,
      ...defined({ description: input.Description }),
      versions: [{ id: "v1", document, createdAt: now }],
      defaultVersionId: "v1",
      nextVersion: 2,
      tags: input.Tags ?? [],
      createdAt: now,
      updatedAt: now,
    };
    state.commit(() => state.table(policies).put(policy));
    return { Policy: shown(policy, context) };
  },
});

function shown(policy: PolicyRecord, { state }: OperationContext): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: "v1",
    AttachmentCount: state.table(roles).by("policy", policy.arn).length,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    ...defined({ Description: policy.description }),
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.createdAt),
    Tags: [...policy.tags],
  };
}

export const getPolicy = operation("GetPolicy", {
  authorize: onPolicy("GetPolicy"),
  run: ({ PolicyArn = "" }, context) => ({ Policy: shown(requirePolicy(context, PolicyArn), context) }),
});

export const getPolicyVersion = operation("GetPolicyVersion", {
  authorize: onPolicy("GetPolicyVersion"),
  run({ PolicyArn = "", VersionId = "" }, context) {
    const policy = requirePolicy(context, PolicyArn);
    if (VersionId !== "v1")
      throw new NoSuchEntityException(because(`Policy ${PolicyArn} version ${VersionId} does not exist or is not attachable.`));
    return {
      PolicyVersion: {
        Document: encodeURIComponent(defaultVersion(policy).document),
        VersionId: "v1",
        IsDefaultVersion: true,
        CreateDate: new Date(policy.createdAt),
      },
    };
  },
});

/** A policy keeps the version that it was made with until versions can be added. */
export const listPolicyVersions = operation("ListPolicyVersions", {
  authorize: onPolicy("ListPolicyVersions"),
  run({ PolicyArn = "" }, context) {
    const { createdAt } = requirePolicy(context, PolicyArn);
    return { Versions: [{ VersionId: "v1", IsDefaultVersion: true, CreateDate: new Date(createdAt) }], IsTruncated: false };
  },
});

export const deletePolicy = operation("DeletePolicy", {
  authorize: onPolicy("DeletePolicy"),
  run({ PolicyArn = "" }, context) {
    const policy = requirePolicy(context, PolicyArn);
    if (context.state.table(roles).by("policy", policy.arn).length > 0)
      throw new DeleteConflictException(because("Cannot delete a policy attached to entities."));
    context.state.commit(() => context.state.table(policies).delete(policy.arn));
    return {};
  },
});
