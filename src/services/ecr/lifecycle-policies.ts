import { LifecyclePolicyNotFoundException } from "@aws-sdk/client-ecr";
import { parseLifecyclePolicy } from "../../decide/lifecycle-policy/parse-policy.ts";
import type { LifecyclePolicy } from "../../decide/lifecycle-policy/policy.ts";
import { repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { lifecyclePolicies, putLifecyclePolicy as putPolicyRecord, type LifecyclePolicyRecord } from "../../state/ecr-lifecycle.ts";
import type { State } from "../../state/state.ts";
import { because } from "../operation.ts";
import { invalid, mustHaveLength, onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";

export const putLifecyclePolicy = operation("PutLifecyclePolicy", {
  authorize: onRepository("PutLifecyclePolicy"),
  run(input, context) {
    const { state, ids } = context;
    const repository = requireRepository(input, context);
    const policy = readLifecyclePolicy(input.lifecyclePolicyText);
    const put = putPolicyRecord(state, { repository: repositoryKey(repository, repository.name), id: ids.uuid(), policy });
    return { ...named(repository), lifecyclePolicyText: put.text };
  },
});

export const getLifecyclePolicy = operation("GetLifecyclePolicy", {
  authorize: onRepository("GetLifecyclePolicy"),
  run(input, context) {
    const repository = requireRepository(input, context);
    return policyView(repository, requireLifecyclePolicy(context.state, repository));
  },
});

/** What the policy has done stays done. */
export const deleteLifecyclePolicy = operation("DeleteLifecyclePolicy", {
  authorize: onRepository("DeleteLifecyclePolicy"),
  run(input, context) {
    const { state } = context;
    const repository = requireRepository(input, context);
    const policy = requireLifecyclePolicy(state, repository);
    state.commit(() => state.table(lifecyclePolicies).delete(policy.repository));
    return policyView(repository, policy);
  },
});

/** Source: ECR API Reference, `PutLifecyclePolicy`. @throws InvalidParameterException */
export function readLifecyclePolicy(text = ""): LifecyclePolicy {
  mustHaveLength("lifecyclePolicyText", text, 100, 30_720);
  const parsed = parseLifecyclePolicy(text);
  if ("refusal" in parsed) throw invalid("LifecyclePolicyText", `Lifecycle policy validation failure: ${parsed.refusal}`);
  return parsed.policy;
}

/** @throws LifecyclePolicyNotFoundException */
export function requireLifecyclePolicy(state: State, { account, region, name }: RepositoryRecord): LifecyclePolicyRecord {
  const found = state.table(lifecyclePolicies).get(repositoryKey({ account, region }, name));
  if (found) return found;
  throw new LifecyclePolicyNotFoundException(
    because(`Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${account}'`),
  );
}

export function named({ account, name }: RepositoryRecord): { readonly registryId: string; readonly repositoryName: string } {
  return { registryId: account, repositoryName: name };
}

/** One that was never evaluated was so at the beginning of time, as on AWS. */
function policyView(repository: RepositoryRecord, { text, lastEvaluatedAt = 0 }: LifecyclePolicyRecord) {
  return { ...named(repository), lifecyclePolicyText: text, lastEvaluatedAt: new Date(lastEvaluatedAt) };
}
