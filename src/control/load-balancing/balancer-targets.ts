import { innerId } from "../../decide/routing/names-in-proxy.ts";
import { listeners, targets, type TargetGroupRecord, type TargetRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** The listeners that targets of a group are, where these are Application Load Balancers. */
export interface Ways {
  /** Equal where the answers are. */
  readonly key: string;
  /** Of the listeners, in the proxy. */
  readonly names: readonly string[];
  /** The name in the proxy of the listener that a target is; `undefined` where it listens no more. */
  of(target: Pick<TargetRecord, "id" | "port">): string | undefined;
}

const NO_WAYS: Ways = { key: "", names: [], of: () => undefined };

/** Costs nothing for groups of other targets; for these a look at the listeners of their one load balancer. */
export function waysOf(state: WholeState, { arn, targetType }: Pick<TargetGroupRecord, "arn" | "targetType">): Ways {
  if (targetType !== "alb") return NO_WAYS;
  const found = state
    .table(targets)
    .by("targetGroup", arn)
    .flatMap(({ id, port }) => (isListening(state, id, port) ? [innerId(id, port)] : []));
  return {
    key: found.toSorted().join(),
    names: found,
    of: ({ id, port }) => {
      const name = innerId(id, port);
      return found.includes(name) ? name : undefined;
    },
  };
}

function isListening(state: WholeState, loadBalancerArn: string, wanted: number): boolean {
  return state
    .table(listeners)
    .by("loadBalancer", loadBalancerArn)
    .some(({ port, boundPort, turn }) => port === wanted && boundPort !== undefined && turn !== undefined);
}
