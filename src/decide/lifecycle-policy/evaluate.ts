import { globMatches, parseStars, type Glob } from "../../domain/wildcard.ts";
import { keepNeeded } from "./keep-needed.ts";
import { storageClassOf, type LifecyclePolicy, type LifecycleSelection, type TagStatus } from "./policy.ts";
import { referrersOf } from "./referrers.ts";
import type { LifecycleImage, LifecycleStep } from "./view.ts";

/**
 * What a policy does to the images of a repository, the oldest first. The order of `images` does not matter; equal views give equal steps,
 * and once the steps are carried out, there are none left at the same instant; but an artifact that an index keeps, while its subject goes, is matched
 * by itself from then on.
 *
 * - Each rule finds its candidates among all images that it matches, as if no other rule had taken any.
 * - It acts only on those that match no rule before it, not even one that keeps them.
 * - An image that an index lists stays while the index does; it can be archived with the index.
 * - An artifact goes where its subject goes, and is neither matched nor counted by itself while the subject is there.
 *
 * Source: ECR User Guide, "Lifecycle policy evaluation rules".
 */
export function evaluateLifecyclePolicy<I extends LifecycleImage>(
  { rules }: LifecyclePolicy,
  images: readonly I[],
  now: number,
): readonly LifecycleStep<I>[] {
  const oldestFirst = images.toSorted((a, b) => activeSince(a) - activeSince(b) || (a.digest < b.digest ? -1 : 1));
  const here = new Set(images.map(({ digest }) => digest));
  const own = oldestFirst.filter(({ subject }) => subject === undefined || !here.has(subject));
  const steps = new Map<string, LifecycleStep<I>>();
  const claimed = new Set<string>();
  for (const { selection, action, rulePriority } of rules) {
    const matched = own.filter(selectedBy(selection));
    for (const image of candidates(selection, matched, now))
      if (!claimed.has(image.digest)) steps.set(image.digest, { image, action, rulePriority });
    for (const { digest } of matched) claimed.add(digest);
  }
  const referrers = referrersOf(images);
  for (const { image, action, rulePriority } of [...steps.values()])
    for (const referrer of referrers(image.digest))
      if (action.type === "expire" || referrer.status === undefined) steps.set(referrer.digest, { image: referrer, action, rulePriority });
  keepNeeded(steps, images);
  return oldestFirst.flatMap(({ digest }) => steps.get(digest) ?? []);
}

/** A restored image is as old as its restoration. */
function activeSince({ lastActivatedAt, pushedAt }: LifecycleImage): number {
  return lastActivatedAt ?? pushedAt;
}

/** Storage class and tags: what keeps an image from the rules that come after. One that is on its way out of the archive is in no class. */
function selectedBy(selection: LifecycleSelection): (image: LifecycleImage) => boolean {
  const status = storageClassOf(selection) === "archive" ? "ARCHIVED" : undefined;
  const globs = globsOf(selection);
  return (image) => image.status === status && isTagged(image, selection.tagStatus, globs);
}

function globsOf({ tagPatternList, tagPrefixList = [] }: LifecycleSelection): readonly Glob[] {
  return tagPatternList?.map(parseStars) ?? tagPrefixList.map((prefix) => parseStars(`${prefix}*`));
}

function isTagged({ tags }: LifecycleImage, tagStatus: TagStatus, globs: readonly Glob[]): boolean {
  switch (tagStatus) {
    case "any":
      return true;
    case "untagged":
      return tags.length === 0;
    case "tagged":
      return globs.every((glob) => tags.some((tag) => globMatches(glob, tag)));
  }
}

const DAY = 86_400_000;

/** @param matched the oldest first */
function candidates<I extends LifecycleImage>(
  { countType, countNumber }: LifecycleSelection,
  matched: readonly I[],
  now: number,
): readonly I[] {
  const isOlder = (at: number): boolean => now - at > countNumber * DAY;
  switch (countType) {
    case "imageCountMoreThan":
      return matched.slice(0, Math.max(0, matched.length - countNumber));
    case "sinceImagePushed":
      return matched.filter((image) => isOlder(activeSince(image)));
    case "sinceImagePulled":
      // A pull from before the image was archived says nothing about its use since it was restored.
      return matched.filter((image) => isOlder(Math.max(image.lastPulledAt ?? 0, activeSince(image))));
    case "sinceImageTransitioned":
      return matched.filter(({ lastArchivedAt, pushedAt }) => isOlder(lastArchivedAt ?? pushedAt));
  }
}
