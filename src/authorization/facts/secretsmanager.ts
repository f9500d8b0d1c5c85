import { secrets } from "../../state/secrets.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

export const secretsManagerFacts: FactsOf = (state, _arn, text) => {
  const secret = state.table(secrets).get(text);
  return secret && { tags: tagFacts(secret.tags) };
};
