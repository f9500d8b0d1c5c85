import { contains, parseCidr } from "../../domain/cidr.ts";
import { subnets } from "../../state/ec2.ts";
import { zonesInNames } from "../../state/elb-zones.ts";
import type { LoadBalancerRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import { ownNodes, type HeldAddresses } from "../load-balancing/own-places.ts";

/** Who asks. */
export interface Asking {
  readonly from: number;
  /** Gives a number from 0, below 1. */
  readonly chance: () => number;
}

/** How many of those who ask are led to their own zone. Source: Network Load Balancers guide, "Availability Zone DNS affinity". */
const AFFINITY: Readonly<Record<string, number>> = { availability_zone_affinity: 1, partial_availability_zone_affinity: 0.85 };

/**
 * The addresses that the name of a load balancer leads to, any of them first: those in its healthy zones, or all where none is; of these the one in the zone of
 * who asks alone, where the load balancer favours that. None where this host has none of its addresses.
 */
export function namedAddresses(
  state: WholeState,
  balancer: LoadBalancerRecord,
  held: HeldAddresses | undefined,
  { from, chance }: Asking,
): readonly string[] {
  const nodes = ownNodes(state, balancer.arn, held);
  if (nodes.length === 0) return [];
  const zones = zonesInNames(state, balancer);
  const healthy = nodes.filter(({ zone }) => zones.has(zone));
  // A zone whose address this host does not have yet may be the only healthy one.
  const led = healthy.length === 0 ? nodes : healthy;
  const affinity = AFFINITY[balancer.attributes["dns_record.client_routing_policy"] ?? ""] ?? 0;
  const near = affinity > 0 && chance() < affinity ? led.filter(({ zone }) => zone === zoneOf(state, balancer.vpcId, from)) : [];
  const told = (near.length === 0 ? led : near).map(({ address }) => address);
  const first = Math.floor(chance() * told.length);
  return [...told.slice(first), ...told.slice(0, first)];
}

function zoneOf(state: WholeState, vpcId: string, address: number): string | undefined {
  const inVpc = state.table(subnets).by("vpc", vpcId);
  return inVpc.find(({ cidrBlock }) => {
    const block = parseCidr(cidrBlock);
    return block && contains(block, address);
  })?.availabilityZone;
}
