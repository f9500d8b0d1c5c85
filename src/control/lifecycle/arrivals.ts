import { imageKey, type ImageRecord } from "../../state/ecr.ts";

/** How long a manifest that was pushed by its digest may wait for the index that lists it. */
export const ARRIVAL_MS = 3_600_000;

/**
 * Tells the images that are, as far as anybody can know, part of a push that is not over: an index is pushed after the images that it
 * lists, which come without a tag. To a rule for untagged images they would be prey, and the push would fail.
 */
export class Arrivals {
  /** Images that had a tag and lost it: these wait for nothing. */
  readonly #untagged = new Set<string>();

  /** Told each change of an image. What was before the start is forgotten, which only means that images are waited for. */
  note(before: ImageRecord | undefined, after: ImageRecord | undefined): void {
    const image = after ?? before;
    if (!image) return;
    const key = imageKey(image.repository, image.digest);
    if (!after || after.tags.length > 0) this.#untagged.delete(key);
    else if (before && before.tags.length > 0) this.#untagged.add(key);
  }

  /** @param all the images of a repository */
  among(all: readonly ImageRecord[], now: number): readonly ImageRecord[] {
    const young = all.filter(
      (image) => image.tags.length === 0 && this.end(image) > now && !this.#untagged.has(imageKey(image.repository, image.digest)),
    );
    if (young.length === 0) return [];
    const listed = new Set(all.flatMap(({ manifests }) => manifests.map(({ digest }) => digest)));
    const here = new Set(all.map(({ digest }) => digest));
    return young.filter(({ digest, subject }) => !listed.has(digest) && (subject === undefined || !here.has(subject)));
  }

  /** When an image stops to be one. */
  end({ pushedAt }: ImageRecord): number {
    return pushedAt + ARRIVAL_MS;
  }
}
