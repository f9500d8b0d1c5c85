import { logGroupKey, logGroups } from "../../state/logs.ts";
import type { FactsOf } from "./resource-facts.ts";

/** A group, or a stream of one: streams have no tags of their own. */
export const logsFacts: FactsOf = (state, arn) => {
  const [, name = ""] = /^log-group:([^:]*)/.exec(arn.resource) ?? [];
  const group = state.table(logGroups).get(logGroupKey(arn, name));
  return group && { tags: group.tags };
};
