import { DRAINING, NOT_IN_USE, REGISTERING } from "../domain/target-health.ts";
import {
  listeners,
  rules,
  targetGroups,
  targetGroupsOf,
  targetKey,
  targets,
  type ListenerRecord,
  type RuleRecord,
  type TargetRecord,
} from "./elb.ts";
import type { State } from "./state.ts";

/** A target as an operation or the ECS scheduler names it. */
export interface NewTarget {
  readonly targetGroupArn: string;
  /** An address or an instance id. */
  readonly id: string;
  readonly port: number;
  readonly availabilityZone?: string;
  /** Where this host reaches it, where that is not `id` and `port`: an instance's address, a published port. */
  readonly address?: string;
  readonly addressPort?: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/**
 * Adds a target to its group. One that is there already stays as it is, health included; one that drains is taken back and begins anew.
 * Joins the open commit, or makes one. Whether it is healthy shows in its record later.
 */
export function registerTarget(state: State, wanted: NewTarget): TargetRecord {
  const { targetGroupArn, id, port, now } = wanted;
  const address = wanted.address ?? id;
  const addressPort = wanted.addressPort ?? port;
  const known = state.table(targets).get(targetKey(targetGroupArn, id, port));
  if (known && known.drainingUntil === undefined && known.address === address && known.addressPort === addressPort) return known;
  const health = targetGroupInUse(state, targetGroupArn) ? REGISTERING : NOT_IN_USE;
  return state.commit(() =>
    state.table(targets).put({
      targetGroupArn,
      id,
      port,
      ...(wanted.availabilityZone === undefined ? {} : { availabilityZone: wanted.availabilityZone }),
      address,
      addressPort,
      health,
      registeredAt: now,
    }),
  );
}

/**
 * Takes a target out of its group: it gets no new requests from now on, and its record goes away when those under way are done or the group's
 * deregistration delay is over. In a group that no load balancer uses it goes away at once. Returns what is left of it.
 * Joins the open commit, or makes one; deregistering what is not registered or drains already changes nothing.
 */
export function deregisterTarget(
  state: State,
  target: Pick<NewTarget, "targetGroupArn" | "id" | "port" | "now">,
): TargetRecord | undefined {
  const key = targetKey(target.targetGroupArn, target.id, target.port);
  const known = state.table(targets).get(key);
  if (!known || known.drainingUntil !== undefined) return known;
  return state.commit(() => {
    if (!targetGroupInUse(state, target.targetGroupArn)) {
      state.table(targets).delete(key);
      return undefined;
    }
    return state
      .table(targets)
      .put({ ...known, health: DRAINING, drainingUntil: target.now + deregistrationDelay(state, target.targetGroupArn) });
  });
}

/** Milliseconds that a deregistered target may take to finish its requests. */
function deregistrationDelay(state: State, targetGroupArn: string): number {
  const seconds = Number(state.table(targetGroups).get(targetGroupArn)?.attributes["deregistration_delay.timeout_seconds"] ?? 300);
  return seconds * 1000;
}

/** The listeners and rules that forward to a target group. */
function usersOfTargetGroup(state: State, targetGroupArn: string): readonly (ListenerRecord | RuleRecord)[] {
  return [...state.table(listeners).by("targetGroup", targetGroupArn), ...state.table(rules).by("targetGroup", targetGroupArn)];
}

export function targetGroupInUse(state: State, targetGroupArn: string): boolean {
  return usersOfTargetGroup(state, targetGroupArn).length > 0;
}

/** The load balancers that send traffic to a target group: on AWS at most one. */
export function loadBalancersOfTargetGroup(state: State, targetGroupArn: string): readonly string[] {
  return [...new Set(usersOfTargetGroup(state, targetGroupArn).map((user) => user.loadBalancerArn))];
}

/** The target groups that a load balancer sends traffic to, by its listeners and their rules. */
export function targetGroupsOfLoadBalancer(state: State, loadBalancerArn: string): ReadonlySet<string> {
  const byDefault = state
    .table(listeners)
    .by("loadBalancer", loadBalancerArn)
    .flatMap((listener) => targetGroupsOf(listener.defaultActions));
  const byRule = state
    .table(rules)
    .by("loadBalancer", loadBalancerArn)
    .flatMap((rule) => targetGroupsOf(rule.actions));
  return new Set([...byDefault, ...byRule]);
}

/** Deletes a listener with its rules. Joins the open commit. */
export function deleteListenerRecord(state: State, listenerArn: string): void {
  for (const rule of state.table(rules).by("listener", listenerArn)) state.table(rules).delete(rule.arn);
  state.table(listeners).delete(listenerArn);
}
