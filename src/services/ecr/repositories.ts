import { scopeKey } from "../../domain/scope.ts";
import { RepositoryAlreadyExistsException, RepositoryNotEmptyException, type Repository } from "@aws-sdk/client-ecr";
import { arn } from "../../domain/arn.ts";
import { images, repositories, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { deleteRepository as deleteRepositoryRecords } from "../../state/ecr-images.ts";
import { because, requestTagList, type OperationContext } from "../operation.ts";
import { invalid, mustHaveLength, onRepository, operation, pageOf, registryHostOf, registryScope } from "./ecr-operation.ts";
import { checkRepositoryName, requireRepository } from "./find-repository.ts";
import { readEncryption } from "./repository-blobs.ts";
import { readTagMutability } from "./tag-mutability.ts";
import { checkTags } from "./tags.ts";

/** A record as the answers show it. */
export function repositoryView(repository: RepositoryRecord, context: OperationContext): Repository {
  const { arn: repositoryArn, account, name, tagMutability, tagMutabilityExclusions, scanOnPush, encryption, createdAt } = repository;
  return {
    repositoryArn,
    registryId: account,
    repositoryName: name,
    repositoryUri: `${registryHostOf(context, repository)}/${name}`,
    createdAt: new Date(createdAt),
    imageTagMutability: tagMutability,
    ...(tagMutabilityExclusions.length > 0 && { imageTagMutabilityExclusionFilters: [...tagMutabilityExclusions] }),
    imageScanningConfiguration: { scanOnPush },
    encryptionConfiguration: encryption,
  };
}

export const createRepository = operation("CreateRepository", {
  authorize(input, at) {
    const context = requestTagList(input.tags);
    const asked = { ...onRepository("CreateRepository")(input, at), context };
    // Source: ECR User Guide, "Tagging a private repository": tags given at creation need the right to tag.
    return (input.tags?.length ?? 0) === 0 ? asked : [asked, { ...asked, action: "ecr:TagResource" }];
  },
  run(input, context) {
    const { state, now } = context;
    const { repositoryName: name = "", registryId } = input;
    checkRepositoryName(name);
    const scope = registryScope(registryId, context);
    const { account, region } = scope;
    const record: RepositoryRecord = {
      arn: arn("ecr", scope, `repository/${name}`),
      name,
      account,
      region,
      ...readTagMutability(input),
      scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
      encryption: readEncryption(input.encryptionConfiguration, context, scope),
      tags: checkTags(input.tags),
      createdAt: now,
    };
    if (state.table(repositories).has(repositoryKey(scope, name)))
      throw new RepositoryAlreadyExistsException(
        because(`The repository with name '${name}' already exists in the registry with id '${account}'`),
      );
    state.commit(() => state.table(repositories).put(record));
    return { repository: repositoryView(record, context) };
  },
});

export const describeRepositories = operation("DescribeRepositories", {
  authorize: ({ repositoryNames, registryId }, at) =>
    repositoryNames?.length
      ? repositoryNames.map((repositoryName) => onRepository("DescribeRepositories")({ repositoryName, registryId }, at))
      : onRepository("DescribeRepositories")({ registryId }, at),
  run({ registryId, repositoryNames, nextToken, maxResults }, context) {
    const { state } = context;
    const { account, region } = registryScope(registryId, context);
    if (repositoryNames?.length) {
      mustHaveLength("repositoryNames", repositoryNames, 1, 100);
      if (nextToken !== undefined || maxResults !== undefined)
        throw invalid(
          nextToken === undefined ? "maxResults" : "nextToken",
          "cannot be used when repositories are specified with repositoryNames",
        );
      const found = repositoryNames.map((repositoryName) => requireRepository({ repositoryName, registryId }, context));
      return { repositories: found.map((repository) => repositoryView(repository, context)) };
    }
    const all = state.table(repositories).by("scope", scopeKey({ account, region }));
    const page = pageOf(all, ({ name }) => name, { nextToken, maxResults }, context);
    return {
      repositories: page.items.map((repository) => repositoryView(repository, context)),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    };
  },
});

export const deleteRepository = operation("DeleteRepository", {
  authorize: onRepository("DeleteRepository"),
  run(input, context) {
    const { state } = context;
    const repository = requireRepository(input, context);
    const { name, account } = repository;
    if (!input.force && state.table(images).by("repository", repositoryKey(repository, name)).length > 0)
      throw new RepositoryNotEmptyException(
        because(`The repository with name '${name}' in registry with id '${account}' cannot be deleted because it still contains images`),
      );
    deleteRepositoryRecords(state, repository);
    return { repository: repositoryView(repository, context) };
  },
});
