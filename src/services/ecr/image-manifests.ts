import { createHash } from "node:crypto";
import {
  ImageAlreadyExistsException,
  ImageDigestDoesNotMatchException,
  ImageTagAlreadyExistsException,
  InvalidParameterException,
  LayersNotFoundException,
  ReferencedImagesNotFoundException,
  type Image,
  type ImageFailure,
  type ImageIdentifier,
} from "@aws-sdk/client-ecr";
import { readManifest, type ImageManifest } from "../../domain/image-manifest.ts";
import { isImageTag } from "../../domain/image-reference.ts";
import { repositoryKey, type ImageRecord, type RepositoryRecord } from "../../state/ecr.ts";
import {
  deleteImage,
  findImage,
  listedBy,
  putImage as putImageRecord,
  refuseImage,
  removeTag,
  type ImageRefusal,
} from "../../state/ecr-images.ts";
import { readManifestText, storeManifest } from "../../state/ecr-manifests.ts";
import { blobDomain } from "../../state/ecr-encryption.ts";
import { ARCHIVED_IMAGE } from "../../state/ecr-archive.ts";
import { notePull } from "../../state/ecr-pulls.ts";
import type { State } from "../../state/state.ts";
import { because } from "../operation.ts";
import { invalid, mustHaveLength, onRepository, operation } from "./ecr-operation.ts";
import { repositoryNotFound, requireRepository } from "./find-repository.ts";
import { findIdentified, identifierFailure } from "./image-ids.ts";
import { repositoryBlobs } from "./repository-blobs.ts";

export const batchGetImage = operation("BatchGetImage", {
  authorize: onRepository("BatchGetImage"),
  async run(input, context) {
    const { state, principal, now } = context;
    const { imageIds = [], acceptedMediaTypes } = input;
    const repository = requireRepository(input, context);
    mustHaveLength("imageIds", imageIds, 1, 100);
    mustHaveLength("acceptedMediaTypes", acceptedMediaTypes, 1, 100);
    const failures: ImageFailure[] = [];
    const found: { readonly image: ImageRecord; readonly imageTag: string | undefined }[] = [];
    for (const imageId of imageIds) {
      const failure = identifierFailure(state, repository, imageId);
      const image = findIdentified(state, repository, imageId);
      if (failure ?? !image) failures.push(failure ?? { imageId });
      // A single manifest is not turned into another form: its digest is its name.
      else if (acceptedMediaTypes && !acceptedMediaTypes.includes(image.mediaType))
        failures.push({ imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" });
      else if (image.status !== undefined) failures.push({ imageId, failureCode: "ImageNotFound", failureReason: ARCHIVED_IMAGE });
      else found.push({ image, imageTag: imageId.imageTag });
    }
    const blobs = repositoryBlobs(context, repository);
    const images = found.map(async ({ image, imageTag }): Promise<Image> => {
      const text = await readManifestText(blobs, image.digest);
      notePull(state, repository, image, principal, now);
      return imageView(repository, image, imageTag, text.toString());
    });
    return { images: await Promise.all(images), failures };
  },
});

export const putImage = operation("PutImage", {
  authorize: onRepository("PutImage"),
  async run(input, context) {
    const { state, now } = context;
    const { imageManifest: text = "", imageTag: tag, imageDigest } = input;
    requireRepository(input, context);
    if (tag !== undefined && !isImageTag(tag)) throw invalid("imageTag", "must satisfy regular expression '[a-zA-Z0-9-_.]+'");
    mustHaveLength("imageManifest", text, 1, 4_194_304);
    const manifest = readPut(text, input.imageManifestMediaType);
    const bytes = Buffer.from(text);
    const algorithm = imageDigest?.startsWith("sha512:") ? "sha512" : "sha256";
    const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
    if (imageDigest !== undefined && imageDigest !== digest)
      throw new ImageDigestDoesNotMatchException(
        because(
          `The specified image digest '${imageDigest}' does not match the digest '${digest}' that Amazon ECR calculated for the image`,
        ),
      );
    const image = { digest, manifest, manifestSize: bytes.length, ...(tag !== undefined && { tag }) };
    const before = requireRepository(input, context);
    refuse(state, before, image);
    const blobs = repositoryBlobs(context, before);
    await storeManifest({ blobs, ids: context.ids }, bytes, digest);
    // The world may have changed while the bytes went to disk: look again, and write in the same step.
    const repository = requireRepository(input, context);
    if (blobDomain(repository) !== blobs.domain) throw repositoryNotFound(repository.name, repository.account);
    refuse(state, repository, image);
    const put = putImageRecord(state, repository, { ...image, now });
    return { image: imageView(repository, put, tag, text) };
  },
});

export const batchDeleteImage = operation("BatchDeleteImage", {
  authorize: onRepository("BatchDeleteImage"),
  run(input, context) {
    const { state } = context;
    const repository = requireRepository(input, context);
    mustHaveLength("imageIds", input.imageIds, 1, 100);
    const failures: ImageFailure[] = [];
    const deleted: ImageIdentifier[] = [];
    state.commit(() => {
      for (const imageId of input.imageIds ?? []) {
        const failure = identifierFailure(state, repository, imageId) ?? keptByLists(state, repository, imageId);
        if (failure) failures.push(failure);
        else deleted.push(...deleteIdentified(state, repository, imageId));
      }
    });
    return { imageIds: deleted, failures };
  },
});

/** A digest takes the image with all its tags; a tag goes alone, and the image with its last one. */
function deleteIdentified(state: State, repository: RepositoryRecord, imageId: ImageIdentifier): readonly ImageIdentifier[] {
  const image = findIdentified(state, repository, imageId);
  if (!image) return [];
  const { imageDigest, imageTag } = imageId;
  if (imageDigest === undefined && imageTag !== undefined) {
    removeTag(state, image, imageTag);
    return [{ imageDigest: image.digest, imageTag }];
  }
  deleteImage(state, image);
  return image.tags.length === 0
    ? [{ imageDigest: image.digest }]
    : image.tags.map((tag) => ({ imageDigest: image.digest, imageTag: tag }));
}

function keptByLists(state: State, repository: RepositoryRecord, imageId: ImageIdentifier): ImageFailure | undefined {
  const image = findIdentified(state, repository, imageId);
  const lists = image ? listedBy(state, image) : [];
  if (!image || lists.length === 0 || (imageId.imageDigest === undefined && image.tags.length > 1)) return undefined;
  return {
    imageId,
    failureCode: "ImageReferencedByManifestList",
    failureReason: `Requested image referenced by manifest list: [${lists.join(", ")}]`,
  };
}

function imageView({ account, name }: RepositoryRecord, image: ImageRecord, imageTag: string | undefined, text: string): Image {
  return {
    registryId: account,
    repositoryName: name,
    imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) },
    imageManifest: text,
    imageManifestMediaType: image.mediaType,
  };
}

