import {
  LifecyclePolicyPreviewInProgressException,
  LifecyclePolicyPreviewNotFoundException,
  type GetLifecyclePolicyPreviewResponse,
  type ImageIdentifier,
  type LifecyclePolicyPreviewResult,
  type LifecyclePolicyPreviewSummary,
  type StartLifecyclePolicyPreviewResponse,
  type TagStatus,
} from "@aws-sdk/client-ecr";
import { repositoryKey } from "../../state/ecr.ts";
import { lifecyclePreviews, type LifecyclePreviewResult } from "../../state/ecr-lifecycle.ts";
import { because } from "../operation.ts";
import { invalid, mustBeOneOf, mustHaveLength, onRepository, operation, pageOf } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";
import { named, readLifecyclePolicy, requireLifecyclePolicy } from "./lifecycle-policies.ts";

/** Notes what is to be previewed: `control/lifecycle` does it. */
export const startLifecyclePolicyPreview = operation("StartLifecyclePolicyPreview", {
  authorize: onRepository("StartLifecyclePolicyPreview"),
  run(input, context): StartLifecyclePolicyPreviewResponse {
    const { state, now } = context;
    const repository = requireRepository(input, context);
    const text =
      input.lifecyclePolicyText === undefined
        ? requireLifecyclePolicy(state, repository).text
        : JSON.stringify(readLifecyclePolicy(input.lifecyclePolicyText));
    const key = repositoryKey(repository, repository.name);
    const table = state.table(lifecyclePreviews);
    const before = table.get(key);
    if (before && !before.results)
      throw new LifecyclePolicyPreviewInProgressException(
        because("The previous lifecycle policy preview request has not completed. Try again later."),
      );
    state.commit(() => table.put({ repository: key, text, startedAt: now }));
    return { ...named(repository), lifecyclePolicyText: text, status: "IN_PROGRESS" };
  },
});

export const getLifecyclePolicyPreview = operation("GetLifecyclePolicyPreview", {
  authorize: onRepository("GetLifecyclePolicyPreview"),
  run(input, context): GetLifecyclePolicyPreviewResponse {
    const { imageIds, filter, nextToken, maxResults } = input;
    const repository = requireRepository(input, context);
    const tagStatus = filter?.tagStatus ?? "ANY";
    mustBeOneOf("filter.tagStatus", tagStatus, ["TAGGED", "UNTAGGED", "ANY"]);
    mustHaveLength("imageIds", imageIds, 1, 100);
    if (maxResults !== undefined && maxResults > 100) throw invalid("maxResults", "Member must have value less than or equal to 100");
    if (imageIds && (nextToken !== undefined || maxResults !== undefined))
      throw invalid(nextToken === undefined ? "maxResults" : "nextToken", "cannot be used when images are specified with imageIds");
    const preview = context.state.table(lifecyclePreviews).get(repositoryKey(repository, repository.name));
    const { name, account } = repository;
    if (!preview)
      throw new LifecyclePolicyPreviewNotFoundException(
        because(`Lifecycle policy preview does not exist for the repository with name '${name}' in the registry with id '${account}'`),
      );
    const answer = { ...named(repository), lifecyclePolicyText: preview.text };
    if (!preview.results) return { ...answer, status: "IN_PROGRESS" };
    const wanted = preview.results.map((result, at) => ({ result, at })).filter(({ result }) => isWanted(result, tagStatus, imageIds));
    // The results keep their order, oldest first, over all pages.
    const page = pageOf(wanted, ({ at }) => String(at).padStart(9, "0"), { nextToken, maxResults }, context);
    return {
      ...answer,
      status: "COMPLETE",
      previewResults: page.items.map(({ result }) => resultView(result)),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      summary: summaryOf(preview.results),
    };
  },
});

function isWanted(
  { digest, tags }: LifecyclePreviewResult,
  tagStatus: TagStatus,
  imageIds: readonly ImageIdentifier[] | undefined,
): boolean {
  if (tagStatus !== "ANY" && tags.length > 0 !== (tagStatus === "TAGGED")) return false;
  return (
    imageIds?.some(
      ({ imageDigest, imageTag }) =>
        (imageDigest ?? imageTag) !== undefined &&
        (imageDigest === undefined || imageDigest === digest) &&
        (imageTag === undefined || tags.includes(imageTag)),
    ) ?? true
  );
}

function resultView({ digest, tags, pushedAt, storageClass, action, rulePriority }: LifecyclePreviewResult): LifecyclePolicyPreviewResult {
  return {
    ...(tags.length > 0 && { imageTags: [...tags] }),
    imageDigest: digest,
    imagePushedAt: new Date(pushedAt),
    action: action.type === "expire" ? { type: "EXPIRE" } : { type: "TRANSITION", targetStorageClass: "ARCHIVE" },
    appliedRulePriority: rulePriority,
    storageClass: storageClass === "archive" ? "ARCHIVE" : "STANDARD",
  };
}

/** Of all images, whatever was asked for of them. */
function summaryOf(results: readonly LifecyclePreviewResult[]): LifecyclePolicyPreviewSummary {
  const expiring = results.filter(({ action }) => action.type === "expire").length;
  const archived = results.length - expiring;
  return {
    expiringImageTotalCount: expiring,
    ...(archived > 0 && { transitioningImageTotalCounts: [{ targetStorageClass: "ARCHIVE", imageTotalCount: archived }] }),
  };
}
