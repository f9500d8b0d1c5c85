import type { Ids } from "../ports/ids.ts";
import { subnets, type SubnetRecord } from "./ec2.ts";
import type { LoadBalancerRecord } from "./elb.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "./network-interfaces.ts";
import { newInterface, SubnetFullError } from "./new-interface.ts";
import type { State } from "./state.ts";

/** A subnet in which a load balancer is to have an interface. */
export interface WantedInterface {
  readonly subnet: SubnetRecord;
  /** Any that is free where absent. Whether it may be had has been asked. */
  readonly address?: string;
}

/** Who an interface is made for: what its record holds of it. */
type Owner = Pick<LoadBalancerRecord, "arn" | "account" | "region" | "vpcId">;

/** How long an interface stays that its load balancer leaves behind: as long as a target may take to finish, unless it is told otherwise. */
const LEAVING_MS = 300_000;

/**
 * Gives a load balancer one interface in each of these subnets, and none elsewhere: another one leaves. One that is there stays, with its address. Which address a new one
 * gets is drawn: so one that a load balancer left is not the next one's, whose clients would reach a stranger. Joins the open commit, or makes one.
 * @throws SubnetFullError
 */
export function placeInterfaces(state: State, ids: Ids, balancer: Owner, wanted: readonly WantedInterface[], now: number): void {
  const table = state.table(networkInterfaces);
  state.commit(() => {
    const kept = new Set<string>();
    for (const record of table.by("loadBalancer", balancer.arn)) {
      const { leavingUntil, ...staying } = record;
      const isWanted = wanted.some(({ subnet }) => subnet.id === record.subnetId);
      if (isWanted) kept.add(record.subnetId);
      if (isWanted && leavingUntil !== undefined) table.replace(record, staying);
      if (!isWanted && leavingUntil === undefined) table.replace(record, { ...record, leavingUntil: now + LEAVING_MS });
    }
    for (const { subnet, address } of wanted) {
      if (kept.has(subnet.id)) continue;
      newInterface(state, ids, { subnet, ...(address === undefined ? {} : { address }), loadBalancerArn: balancer.arn, now });
    }
  });
}

/** Lets go of all addresses of a load balancer. Joins the open commit. */
export function removeInterfaces(state: State, loadBalancerArn: string): void {
  for (const { id } of state.table(networkInterfaces).by("loadBalancer", loadBalancerArn)) state.table(networkInterfaces).delete(id);
}

/** Those that a load balancer has; not those that it has left behind. */
export function interfacesOf(state: State, loadBalancerArn: string): readonly NetworkInterfaceRecord[] {
  return state
    .table(networkInterfaces)
    .by("loadBalancer", loadBalancerArn)
    .filter(({ leavingUntil }) => leavingUntil === undefined);
}

/** Takes away the interfaces in a VPC whose time is over. Returns when the next one's is, milliseconds since the Unix epoch. Joins the open commit, or makes one. */
export function removeLeft(state: State, vpcId: string, now: number): number | undefined {
  const leaving = state
    .table(networkInterfaces)
    .by("vpc", vpcId)
    .flatMap(({ id, leavingUntil }) => (leavingUntil === undefined ? [] : [{ id, leavingUntil }]));
  const over = leaving.filter(({ leavingUntil }) => leavingUntil <= now);
  if (over.length > 0) state.commit(() => over.forEach(({ id }) => state.table(networkInterfaces).delete(id)));
  return leaving.reduce<number | undefined>(
    (next, { leavingUntil }) => (leavingUntil <= now ? next : Math.min(next ?? Infinity, leavingUntil)),
    undefined,
  );
}

/** Gives load balancers that have none in one of their subnets an interface there, as those of earlier versions do not. Returns what there was no address for. */
export function completeInterfaces(
  state: State,
  ids: Ids,
  balancer: Owner & Pick<LoadBalancerRecord, "availabilityZones">,
  now: number,
): SubnetFullError | undefined {
  const present = new Set(interfacesOf(state, balancer.arn).map(({ subnetId }) => subnetId));
  const { availabilityZones } = balancer;
  if (availabilityZones.every(({ subnetId }) => present.has(subnetId))) return undefined;
  const wanted = availabilityZones.flatMap(({ subnetId }) => {
    const subnet = state.table(subnets).get(subnetId);
    return subnet ? [{ subnet }] : [];
  });
  try {
    placeInterfaces(state, ids, balancer, wanted, now);
    return undefined;
  } catch (cause) {
    if (cause instanceof SubnetFullError) return cause;
    throw cause;
  }
}
