import { evaluateLifecyclePolicy } from "../../decide/lifecycle-policy/evaluate.ts";
import { lifecyclePolicies, storedLifecyclePolicy } from "../../state/ecr-lifecycle.ts";
import { imageKey, images, repositories, type ImageRecord } from "../../state/ecr.ts";
import { changes, loop, records, type Needs, type Waking } from "../loop.ts";
import { Arrivals } from "./arrivals.ts";
import { carryOut, followSubjects } from "./carry-out.ts";
import { executionEvents } from "./execution-event.ts";

/** A push is often one of several: evaluation waits so long after the first one. */
export const SETTLE_MS = 1_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Evaluates lifecycle policies and carries them out: when one is put, at once; when images are pushed, lose or gain tags, a second later;
 * and each day. Where AWS says "within 24 hours", it is done in seconds here.
 */
export const lifecyclePolicyLoop = loop("lifecycle policies", ({ state, clock, ids, audit, logger }: Needs<"ids" | "audit">) => {
  const arrivals = new Arrivals();
  const settling = new Set<string>();
  /** The digests that were deleted in a repository since its last step. */
  const deleted = new Map<string, Set<string>>();

  async function step(key: string, { wakeAt }: Waking): Promise<void> {
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
    wakeAt(key, Math.min(now + DAY_MS, ...arriving.map((image) => arrivals.end(image))));
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

  function settle(repository: string, { wakeAt }: Waking): void {
    if (settling.has(repository) || !state.table(lifecyclePolicies).has(repository)) return;
    settling.add(repository);
    wakeAt(repository, clock.now() + SETTLE_MS);
  }

  /** Matters where artifacts refer to the image. */
  function noteDeletion(image: ImageRecord | undefined, waking: Waking): void {
    if (!image || state.table(images).by("subject", imageKey(image.repository, image.digest)).length === 0) return;
    const { repository, digest } = image;
    if (!state.table(lifecyclePolicies).has(repository)) return;
    const known = deleted.get(repository);
    if (known) known.add(digest);
    else deleted.set(repository, new Set([digest]));
    settle(repository, waking);
  }

  return {
    watches: [
      // Of the changes, only a new policy concerns us; the others are our own.
      records(
        lifecyclePolicies,
        ({ before, after }) => after !== undefined && (before === undefined || after.lastEvaluatedAt === undefined),
      ),
      changes(images, ({ before, after }, waking) => {
        arrivals.note(before, after);
        if (!after) noteDeletion(before, waking);
        else if (before?.tags !== after.tags || before.status !== after.status) settle(after.repository, waking);
      }),
    ],
    step,
  };
});

function without(all: readonly ImageRecord[], some: readonly ImageRecord[]): readonly ImageRecord[] {
  if (some.length === 0) return all;
  const left = new Set(some.map((image) => imageKey(image.repository, image.digest)));
  return all.filter((image) => !left.has(imageKey(image.repository, image.digest)));
}
