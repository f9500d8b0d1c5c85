import { RepositoryNotFoundException } from "@aws-sdk/client-ecr";
import { parseArn } from "../../domain/arn.ts";
import { isRepositoryPath } from "../../domain/image-reference.ts";
import { repositories, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustHaveLength, registryScope } from "./ecr-operation.ts";

/** As ECR writes it in its refusals. */
const NAME_SOURCE = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*";

/** @throws InvalidParameterException */
export function checkRepositoryName(name: string): void {
  mustHaveLength("repositoryName", name, 2, 256);
  if (!isRepositoryPath(name)) throw invalid("repositoryName", `must satisfy regular expression '${NAME_SOURCE}'`);
}

/** The repository that a request names. @throws RepositoryNotFoundException, InvalidParameterException */
export function requireRepository(
  { repositoryName = "", registryId }: { readonly repositoryName?: string | undefined; readonly registryId?: string | undefined },
  context: OperationContext,
): RepositoryRecord {
  checkRepositoryName(repositoryName);
  const scope = registryScope(registryId, context);
  const found = context.state.table(repositories).get(repositoryKey(scope, repositoryName));
  if (!found) throw repositoryNotFound(repositoryName, scope.account);
  return found;
}

/** @throws RepositoryNotFoundException, InvalidParameterException */
export function requireRepositoryByArn(resourceArn: string | undefined, context: OperationContext): RepositoryRecord {
  const { service, account, region, resource } = parseArn(resourceArn ?? "") ?? {};
  const name = /^repository\/(.+)$/.exec(resource ?? "")?.[1];
  if (service !== "ecr" || name === undefined || account === undefined || region !== context.region)
    throw invalid("resourceArn", "Invalid ARN");
  const found = context.state.table(repositories).get(repositoryKey({ account, region }, name));
  // Another way to write the ARN would be another resource to policies.
  if (found?.arn !== resourceArn || !found) throw repositoryNotFound(name, account);
  return found;
}

export function repositoryNotFound(name: string, account: string): RepositoryNotFoundException {
  return new RepositoryNotFoundException(because(`The repository with name '${name}' does not exist in the registry with id '${account}'`));
}
