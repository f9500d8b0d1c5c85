import type { LifecycleAction, StorageClass } from "../decide/lifecycle-policy/policy.ts";
import type { State } from "./state.ts";
import { defineTable } from "./table.ts";

/** The lifecycle policy of a repository. Times are milliseconds since the Unix epoch. */
export interface LifecyclePolicyRecord {
  /** Its `repositoryKey`. */
  readonly repository: string;
  /** Stays when the policy is replaced, while `version` counts up from 1. */
  readonly id: string;
  readonly version: number;
  /** As `parseLifecyclePolicy` gives it: checked, and with its rules in the order of their priority. */
  readonly text: string;
  /** Absent until it was evaluated for the first time since it was put. */
  readonly lastEvaluatedAt?: number;
}

export const lifecyclePolicies = defineTable<LifecyclePolicyRecord>()("ecr.lifecyclePolicies", ({ repository }) => repository);

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

export const lifecyclePreviews = defineTable<LifecyclePreviewRecord>()("ecr.lifecyclePreviews", ({ repository }) => repository);

/** Gives a repository a policy. @param policy.id for a repository that has none yet @param policy.text what `parseLifecyclePolicy` read, as JSON */
export function putLifecyclePolicy(state: State, policy: Pick<LifecyclePolicyRecord, "repository" | "id" | "text">): void {
  const table = state.table(lifecyclePolicies);
  const { repository, text } = policy;
  const { id, version } = table.get(repository) ?? { id: policy.id, version: 0 };
  state.commit(() => table.put({ repository, id, version: version + 1, text }));
}

/** Forgets policy and preview of a repository that goes. */
export function deleteLifecycle(state: State, repository: string): void {
  state.commit(() => {
    state.table(lifecyclePolicies).delete(repository);
    state.table(lifecyclePreviews).delete(repository);
  });
}
