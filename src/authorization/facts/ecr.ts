import { repositories, repositoryKey } from "../../state/ecr.ts";
import { registries, registryKey } from "../../state/ecr-registries.ts";
import { jointPolicy } from "./joint-policy.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

/**
 * The registry's policy counts for all of its repositories, those too that are not there yet.
 * Source: Amazon ECR User Guide, "Private registry permissions": with version 2 it is enforced at all requests.
 */
export const ecrFacts: FactsOf = (state, arn) => {
  const repository = state.table(repositories).get(repositoryKey(arn, arn.resource.replace(/^repository\//, "")));
  const policy = jointPolicy(state.table(registries).get(registryKey(arn))?.policy, repository?.policy);
  if (!repository && policy === undefined) return undefined;
  return { ...(repository && { tags: tagFacts(repository.tags) }), ...(policy === undefined ? {} : { policy }) };
};
