import { parseLifecyclePolicy } from "../decide/lifecycle-policy/parse-policy.ts";
import type { LifecycleAction, LifecyclePolicy, StorageClass } from "../decide/lifecycle-policy/policy.ts";
import type { State } from "./state.ts";
import { accountOfKey, defineTable } from "./table.ts";

/** The lifecycle policy of a repository. Times are milliseconds since the Unix epoch. */
export interface LifecyclePolicyRecord {
  /** Its `repositoryKey`. */
  readonly repository: string;
  /** Stays when the policy is replaced, while `version` counts up from 1. */
  readonly id: string;
  readonly version: number;
  /** Checked, without white space, its rules in the order of their priority, as ECR keeps it. */
  readonly text: string;
  /** Absent until it was evaluated for the first time since it was put. */
  readonly lastEvaluatedAt?: number;
}

export const lifecyclePolicies = defineTable<LifecyclePolicyRecord>()(
  "ecr.lifecyclePolicies",
  ({ repository }) => repository,
  ({ repository }) => accountOfKey(repository),
);

/** The latest preview of a repository. The images are those of the moment at which it was made. */
export interface LifecyclePreviewRecord {
  readonly repository: string;
  readonly text: string;
  readonly startedAt: number;
  /** Absent while it is in progress. */
  readonly results?: readonly LifecyclePreviewResult[];
}

export interface LifecyclePreviewResult {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  readonly storageClass: StorageClass;
  readonly action: LifecycleAction;
  readonly rulePriority: number;
}

export const lifecyclePreviews = defineTable<LifecyclePreviewRecord>()(
  "ecr.lifecyclePreviews",
  ({ repository }) => repository,
  ({ repository }) => accountOfKey(repository),
);

/** Gives a repository a policy. @param put.id for a repository that has none yet */
export function putLifecyclePolicy(
  state: State,
  { repository, id, policy }: { readonly repository: string; readonly id: string; readonly policy: LifecyclePolicy },
): LifecyclePolicyRecord {
  const table = state.table(lifecyclePolicies);
  const before = table.get(repository);
  const text = JSON.stringify(policy);
  return state.commit(() => table.put({ repository, id: before?.id ?? id, version: (before?.version ?? 0) + 1, text }));
}

/** The policy of a text that was checked before it was written. @throws Error where it was not */
export function storedLifecyclePolicy(text: string): LifecyclePolicy {
  const parsed = parseLifecyclePolicy(text);
  if ("refusal" in parsed) throw new Error(`a stored lifecycle policy cannot be read: ${parsed.refusal}`);
  return parsed.policy;
}

/** Forgets policy and preview of a repository that goes. */
export function deleteLifecycle(state: State, repository: string): void {
  state.commit(() => {
    state.table(lifecyclePolicies).delete(repository);
    state.table(lifecyclePreviews).delete(repository);
  });
}
