import type { BlobStore } from "../../ports/blob-store.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { images, repositories, type ImageRecord } from "../../state/ecr.ts";
import { blobsOf } from "../../state/ecr-encryption.ts";
import { inventories, type InventoryRecord } from "../../state/ecr-scans.ts";
import type { WholeState } from "../../state/state.ts";
import { readInventory } from "./inventory.ts";
import { ReadingBudget, READING_LIMITS, UnreadableImageError, type ReadingLimits } from "./reading-budget.ts";

export interface InventoryParts {
  readonly state: WholeState;
  readonly blobs: BlobStore;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly limits?: ReadingLimits;
}

/**
 * What is installed in an image: as it was read before, or read now. `undefined` where it is no single image.
 * @throws UnreadableImageError
 */
export async function imageInventory(
  parts: InventoryParts,
  { repository, digest }: Pick<ImageRecord, "repository" | "digest">,
  stop: AbortSignal = new AbortController().signal,
): Promise<InventoryRecord | undefined> {
  const { state, clock, limits = READING_LIMITS } = parts;
  const known = state.table(inventories).get(digest);
  if (known) return known;
  const home = state.table(repositories).get(repository);
  if (!home) throw new UnreadableImageError("its repository is gone");
  const blobs = blobsOf(parts, home, ({ message }) => new UnreadableImageError(`the key of its repository cannot be used: ${message}`));
  const read = await readInventory(blobs, digest, new ReadingBudget(clock, limits, stop));
  // Kept as long as any repository has the image; it may be gone meanwhile.
  const isWanted = state.table(images).by("manifest", digest).length > 0 && !state.table(inventories).has(digest);
  if (read && isWanted) state.commit(() => state.table(inventories).insert(read));
  return read;
}
