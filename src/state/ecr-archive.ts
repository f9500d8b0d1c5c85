import type { ImageStatus } from "@aws-sdk/client-ecr";
import { imageKey, images, type ImageRecord } from "./ecr.ts";
import type { State } from "./state.ts";

// An archived image keeps its bytes here: what changes is that nobody can pull it.

/** Why an archived image cannot be pulled. AWS says that it is not found; we say how to get it back. */
export const ARCHIVED_IMAGE = "Requested image not found: it is archived, and can be pulled once it was restored or pushed again";

export function imageStatus({ status }: Pick<ImageRecord, "status">): ImageStatus {
  return status ?? "ACTIVE";
}

/** Moves an image into the archive. */
export function archiveImage(state: State, image: ImageRecord, now: number): void {
  state.commit(
    () =>
      void state
        .table(images)
        .update(imageKey(image.repository, image.digest), (current) => ({ ...current, status: "ARCHIVED", lastArchivedAt: now })),
  );
}

/** Asks for an archived image back: it can be pulled once its blobs were found to be there. */
export function restoreImage(state: State, image: ImageRecord): void {
  state.commit(
    () => void state.table(images).update(imageKey(image.repository, image.digest), (current) => ({ ...current, status: "ACTIVATING" })),
  );
}

/** The record of an image that can be pulled again. */
export function activated({ status: _status, ...image }: ImageRecord, now: number): ImageRecord {
  return { ...image, lastActivatedAt: now };
}

/** Whether a repository has a blob for archived images alone. */
export function isArchivedLayer(state: State, repository: string, digest: string): boolean {
  const users = state.table(images).by("blob", imageKey(repository, digest));
  return users.length > 0 && users.every(({ status }) => status !== undefined);
}
