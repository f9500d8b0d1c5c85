import type { ImageFailure, ImageIdentifier } from "@aws-sdk/client-ecr";
import { isDigest } from "../../domain/image-reference.ts";
import { repositoryKey, type ImageRecord, type RepositoryRecord } from "../../state/ecr.ts";
import { findImage } from "../../state/ecr-images.ts";
import type { State } from "../../state/state.ts";

/** The image that an identifier means; one with tag and digest means the image only while the tag is on it. */
export function findIdentified(
  state: State,
  repository: RepositoryRecord,
  { imageDigest, imageTag }: ImageIdentifier,
): ImageRecord | undefined {
  const reference = imageDigest ?? imageTag;
  const found = reference === undefined ? undefined : findImage(state, repositoryKey(repository, repository.name), reference);
  return found && (imageTag === undefined || found.tags.includes(imageTag)) ? found : undefined;
}

/** Why an identifier means no image, in ECR's words; `undefined` where it means one. */
export function identifierFailure(state: State, repository: RepositoryRecord, imageId: ImageIdentifier): ImageFailure | undefined {
  const { imageDigest, imageTag } = imageId;
  const failed = (failureCode: NonNullable<ImageFailure["failureCode"]>, failureReason: string): ImageFailure => ({
    imageId,
    failureCode,
    failureReason,
  });
  if (imageDigest === undefined && imageTag === undefined)
    return failed("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
  if (imageDigest !== undefined && !isDigest(imageDigest))
    return failed(
      "InvalidImageDigest",
      "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    );
  if (findIdentified(state, repository, imageId)) return undefined;
  if (
    imageDigest !== undefined &&
    imageTag !== undefined &&
    findIdentified(state, repository, { imageDigest }) &&
    findIdentified(state, repository, { imageTag })
  )
    return failed("ImageTagDoesNotMatchDigest", "Requested image tag does not match the requested image digest");
  return failed("ImageNotFound", "Requested image not found");
}

export function shownId({ imageDigest = "null", imageTag = "null" }: ImageIdentifier): string {
  return `{imageDigest:'${imageDigest}', imageTag:'${imageTag}'}`;
}

export function imageNotFoundMessage({ name, account }: RepositoryRecord, imageId: ImageIdentifier): string {
  return `The image with imageId ${shownId(imageId)} does not exist within the repository with name '${name}' in the registry with id '${account}'`;
}
