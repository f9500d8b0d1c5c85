import type { Principal } from "../domain/principal.ts";
import { imageKey, images, type ImageRecord, type RepositoryRecord } from "./ecr.ts";
import { isExcluded } from "./ecr-registries.ts";
import type { State } from "./state.ts";

/** A time that is at most this old is not written anew. Source: ECR API Reference, `ImageDetail`: refreshed once in 24 hours at least. */
const NOTED_EVERY_MS = 3_600_000;

/**
 * Notes that an image was pulled, unless the registry does not record who did. A pull does not wait for it to be durable, and many share one
 * transaction: lost with a crash, it is noted with the next pull. Who is told the time waits.
 *
 * @param by absent where the host itself pulls
 */
export function notePull(state: State, repository: RepositoryRecord, image: ImageRecord, by: Principal | undefined, now: number): void {
  if (image.lastPulledAt !== undefined && now - image.lastPulledAt < NOTED_EVERY_MS) return;
  if (by && isExcluded(state, repository, by)) return;
  state.note(
    () => void state.table(images).update(imageKey(image.repository, image.digest), (current) => ({ ...current, lastPulledAt: now })),
  );
}
