import { images, repositories } from "../state/ecr.ts";
import { activated } from "../state/ecr-archive.ts";
import { blobsOf } from "../state/ecr-encryption.ts";
import { loop, records, type Needs } from "./loop.ts";

/** What is missing of an image that was asked back from the archive. It stays in the archive's hands, and is looked for again. */
class IncompleteImageError extends Error {}

/**
 * Brings images back from the archive: one that is ACTIVATING can be pulled when its manifest and all of its blobs were found. On AWS that
 * takes minutes; here, where the archive is the same store, moments.
 */
export const imageActivation = loop("image activation", ({ state, blobs, secrets, clock }: Needs<"blobs" | "secrets">, stopping) => ({
  watches: [records(images, ({ after }) => after?.status === "ACTIVATING")],
  async step(key) {
    const image = state.table(images).get(key);
    const repository = image && state.table(repositories).get(image.repository);
    if (!repository || image.status !== "ACTIVATING") return;
    const store = blobsOf({ state, secrets, clock, blobs }, repository, ({ code, message }) => new IncompleteImageError(message || code));
    for (const digest of [image.digest, ...image.blobs]) {
      stopping.throwIfAborted();
      if (!(await store.stat(digest))) throw new IncompleteImageError(`the blob ${digest} is not there`);
    }
    state.commit(
      () =>
        void state.table(images).update(key, (current) => (current.status === "ACTIVATING" ? activated(current, clock.now()) : current)),
    );
    await state.durable();
  },
}));
