import { scopeKey } from "../../domain/scope.ts";
import {
  backfillItemKey,
  backfillItems,
  backfills,
  KEPT_MS,
  UNDER_WAY,
  type BackfillItemRecord,
  type BackfillRecord,
} from "../../state/ecr-replication-backfills.ts";
import { destinationsOf } from "../../state/ecr-replication.ts";
import { listedBy } from "../../state/ecr-images.ts";
import { images, repositories, repositoryKey } from "../../state/ecr.ts";
import { loop, records, type Needs, type Waking } from "../loop.ts";
import { replicateImage, type ReplicationParts } from "./replicate-image.ts";

/** Source: Amazon ECR User Guide, "Replication backfill": it fails by itself when half of the replications or more did, of a hundred at least. */
const JUDGED_AFTER = 100;

/**
 * Carries backfills out: PREPARING finds what is to be replicated, IN_PROGRESS replicates one image after the other. Each image is a commit
 * of its own, so that a restart goes on where it was, and STOPPING ends after the image under way.
 */
export const replicationBackfills = loop("replication backfill", (parts: ReplicationParts & Needs, stopping) => {
  const { state, clock } = parts;
  const table = state.table(backfills);
  const items = state.table(backfillItems);

  async function step(id: string, waking: Waking): Promise<void> {
    const record = table.get(id);
    if (!record) return;
    if (!UNDER_WAY.includes(record.status)) return forgetInTime(record, waking);
    if (record.status === "PREPARING") state.commit(() => prepare(record));
    const all = items.by("backfill", id);
    const tally = { processed: 0, failed: 0 };
    for (const { status } of all) count(tally, status);
    for (const item of all) {
      if (item.status !== "WAITING") continue;
      if (stopping.aborted) return;
      if (table.get(id)?.status !== "IN_PROGRESS") break;
      const done = await replicate(item, record);
      count(tally, done.status);
      state.commit(() => {
        items.replace(item, done);
        judge(id, tally);
      });
      await state.durable();
    }
    state.commit(() => end(id));
    await state.durable();
  }

  function prepare(record: BackfillRecord): void {
    const { id, account, region, destination } = record;
    for (const repository of state.table(repositories).by("scope", scopeKey({ account, region }))) {
      const goes = destinationsOf(state, repository).some(
        (other) => other.region === destination.region && other.registryId === destination.registryId,
      );
      if (!goes) continue;
      for (const image of state.table(images).by("repository", repositoryKey(repository, repository.name))) {
        // An image that only its index names goes with it.
        if (image.tags.length === 0 && listedBy(state, image).length > 0) continue;
        const item = { backfill: id, repository: image.repository, digest: image.digest, status: "WAITING" } as const;
        if (image.tags.length === 0) items.insert(item);
        for (const tag of image.tags) items.insert({ ...item, tag });
      }
    }
    table.replace(record, { ...record, status: "IN_PROGRESS" });
  }

  async function replicate(item: BackfillItemRecord, { destination }: BackfillRecord): Promise<BackfillItemRecord> {
    const source = state.table(repositories).get(item.repository);
    const tags = item.tag === undefined ? [] : [item.tag];
    const outcome = source
      ? await replicateImage({ ...parts, stopping }, source, { digest: item.digest, tags }, destination)
      : { failureCode: "RepositoryNotFoundException" };
    const { failureCode, listed } = outcome;
    if (failureCode === undefined) return { ...item, status: "COMPLETE" };
    return { ...item, status: "FAILED", failureCode, ...(listed && { listed }) };
  }

  function judge(id: string, { processed, failed }: Tally): void {
    const record = table.get(id);
    if (record?.status === "IN_PROGRESS" && processed >= JUDGED_AFTER && failed * 2 >= processed)
      table.replace(record, { ...record, status: "FAILED", failureCode: "TooManyFailures", endedAt: clock.now() });
  }

  function end(id: string): void {
    const record = table.get(id);
    if (record?.status === "STOPPING") table.replace(record, { ...record, status: "STOPPED", endedAt: clock.now() });
    if (record?.status === "IN_PROGRESS") table.replace(record, { ...record, status: "COMPLETE", endedAt: clock.now() });
  }

  function forgetInTime({ id, endedAt = clock.now() }: BackfillRecord, { wakeAt }: Waking): void {
    const over = endedAt + KEPT_MS;
    if (clock.now() < over) return wakeAt(id, over);
    state.commit(() => {
      for (const item of items.by("backfill", id)) items.delete(backfillItemKey(item));
      table.delete(id);
    });
  }

  return { watches: [records(backfills, ({ after }) => after !== undefined)], step };
});

interface Tally {
  processed: number;
  failed: number;
}

function count(tally: Tally, status: BackfillItemRecord["status"]): void {
  if (status !== "WAITING") tally.processed += 1;
  if (status === "FAILED") tally.failed += 1;
}
