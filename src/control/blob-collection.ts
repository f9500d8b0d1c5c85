import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import { imageKey, images, layers, repositories } from "../state/ecr.ts";
import { blobDomain } from "../state/ecr-encryption.ts";
import type { WholeState } from "../state/state.ts";
import { atStart, loop, type Needs } from "./loop.ts";

/** How long a blob that no image needs is left alone: a push has that time between its first layer and its manifest. */
export const COLLECT_AFTER_MS = 24 * 3_600_000;

export interface CollectionParts {
  readonly state: WholeState;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** Ends the round before the next blob. */
  readonly stopping?: AbortSignal;
}

export interface Collected {
  readonly links: number;
  readonly blobs: number;
  readonly uploads: number;
}

/**
 * Frees what no image needs: a repository's links to such blobs, the blobs that no repository has, and uploads that nobody goes
 * on with. It never takes a blob from a push: what a push touched within `graceMs` stays, and the store refuses to remove a blob that was
 * brought again meanwhile.
 */
export async function collectBlobs({ state, blobs, clock, stopping }: CollectionParts, graceMs = COLLECT_AFTER_MS): Promise<Collected> {
  const before = clock.now() - graceMs;
  const links = unlinkUnused(state, before);
  // A file must not go before the record of its going is safe.
  await state.durable();
  let removed = 0;
  for await (const domain of blobs.domains())
    for await (const digest of blobs.list(domain)) {
      if (stopping?.aborted) return { links, blobs: removed, uploads: 0 };
      if (!isNeeded(state, domain, digest) && (await blobs.remove(domain, digest, before))) removed += 1;
    }
  return { links, blobs: removed, uploads: await blobs.abortIdle(before) };
}

/** Looks and deletes in one step, so that no push can come between. */
function unlinkUnused(state: WholeState, before: number): number {
  const table = state.table(layers);
  return state.commit(() => {
    const unused = [...table.values()].filter(
      ({ repository, digest, usedAt }) => usedAt < before && state.table(images).by("blob", imageKey(repository, digest)).length === 0,
    );
    for (const { repository, digest } of unused) table.delete(imageKey(repository, digest));
    return unused.length;
  });
}

/** Whether a repository of that encryption domain has the blob, as a layer or as a manifest. */
function isNeeded(state: WholeState, domain: string, digest: string): boolean {
  const users = [...state.table(layers).by("digest", digest), ...state.table(images).by("manifest", digest)];
  return users.some(({ repository }) => {
    const found = state.table(repositories).get(repository);
    return found !== undefined && blobDomain(found) === domain;
  });
}

const EVERY_MS = 6 * 3_600_000;

/** Collects now and then, first at once. */
export const blobCollection = loop("blob collection", (parts: Needs<"blobs">, stopping) => ({
  watches: [atStart("all")],
  async step(key, { wakeAt }) {
    await collectBlobs({ ...parts, stopping });
    wakeAt(key, parts.clock.now() + EVERY_MS);
  },
}));
