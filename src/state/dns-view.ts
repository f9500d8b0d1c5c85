import type { DnsView, ServiceView, ZoneView } from "../decide/dns/view.ts";
import { OTHER_NAMES, OWN_NAMES } from "../decide/routing/plan-routing.ts";
import { longestPrefix, readCidrBlock } from "../domain/dns/cidr-block.ts";
import { namesAbove } from "../domain/dns/name.ts";
import { privateZoneNamed, publicZoneOf, recordSetsAt } from "./dns-zones.ts";
import { isBalancerHealthy } from "./elb-health.ts";
import { loadBalancers, type LoadBalancerRecord } from "./elb.ts";
import { isHealthy } from "./route53-health.ts";
import { cidrCollections, nameInZone, recordSets, type HostedZoneRecord } from "./route53.ts";
import type { State } from "./state.ts";

/** Where somebody is who asks. */
export interface Standpoint {
  /** Whose private zones are seen; absent on this host itself. */
  readonly vpcId?: string;
  readonly region: string;
  /** The address that asks; absent where nobody's is known, who is in no location then. */
  readonly client?: string;
  /** Whose public zones count; all where absent. */
  readonly sees?: (zone: HostedZoneRecord) => boolean;
  /** Where a load balancer is reached from there; none where it is not. */
  readonly addressesOf: (balancer: LoadBalancerRecord) => readonly string[];
}

/** @param chance from 0, below 1 */
export function zonesSeenFrom(state: State, { vpcId, region, client, sees, addressesOf }: Standpoint, chance: number): DnsView {
  return {
    zoneOf(name) {
      const zone = (vpcId === undefined ? undefined : privateZoneOf(state, vpcId, name)) ?? publicZoneOf(state, name, sees);
      return zone && zoneView(state, zone);
    },
    service({ DNSName }): ServiceView | undefined {
      const balancer = balancerNamed(state, DNSName.slice(0, -1).replace(/^dualstack\./, ""));
      // The health is looked at where it is asked for: most aliases stand alone, and are told whatever it is.
      return balancer && { addresses: addressesOf(balancer), isHealthy: () => isBalancerHealthy(state, balancer.arn) };
    },
    isHealthy: (id) => isHealthy(state, id),
    locationsIn: (collectionId) => (client === undefined ? [] : locationsOf(state, collectionId, client)),
    ...{ region, chance },
  };
}

/** A private zone shadows the public one of its name, with all names below it. Costs what the name has labels. */
export function privateZoneOf(state: State, vpcId: string, name: string): HostedZoneRecord | undefined {
  for (const one of [name, ...namesAbove(name)]) {
    const zone = privateZoneNamed(state, vpcId, one);
    if (zone) return zone;
  }
  return undefined;
}

function zoneView(state: State, { id, name }: HostedZoneRecord): ZoneView {
  return {
    ...{ id, name },
    at: (one) => recordSetsAt(state, id, one),
    hasBelow: (one) => state.table(recordSets).count("below", nameInZone(id, one)) > 0,
  };
}

/** @param name in lower case, without the dot at its end; one of a load balancer's own, or the same under AWS's domain */
export function balancerNamed(state: State, name: string): LoadBalancerRecord | undefined {
  const own = name.endsWith(OTHER_NAMES) ? `${name.slice(0, -OTHER_NAMES.length)}${OWN_NAMES}` : name;
  return state.table(loadBalancers).by("dnsName", own)[0];
}

/** Costs what the collection has blocks, a thousand at most. */
function locationsOf(state: State, collectionId: string, client: string): readonly string[] {
  const { locations = [] } = state.table(cidrCollections).get(collectionId) ?? {};
  return locations
    .flatMap(({ name, blocks }) => {
      const prefix = longestPrefix(
        blocks.flatMap((block) => readCidrBlock(block) ?? []),
        client,
      );
      return prefix === undefined ? [] : { name, prefix };
    })
    .toSorted((a, b) => b.prefix - a.prefix)
    .map(({ name }) => name);
}
