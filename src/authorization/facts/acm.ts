import { certificates } from "../../state/acm.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

export const acmFacts: FactsOf = (state, _arn, text) => {
  const certificate = state.table(certificates).get(text);
  return certificate && { tags: tagFacts(certificate.tags) };
};
