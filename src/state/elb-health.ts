import { listeners, rules, targetGroupsOf, targets } from "./elb.ts";
import type { State } from "./state.ts";

/**
 * Whether a load balancer is healthy to an alias that asks: each target group of its listeners and rules has a healthy target.
 * Source: Route 53 Developer Guide, "Evaluate target health". Costs what it has listeners and rules.
 */
export function isBalancerHealthy(state: State, arn: string): boolean {
  const groups = new Set([
    ...state
      .table(listeners)
      .by("loadBalancer", arn)
      .flatMap(({ defaultActions }) => targetGroupsOf(defaultActions)),
    ...state
      .table(rules)
      .by("loadBalancer", arn)
      .flatMap(({ actions }) => targetGroupsOf(actions)),
  ]);
  return groups.size > 0 && [...groups].every((group) => state.table(targets).count("healthy", group) > 0);
}