function readPut(text: string, mediaType: string | undefined): ImageManifest {
  const reading = readManifest(text, mediaType);
  if ("manifest" in reading) {
    // A push tells the type beside the manifest; here nothing else would.
    if (mediaType === undefined && (JSON.parse(text) as { mediaType?: unknown }).mediaType === undefined)
      throw new InvalidParameterException(because("image manifest mediatype not provided in manifest or parameter"));
    return reading.manifest;
  }
  const reason = "invalid" in reading ? reading.invalid : reading.unsupported;
  throw new InvalidParameterException(
    because(`Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax or manifest: ${reason}'`),
  );
}

/** @throws ImageAlreadyExistsException and what else keeps an image from being put */
function refuse(state: State, repository: RepositoryRecord, image: Parameters<typeof refuseImage>[2]): void {
  const { name, account } = repository;
  const { digest, tag } = image;
  const known = findImage(state, repositoryKey(repository, name), digest);
  if (known && known.status === undefined && (tag === undefined || known.tags.includes(tag))) {
    const and = tag === undefined ? "" : ` and tag '${tag}'`;
    throw new ImageAlreadyExistsException(
      because(`Image with digest '${digest}'${and} already exists in the repository with name '${name}' in registry with id '${account}'`),
    );
  }
  const refusal = refuseImage(state, repository, image);
  if (refusal) throw refusalException(refusal, repository);
}

function refusalException(refusal: ImageRefusal, { name, account }: RepositoryRecord): Error {
  switch (refusal.kind) {
    case "layers-missing":
      return new LayersNotFoundException(
        because(
          `Layers with digests '[${refusal.digests.join(", ")}]' required for pushing image into repository with name '${name}' in the registry with id '${account}' do not exist`,
        ),
      );
    case "images-missing":
      return new ReferencedImagesNotFoundException(
        because(
          `Images with digests '[${refusal.digests.join(", ")}]' required for pushing image into repository with name '${name}' in the registry with id '${account}' do not exist`,
        ),
      );
    case "tag-immutable":
      return new ImageTagAlreadyExistsException(
        because(
          `The image tag '${refusal.tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
        ),
      );
  }
}
