import { RepositoryPolicyNotFoundException } from "@aws-sdk/client-ecr";
import { repositories, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustHaveLength, onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";

// Policies are kept and shown; they are evaluated from the identity issue on.

export const setRepositoryPolicy = operation("SetRepositoryPolicy", {
  authorize: onRepository("SetRepositoryPolicy"),
  run(input, context) {
    const repository = requireRepository(input, "SetRepositoryPolicy", context);
    const { policyText = "" } = input;
    mustHaveLength("PolicyText", policyText, 0, 10_240);
    if (!isPolicy(policyText)) throw invalid("PolicyText", "Invalid repository policy provided");
    change(repository, (current) => ({ ...current, policy: policyText }), context);
    return { registryId: repository.account, repositoryName: repository.name, policyText };
  },
});

export const getRepositoryPolicy = operation("GetRepositoryPolicy", {
  authorize: onRepository("GetRepositoryPolicy"),
  run(input, context) {
    const repository = requireRepository(input, "GetRepositoryPolicy", context);
    return { registryId: repository.account, repositoryName: repository.name, policyText: requirePolicy(repository) };
  },
});

export const deleteRepositoryPolicy = operation("DeleteRepositoryPolicy", {
  authorize: onRepository("DeleteRepositoryPolicy"),
  run(input, context) {
    const repository = requireRepository(input, "DeleteRepositoryPolicy", context);
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

function isPolicy(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && "Statement" in json;
  } catch {
    return false;
  }
}

function change(repository: RepositoryRecord, to: (current: RepositoryRecord) => RepositoryRecord, { state }: OperationContext): void {
  state.commit(() => state.table(repositories).update(repositoryKey(repository, repository.name), to));
}
