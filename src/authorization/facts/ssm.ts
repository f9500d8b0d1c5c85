import { findParameter, parameterReference } from "../../state/parameters.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

export const ssmFacts: FactsOf = (state, arn, text) => {
  const { parameter } = findParameter(state, parameterReference(arn, text));
  return parameter && { tags: tagFacts(parameter.tags), ...(parameter.sharing ? { policy: parameter.sharing.document } : {}) };
};
