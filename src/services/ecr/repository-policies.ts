import { RepositoryPolicyNotFoundException } from "@aws-sdk/client-ecr";
import { repositories, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkLockout, checkRepositoryPolicy } from "./check-policy.ts";
import { onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";

export const setRepositoryPolicy = operation("SetRepositoryPolicy", {
  authorize: onRepository("SetRepositoryPolicy"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const { policyText = "", force = false } = input;
    checkRepositoryPolicy(context.state, repository, policyText);
    if (!force) checkLockout(context, repository, repository.arn, policyText);
    change(repository, (current) => ({ ...current, policy: policyText }), context);
    return { registryId: repository.account, repositoryName: repository.name, policyText };
  },
});

export const getRepositoryPolicy = operation("GetRepositoryPolicy", {
  authorize: onRepository("GetRepositoryPolicy"),
  run(input, context) {
    const repository = requireRepository(input, context);
    return { registryId: repository.account, repositoryName: repository.name, policyText: requirePolicy(repository) };
  },
});

export const deleteRepositoryPolicy = operation("DeleteRepositoryPolicy", {
  authorize: onRepository("DeleteRepositoryPolicy"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const policyText = requirePolicy(repository);
    change(repository, ({ policy: _policy, ...rest }) => rest, context);
    return { registryId: repository.account, repositoryName: repository.name, policyText };
  },
});

function requirePolicy({ name, account, policy }: RepositoryRecord): string {
  if (policy !== undefined) return policy;
  throw new RepositoryPolicyNotFoundException(
    because(`Repository policy does not exist for the repository with name '${name}' in the registry with id '${account}'`),
  );
}

function change(repository: RepositoryRecord, to: (current: RepositoryRecord) => RepositoryRecord, { state }: OperationContext): void {
  state.commit(() => state.table(repositories).update(repositoryKey(repository, repository.name), to));
}
