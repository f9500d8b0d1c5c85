import type { LifecycleImage, LifecycleStep } from "./view.ts";

/**
 * Takes those steps back that would leave an index without an image, or part an artifact from its subject: an image that an index lists is
 * expired only together with it, and archived only when the index is archived, too; an artifact goes only with its subject. A step that is
 * taken back may take back others, down to the leaves of an index of indexes.
 */
export function keepNeeded<I extends LifecycleImage>(steps: Map<string, LifecycleStep<I>>, images: readonly I[]): void {
  const here = new Set(images.map(({ digest }) => digest));
  const listedBy = groups(images, ({ manifests }) => manifests.map(({ digest }) => digest));
  const referredToBy = groups(images, ({ subject }) => (subject === undefined ? [] : [subject]));

  function lets({ image, action }: LifecycleStep<I>): boolean {
    if (image.subject !== undefined && here.has(image.subject) && !steps.has(image.subject)) return false;
    return (listedBy.get(image.digest) ?? []).every((index) => {
      const going = steps.get(index.digest)?.action.type;
      return going === "expire" || (action.type === "transition" && (going === "transition" || index.status === "ARCHIVED"));
    });
  }

  const open = [...steps.values()];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const { digest, manifests } = step.image;
    if (!steps.has(digest) || lets(step)) continue;
    steps.delete(digest);
    for (const dependent of [...manifests, ...(referredToBy.get(digest) ?? [])]) {
      const other = steps.get(dependent.digest);
      if (other) open.push(other);
    }
  }
}

/** The images under each of the digests that they name. */
function groups<I>(images: readonly I[], digestsOf: (image: I) => readonly string[]): ReadonlyMap<string, readonly I[]> {
  const found = new Map<string, I[]>();
  for (const image of images)
    for (const digest of digestsOf(image)) {
      const known = found.get(digest);
      if (known) known.push(image);
      else found.set(digest, [image]);
    }
  return found;
}
