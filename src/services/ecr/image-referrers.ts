import type { ArtifactStatusFilter, ImageReferrer } from "@aws-sdk/client-ecr";
import { isDigest } from "../../domain/image-reference.ts";
import { imageKey, images, repositoryKey, type ImageRecord } from "../../state/ecr.ts";
import { imageStatus } from "../../state/ecr-archive.ts";
import { invalid, mustBeOneOf, mustHaveLength, onRepository, operation, pageOf } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";

const STATUSES: readonly ArtifactStatusFilter[] = ["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"];

/**
 * The artifacts that name an image as their subject. The right to read images is the right to do this.
 * Source: ECR API Reference, `ListImageReferrers`: pages of 20 where nothing is asked for, of 50 at most.
 */
export const listImageReferrers = operation("ListImageReferrers", {
  authorize: onRepository("BatchGetImage"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const { imageDigest = "" } = input.subjectId ?? {};
    if (!isDigest(imageDigest)) throw invalid("subjectId.imageDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'");
    const { artifactTypes, artifactStatus = "ACTIVE" } = input.filter ?? {};
    mustHaveLength("filter.artifactTypes", artifactTypes, 1, 1);
    mustBeOneOf("filter.artifactStatus", artifactStatus, STATUSES);
    const { maxResults = 20, nextToken } = input;
    if (maxResults > 50) throw invalid("maxResults", "Member must have value less than or equal to 50");
    const all = context.state
      .table(images)
      .by("subject", imageKey(repositoryKey(repository, repository.name), imageDigest))
      .filter(({ artifactType = "" }) => !artifactTypes || artifactTypes.includes(artifactType))
      .filter((image) => artifactStatus === "ANY" || imageStatus(image) === artifactStatus);
    const page = pageOf(all, ({ digest }) => digest, { nextToken, maxResults }, context);
    return { referrers: page.items.map(referrerOf), ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
  },
});

function referrerOf(image: ImageRecord): ImageReferrer {
  const { digest, mediaType, artifactType, manifestSize, annotations } = image;
  return {
    digest,
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    size: manifestSize,
    ...(annotations && { annotations: { ...annotations } }),
    artifactStatus: imageStatus(image),
  };
}
