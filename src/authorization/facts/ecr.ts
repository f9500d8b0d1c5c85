import { repositories, repositoryKey } from "../../state/ecr.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

export const ecrFacts: FactsOf = (state, arn) => {
  const repository = state.table(repositories).get(repositoryKey(arn, arn.resource.replace(/^repository\//, "")));
  return repository && { tags: tagFacts(repository.tags), ...(repository.policy === undefined ? {} : { policy: repository.policy }) };
};
