import { evaluateLifecyclePolicy } from "../../decide/lifecycle-policy/evaluate.ts";
import type { AuditLog } from "../../ports/audit-log.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { Logger } from "../../ports/logger.ts";
import { lifecyclePolicies, lifecyclePreviews, storedLifecyclePolicy } from "../../state/ecr-lifecycle.ts";
import { imageKey, images, repositories, type ImageRecord } from "../../state/ecr.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import { Arrivals } from "./arrivals.ts";
import { carryOut, followSubjects } from "./carry-out.ts";
import { executionEvents } from "./execution-event.ts";

export interface LifecycleParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audit: AuditLog;
  readonly logger: Logger;
}

/** A push is often one of several: evaluation waits so long after the first one. */
export const SETTLE_MS = 1_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Evaluates lifecycle policies and carries them out: when one is put, at once; when images are pushed, lose or gain tags, a second later;
 * and each day. Where AWS says "within 24 hours", it is done in seconds here. Previews are made as soon as they are asked for.
 */
export function lifecycleLoop({ state, clock, ids, audit, logger }: LifecycleParts): AsyncDisposable {
  const policyWorker = keyedWorker("lifecycle policies", evaluate, clock, logger);
  const previewWorker = keyedWorker("lifecycle policy previews", preview, clock, logger);
  const arrivals = new Arrivals();
  const settling = new Set<string>();
  /** The digests that were deleted in a repository since its last step. */
  const deleted = new Map<string, Set<string>>();

  async function evaluate(key: string): Promise<void> {
    settling.delete(key);
    const gone = deleted.get(key) ?? [];
    deleted.delete(key);
    const record = state.table(lifecyclePolicies).get(key);
    const repository = state.table(repositories).get(key);
    if (!record || !repository) return;
    const now = clock.now();
    const policy = storedLifecyclePolicy(record.text);
    const followed = followSubjects(state, key, gone, now);
    const all = state.table(images).by("repository", key);
    // Who puts a policy wants it applied to what is there; after a push, the rest of the push may still be on its way.
    const arriving = record.lastEvaluatedAt === undefined ? [] : arrivals.among(all, now);
    const steps = evaluateLifecyclePolicy(policy, without(all, arriving), now);
    state.commit(() => {
      carryOut(state, steps, now);
      state.table(lifecyclePolicies).update(key, (current) => ({ ...current, lastEvaluatedAt: now }));
    });
    policyWorker.wakeAt(key, Math.min(now + DAY_MS, ...arriving.map((image) => arrivals.end(image))));
    await state.durable();
    if (followed.expired.length + followed.archived.length > 0)
      logger.info("artifacts went where their subjects went", {
        repository: repository.arn,
        expired: followed.expired.length,
        archived: followed.archived.length,
      });
    if (steps.length === 0) return;
    for (const event of executionEvents({ repository, record, policy, steps, at: now }, () => ids.uuid())) audit.append(event);
    const expired = steps.filter(({ action }) => action.type === "expire").length;
    logger.info("a lifecycle policy was carried out", { repository: repository.arn, expired, archived: steps.length - expired });
  }

  async function preview(key: string): Promise<void> {
    const record = state.table(lifecyclePreviews).get(key);
    if (!record || record.results) return;
    const steps = evaluateLifecyclePolicy(storedLifecyclePolicy(record.text), state.table(images).by("repository", key), clock.now());
    const results = steps.map(({ image: { digest, tags, pushedAt, status }, action, rulePriority }) => ({
      digest,
      tags,
      pushedAt,
      storageClass: status === "ARCHIVED" ? ("archive" as const) : ("standard" as const),
      action,
      rulePriority,
    }));
    state.commit(() => state.table(lifecyclePreviews).put({ ...record, results }));
    await state.durable();
  }

  function settle(repository: string): void {
    if (settling.has(repository) || !state.table(lifecyclePolicies).has(repository)) return;
    settling.add(repository);
    policyWorker.wakeAt(repository, clock.now() + SETTLE_MS);
  }

  const watches = [
    state.watch(lifecyclePolicies, ({ key, after }) => {
      if (after && after.lastEvaluatedAt === undefined) policyWorker.wake(key);
    }),
    state.watch(lifecyclePreviews, ({ key, after }) => {
      if (after && !after.results) previewWorker.wake(key);
    }),
    state.watch(images, ({ before, after }) => {
      arrivals.note(before, after);
      if (!after) noteDeletion(before);
      else if (before?.tags !== after.tags || before.status !== after.status) settle(after.repository);
    }),
  ];

  /** Matters where artifacts refer to the image. */
  function noteDeletion(image: ImageRecord | undefined): void {
    if (!image || state.table(images).by("subject", imageKey(image.repository, image.digest)).length === 0) return;
    const { repository, digest } = image;
    if (!state.table(lifecyclePolicies).has(repository)) return;
    const known = deleted.get(repository);
    if (known) known.add(digest);
    else deleted.set(repository, new Set([digest]));
    settle(repository);
  }

  for (const { repository } of state.table(lifecyclePolicies).values()) policyWorker.wake(repository);
  for (const { repository } of state.table(lifecyclePreviews).values()) previewWorker.wake(repository);

  return {
    async [Symbol.asyncDispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
      await Promise.all([policyWorker[Symbol.asyncDispose](), previewWorker[Symbol.asyncDispose]()]);
    },
  };
}

function without(all: readonly ImageRecord[], some: readonly ImageRecord[]): readonly ImageRecord[] {
  if (some.length === 0) return all;
  const left = new Set(some.map((image) => imageKey(image.repository, image.digest)));
  return all.filter((image) => !left.has(imageKey(image.repository, image.digest)));
}
