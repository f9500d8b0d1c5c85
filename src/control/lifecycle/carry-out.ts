import type { LifecycleStep } from "../../decide/lifecycle-policy/view.ts";
import { leftBehind, referrersOf } from "../../decide/lifecycle-policy/referrers.ts";
import { archiveImage } from "../../state/ecr-archive.ts";
import { deleteImage, listedBy } from "../../state/ecr-images.ts";
import { images, type ImageRecord } from "../../state/ecr.ts";
import type { WholeState } from "../../state/state.ts";

export function carryOut(state: WholeState, steps: readonly LifecycleStep<ImageRecord>[], now: number): void {
  state.commit(() => {
    for (const { image, action } of steps) {
      if (action.type === "expire") deleteImage(state, image);
      else archiveImage(state, image, now);
    }
  });
}

/**
 * Expires and archives the artifacts whose subject was deleted or archived by somebody else, and gives them. A digest that was deleted and
 * is there again is no reason to.
 * Source: ECR User Guide, "Lifecycle policy evaluation rules": reference artifacts go within 24 hours of their subject.
 */
export function followSubjects(
  state: WholeState,
  repository: string,
  deleted: Iterable<string>,
  now: number,
): { readonly expired: readonly ImageRecord[]; readonly archived: readonly ImageRecord[] } {
  const all = (): readonly ImageRecord[] => state.table(images).by("repository", repository);
  const isFree = (image: ImageRecord): boolean => listedBy(state, image).length === 0;
  const here = all();
  const known = new Set(here.map(({ digest }) => digest));
  const referrers = referrersOf(here);
  return state.commit(() => {
    const expired = [...deleted].filter((digest) => !known.has(digest)).flatMap((digest) => referrers(digest).filter(isFree));
    for (const image of expired) deleteImage(state, image);
    const archived = leftBehind(all()).filter(isFree);
    for (const image of archived) archiveImage(state, image, now);
    return { expired, archived };
  });
}
