import { DeleteConflictException, LimitExceededException, type PolicyVersion } from "@aws-sdk/client-iam";
import { policies, type PolicyVersionRecord } from "../../state/iam.ts";
import { matches } from "../constraints.ts";
import { because } from "../operation.ts";
import { refuseManagedDocument } from "./documents.ts";
import { requirePolicy } from "./find.ts";
import { missing, onPolicy, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { requireManagedPolicy, type ManagedPolicy } from "./managed-policy.ts";

export const MOST_VERSIONS = 5;

function shown(version: PolicyVersionRecord, { defaultVersionId }: Pick<ManagedPolicy, "defaultVersionId">): PolicyVersion {
  return { VersionId: version.id, IsDefaultVersion: version.id === defaultVersionId, CreateDate: new Date(version.createdAt) };
}

/** With its document, percent-encoded. Source: IAM API, "PolicyVersion". */
export function shownVersion(version: PolicyVersionRecord, policy: Pick<ManagedPolicy, "defaultVersionId">): PolicyVersion {
  return { Document: encodeURIComponent(version.document), ...shown(version, policy) };
}

function requireVersion({ arn, versions }: Pick<ManagedPolicy, "arn" | "versions">, id: string): PolicyVersionRecord {
  refuse(matches("versionId", id, /^v[1-9]\d*(\.[A-Za-z0-9-]*)?$/, "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"));
  const version = versions.find((one) => one.id === id);
  if (!version) throw missing(`Policy ${arn} version ${id} does not exist or is not attachable.`);
  return version;
}

export const createPolicyVersion = operation("CreatePolicyVersion", {
  authorize: onPolicy("CreatePolicyVersion"),
  run({ PolicyArn = "", PolicyDocument: document = "", SetAsDefault = false }, context) {
    const { state, now } = context;
    const policy = requirePolicy(context, PolicyArn);
    refuseManagedDocument(document);
    if (policy.versions.length >= MOST_VERSIONS) {
      const text = `A managed policy can have up to ${MOST_VERSIONS} versions. Before you create a new version, you must delete an existing version.`;
      throw new LimitExceededException(because(text));
    }
    const version = { id: `v${policy.nextVersion}`, document, createdAt: now };
    const changed = {
      ...policy,
      versions: [...policy.versions, version],
      nextVersion: policy.nextVersion + 1,
      ...(SetAsDefault ? { defaultVersionId: version.id } : {}),
      updatedAt: now,
    };
    state.commit(() => state.table(policies).put(changed));
    return { PolicyVersion: shown(version, changed) };
  },
});

export const getPolicyVersion = operation("GetPolicyVersion", {
  authorize: onPolicy("GetPolicyVersion"),
  run({ PolicyArn = "", VersionId = "" }, context) {
    const policy = requireManagedPolicy(context, PolicyArn);
    return { PolicyVersion: shownVersion(requireVersion(policy, VersionId), policy) };
  },
});

/** Newest first, as on AWS. */
export const listPolicyVersions = operation("ListPolicyVersions", {
  authorize: onPolicy("ListPolicyVersions"),
  run({ PolicyArn = "", ...page }, context) {
    const policy = requireManagedPolicy(context, PolicyArn);
    const newestFirst = ({ id }: PolicyVersionRecord): string => String(1e9 - Number(id.slice(1)));
    const { items, more } = listed(policy.versions, newestFirst, page, context);
    return { Versions: items.map((version) => shown(version, policy)), ...more };
  },
});

export const setDefaultPolicyVersion = operation("SetDefaultPolicyVersion", {
  authorize: onPolicy("SetDefaultPolicyVersion"),
  run({ PolicyArn = "", VersionId = "" }, context) {
    const policy = requirePolicy(context, PolicyArn);
    const { id } = requireVersion(policy, VersionId);
    context.state.commit(() => context.state.table(policies).put({ ...policy, defaultVersionId: id }));
    return {};
  },
});

export const deletePolicyVersion = operation("DeletePolicyVersion", {
  authorize: onPolicy("DeletePolicyVersion"),
  run({ PolicyArn = "", VersionId = "" }, context) {
    const policy = requirePolicy(context, PolicyArn);
    const { id } = requireVersion(policy, VersionId);
    if (id === policy.defaultVersionId) throw new DeleteConflictException(because("Cannot delete the default version of a policy."));
    const versions = policy.versions.filter((version) => version.id !== id);
    context.state.commit(() => context.state.table(policies).put({ ...policy, versions }));
    return {};
  },
});
