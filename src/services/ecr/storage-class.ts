import { ImageNotFoundException, ImageStorageClassUpdateNotSupportedException } from "@aws-sdk/client-ecr";
import { repositoryKey, type ImageRecord, type RepositoryRecord } from "../../state/ecr.ts";
import { archiveImage, imageStatus, restoreImage } from "../../state/ecr-archive.ts";
import { findImage, listedBy } from "../../state/ecr-images.ts";
import type { State } from "../../state/state.ts";
import { because } from "../operation.ts";
import { mustBeOneOf, onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";
import { findIdentified, imageNotFoundMessage, shownId } from "./image-ids.ts";

/**
 * Moves an image into the archive, where it cannot be pulled, or back. Asked again, it answers what is so already.
 * Source: Amazon ECR User Guide, "Archiving an image", "Restoring an image".
 */
export const updateImageStorageClass = operation("UpdateImageStorageClass", {
  authorize: onRepository("UpdateImageStorageClass"),
  run(input, context) {
    const { state, now } = context;
    const repository = requireRepository(input, context);
    const { imageId = {}, targetStorageClass } = input;
    mustBeOneOf("targetStorageClass", targetStorageClass, ["STANDARD", "ARCHIVE"]);
    const image = findIdentified(state, repository, imageId);
    if (!image) throw new ImageNotFoundException(because(imageNotFoundMessage(repository, imageId)));
    if (targetStorageClass === "ARCHIVE") archive(state, repository, image, now);
    else if (image.status === "ARCHIVED") restoreImage(state, image);
    const after = findImage(state, image.repository, image.digest) ?? image;
    return {
      registryId: repository.account,
      repositoryName: repository.name,
      imageId: { imageDigest: image.digest, ...(imageId.imageTag !== undefined && { imageTag: imageId.imageTag }) },
      imageStatus: imageStatus(after),
    };
  },
});

/** @throws ImageStorageClassUpdateNotSupportedException */
function archive(state: State, repository: RepositoryRecord, image: ImageRecord, now: number): void {
  if (image.status === "ARCHIVED") return;
  const shown = `The image with imageId ${shownId({ imageDigest: image.digest })} in the repository with name '${repository.name}' in the registry with id '${repository.account}'`;
  if (image.status === "ACTIVATING")
    throw new ImageStorageClassUpdateNotSupportedException(
      because(`${shown} is being restored and cannot be archived before that is done`),
    );
  // An index that can be pulled must not list what cannot.
  const key = repositoryKey(repository, repository.name);
  const lists = listedBy(state, image).filter((digest) => findImage(state, key, digest)?.status === undefined);
  if (lists.length > 0)
    throw new ImageStorageClassUpdateNotSupportedException(because(`${shown} is referenced by manifest list: [${lists.join(", ")}]`));
  archiveImage(state, image, now);
}
