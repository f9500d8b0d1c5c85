import { replications, type ReplicationRecord } from "../../state/ecr-replication.ts";
import { imageKey, images, repositories } from "../../state/ecr.ts";
import { changes, loop, records, type Needs } from "../loop.ts";
import { replicateImage, type ReplicationParts } from "./replicate-image.ts";

/** Images that are copied at the same time: the disk is shared with pushes and pulls. */
const AT_ONCE = 4;

/**
 * Replicates what was pushed. Each push has left a record; one that is IN_PROGRESS is carried out, again after a restart, until it is
 * COMPLETE or has FAILED for a reason that trying again does not change. Deletions are not replicated.
 */
export const replication = loop("replication", (parts: ReplicationParts & Needs, stopping) => {
  const { state, logger } = parts;
  const table = state.table(replications);

  async function step(key: string): Promise<void> {
    const record = table.get(key);
    if (record?.status !== "IN_PROGRESS") return;
    const source = state.table(repositories).get(record.repository);
    const outcome = source
      ? await replicateImage({ ...parts, stopping }, source, record, record)
      : { failureCode: "ImageNotFoundException" };
    // What was pushed meanwhile is another round, and the worker has been woken for it.
    if (table.get(key) !== record) return;
    state.commit(() => {
      if (outcome.failureCode === "ImageNotFoundException") table.delete(key);
      else table.replace(record, ended(record, outcome.failureCode));
    });
    await state.durable();
    const { digest, repository, region, registryId } = record;
    if (outcome.failureCode !== undefined)
      logger.warn("an image was not replicated", { repository, digest, region, registryId, why: outcome.failureCode });
  }

  /** Of an image that is gone, nobody asks how far it is. */
  function forget(image: string): void {
    if (state.table(images).has(image)) return;
    state.commit(() => {
      for (const record of table.by("image", image)) table.delete(replications.key(record));
    });
  }

  return {
    atOnce: AT_ONCE,
    watches: [
      records(replications, ({ after }) => after?.status === "IN_PROGRESS"),
      changes(images, ({ before, after }) => {
        if (before && !after) forget(imageKey(before.repository, before.digest));
      }),
    ],
    step,
  };
});

function ended({ failureCode: _before, ...record }: ReplicationRecord, failureCode: string | undefined): ReplicationRecord {
  return failureCode === undefined ? { ...record, status: "COMPLETE", tags: [] } : { ...record, status: "FAILED", failureCode };
}
