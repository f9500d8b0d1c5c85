import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { imageKey, images, repositories, type ImageRecord } from "../state/ecr.ts";
import { activated } from "../state/ecr-archive.ts";
import { blobsOf } from "../state/ecr-encryption.ts";
import type { WholeState } from "../state/state.ts";
import { keyedWorker } from "./keyed-worker.ts";

export interface ImageActivationParts {
  readonly state: WholeState;
  readonly blobs: BlobStore;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is missing of an image that was asked back from the archive. It stays in the archive's hands, and is looked for again. */
class IncompleteImageError extends Error {}

/**
 * Brings images back from the archive: one that is ACTIVATING can be pulled when its manifest and all of its blobs were found. On AWS that
 * takes minutes; here, where the archive is the same store, moments.
 */
export function imageActivation({ state, blobs, secrets, clock, logger }: ImageActivationParts): AsyncDisposable {
  const worker = keyedWorker("image activation", activate, clock, logger);

  async function activate(key: string): Promise<void> {
    const image = state.table(images).get(key);
    const repository = image && state.table(repositories).get(image.repository);
    if (!repository || image.status !== "ACTIVATING") return;
    const store = blobsOf({ state, secrets, clock, blobs }, repository, ({ code, message }) => new IncompleteImageError(message || code));
    for (const digest of [image.digest, ...image.blobs])
      if (!(await store.stat(digest))) throw new IncompleteImageError(`the blob ${digest} is not there`);
    state.commit(
      () =>
        void state.table(images).update(key, (current) => (current.status === "ACTIVATING" ? activated(current, clock.now()) : current)),
    );
    await state.durable();
  }

  const keyOf = ({ repository, digest }: ImageRecord): string => imageKey(repository, digest);
  const watch = state.watch(images, ({ key, after }) => {
    if (after?.status === "ACTIVATING") worker.wake(key);
  });
  for (const image of state.table(images).by("status", "ACTIVATING")) worker.wake(keyOf(image));

  return {
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}
