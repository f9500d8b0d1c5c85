import { listeners, loadBalancers, rules, targetGroups } from "../../state/elb.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

/** Source: Service Authorization Reference, Elastic Load Balancing V2: of its resources only tags are known. */
export const elasticLoadBalancingFacts: FactsOf = (state, { resource }, text) => {
  const found = resource.startsWith("loadbalancer/")
    ? state.table(loadBalancers).get(text)
    : resource.startsWith("targetgroup/")
      ? state.table(targetGroups).get(text)
      : resource.startsWith("listener-rule/")
        ? state.table(rules).get(text)
        : state.table(listeners).get(text);
  return found && { tags: tagFacts(found.tags) };
};
