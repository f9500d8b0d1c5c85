import { ImageNotFoundException, type ImageDetail, type ImageIdentifier, type TagStatus } from "@aws-sdk/client-ecr";
import { images, repositoryKey, type ImageRecord, type RepositoryRecord } from "../../state/ecr.ts";
import { imageStatus } from "../../state/ecr-archive.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustBeOneOf, mustHaveLength, onRepository, operation, pageOf } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";
import { scanDetail } from "./scan-summary.ts";
import { findIdentified, imageNotFoundMessage } from "./image-ids.ts";

interface ImageFilter {
  readonly tagStatus?: TagStatus | undefined;
  readonly imageStatus?: string | undefined;
}

export const describeImages = operation("DescribeImages", {
  authorize: onRepository("DescribeImages"),
  run(input, context) {
    const { imageIds, filter, nextToken, maxResults } = input;
    const repository = requireRepository(input, context);
    if (imageIds?.length) {
      mustHaveLength("imageIds", imageIds, 1, 100);
      if (nextToken !== undefined || maxResults !== undefined)
        throw invalid(nextToken === undefined ? "maxResults" : "nextToken", "cannot be used when images are specified with imageIds");
      const found = imageIds.map((imageId) => {
        const image = findIdentified(context.state, repository, imageId);
        if (!image) throw new ImageNotFoundException(because(imageNotFoundMessage(repository, imageId)));
        return image;
      });
      return { imageDetails: [...new Set(found)].map((image) => detailOf(repository, image, context)) };
    }
    const all = filtered(imagesOf(repository, context), filter);
    const page = pageOf(all, ({ digest }) => digest, { nextToken, maxResults }, context);
    return {
      imageDetails: page.items.map((image) => detailOf(repository, image, context)),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    };
  },
});

export const listImages = operation("ListImages", {
  authorize: onRepository("ListImages"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const ids = filtered(imagesOf(repository, context), input.filter).flatMap(({ digest, tags }): ImageIdentifier[] =>
      tags.length === 0 ? [{ imageDigest: digest }] : tags.map((imageTag) => ({ imageDigest: digest, imageTag })),
    );
    const page = pageOf(ids, ({ imageDigest, imageTag }) => `${imageDigest ?? ""} ${imageTag ?? ""}`, input, context);
    return { imageIds: [...page.items], ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
  },
});

function imagesOf(repository: RepositoryRecord, { state }: OperationContext): readonly ImageRecord[] {
  return state.table(images).by("repository", repositoryKey(repository, repository.name));
}

function filtered(
  all: readonly ImageRecord[],
  { tagStatus = "ANY", imageStatus: wanted = "ACTIVE" }: ImageFilter = {},
): readonly ImageRecord[] {
  mustBeOneOf("filter.tagStatus", tagStatus, ["TAGGED", "UNTAGGED", "ANY"]);
  mustBeOneOf("filter.imageStatus", wanted, ["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]);
  return all
    .filter((image) => wanted === "ANY" || imageStatus(image) === wanted)
    .filter(({ tags }) => tagStatus === "ANY" || tags.length > 0 === (tagStatus === "TAGGED"));
}

function detailOf(repository: RepositoryRecord, image: ImageRecord, { state }: OperationContext): ImageDetail {
  const { account, name } = repository;
  return {
    registryId: account,
    repositoryName: name,
    imageDigest: image.digest,
    ...(image.tags.length > 0 && { imageTags: [...image.tags] }),
    imageSizeInBytes: image.size,
    imagePushedAt: new Date(image.pushedAt),
    ...scanDetail(state, repository, image),
    imageManifestMediaType: image.mediaType,
    ...(image.artifactType !== undefined && { artifactMediaType: image.artifactType }),
    ...(image.subject !== undefined && { subjectManifestDigest: image.subject }),
    ...(image.lastPulledAt !== undefined && { lastRecordedPullTime: new Date(image.lastPulledAt) }),
    imageStatus: imageStatus(image),
    ...(image.lastArchivedAt !== undefined && { lastArchivedAt: new Date(image.lastArchivedAt) }),
    ...(image.lastActivatedAt !== undefined && { lastActivatedAt: new Date(image.lastActivatedAt) }),
  };
}
