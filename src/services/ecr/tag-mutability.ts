import type { ImageTagMutability, ImageTagMutabilityExclusionFilter } from "@aws-sdk/client-ecr";
import { repositories, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { invalid, mustBeOneOf, mustHaveLength, mustMatch, onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";

const SETTINGS: readonly ImageTagMutability[] = ["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"];

/** Source: ECR API Reference, `ImageTagMutabilityExclusionFilter`: five filters at most, of two wildcards at most each. @throws InvalidParameterException */
export function readTagMutability(input: {
  readonly imageTagMutability?: ImageTagMutability | undefined;
  readonly imageTagMutabilityExclusionFilters?: readonly ImageTagMutabilityExclusionFilter[] | undefined;
}): Pick<RepositoryRecord, "tagMutability" | "tagMutabilityExclusions"> {
  const { imageTagMutability: tagMutability = "MUTABLE", imageTagMutabilityExclusionFilters: filters = [] } = input;
  mustBeOneOf("imageTagMutability", tagMutability, SETTINGS);
  mustHaveLength("imageTagMutabilityExclusionFilters", filters, 0, 5);
  for (const { filterType, filter = "" } of filters) {
    mustBeOneOf("filterType", filterType, ["WILDCARD"]);
    mustHaveLength("filter", filter, 1, 128);
    mustMatch("filter", filter, /^[0-9a-zA-Z._*-]{1,128}$/, "^[0-9a-zA-Z._*-]{1,128}");
    if (filter.split("*").length > 3) throw invalid("filter", "Member must have at most 2 wildcards");
  }
  const excludes = tagMutability.endsWith("_WITH_EXCLUSION");
  if (excludes !== filters.length > 0)
    throw invalid(
      "imageTagMutabilityExclusionFilters",
      excludes
        ? `must not be empty when imageTagMutability is ${tagMutability}`
        : `must be empty when imageTagMutability is ${tagMutability}`,
    );
  return { tagMutability, tagMutabilityExclusions: filters.map(({ filter = "" }) => ({ filterType: "WILDCARD", filter })) };
}

export const putImageTagMutability = operation("PutImageTagMutability", {
  authorize: onRepository("PutImageTagMutability"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const setting = readTagMutability(input);
    const { state } = context;
    state.commit(() =>
      state.table(repositories).update(repositoryKey(repository, repository.name), (current) => ({ ...current, ...setting })),
    );
    return {
      registryId: repository.account,
      repositoryName: repository.name,
      imageTagMutability: setting.tagMutability,
      ...(setting.tagMutabilityExclusions.length > 0 && { imageTagMutabilityExclusionFilters: [...setting.tagMutabilityExclusions] }),
    };
  },
});
