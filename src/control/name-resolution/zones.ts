import type { DnsView, ServiceView, ZoneView } from "../../decide/dns/view.ts";
import { OWN_NAMES, OTHER_NAMES } from "../../decide/routing/plan-routing.ts";
import { isWithin } from "../../domain/dns/name.ts";
import type { Reply } from "../../domain/dns/message.ts";
import { publicZoneOf, recordSetsAt } from "../../state/dns-zones.ts";
import { isBalancerHealthy } from "../../state/elb-health.ts";
import { loadBalancers, type LoadBalancerRecord } from "../../state/elb.ts";
import { isHealthy } from "../../state/route53-health.ts";
import { hostedZones, nameInZone, recordSets, type HostedZoneRecord } from "../../state/route53.ts";
import type { WholeState } from "../../state/state.ts";

/** Where somebody is who asks. */
export interface Standpoint {
  /** Whose private zones are seen; absent on this host itself. */
  readonly vpcId?: string;
  readonly region: string;
  /** Whose public zones count; all where absent. */
  readonly sees?: (zone: HostedZoneRecord) => boolean;
  /** Where a load balancer is reached from there; none where it is not. */
  readonly addressesOf: (balancer: LoadBalancerRecord) => readonly string[];
}

/** @param chance from 0, below 1 */
export function zonesSeenFrom(state: WholeState, { vpcId, region, sees, addressesOf }: Standpoint, chance: number): DnsView {
  return {
    zoneOf(name) {
      const zone = (vpcId === undefined ? undefined : privateZoneOf(state, vpcId, name)) ?? publicZoneOf(state, name, sees);
      return zone && zoneView(state, zone);
    },
    service({ DNSName }): ServiceView | undefined {
      const balancer = balancerNamed(state, DNSName.slice(0, -1).replace(/^dualstack\./, ""));
      return balancer && { addresses: addressesOf(balancer), healthy: isBalancerHealthy(state, balancer.arn) };
    },
    isHealthy: (id) => isHealthy(state, id),
    ...{ region, chance },
  };
}

/** A private zone shadows the public one of its name, with all names below it. */
function privateZoneOf(state: WholeState, vpcId: string, name: string): HostedZoneRecord | undefined {
  return state
    .table(hostedZones)
    .by("vpc", vpcId)
    .filter((zone) => isWithin(name, zone.name))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

export function zoneView(state: WholeState, { id, name }: HostedZoneRecord): ZoneView {
  return {
    ...{ id, name },
    at: (one) => recordSetsAt(state, id, one),
    hasBelow: (one) => state.table(recordSets).count("below", nameInZone(id, one)) > 0,
  };
}

/** @param name in lower case, without the dot at its end; one of a load balancer's own, or the same under AWS's domain */
export function balancerNamed(state: WholeState, name: string): LoadBalancerRecord | undefined {
  const own = name.endsWith(OTHER_NAMES) ? `${name.slice(0, -OTHER_NAMES.length)}${OWN_NAMES}` : name;
  return state.table(loadBalancers).by("dnsName", own)[0];
}

/** The name servers of zones: `ns-1.z0123456789abcdefghij.dns.localhost.`. They are where the question was asked. */
export function nameServerReply(state: WholeState, name: string, type: string, address: string): Reply | undefined {
  const match = /^ns-[1-4]\.(z[0-9a-z]{20})\.dns\.localhost\.$/.exec(name);
  if (!match?.[1] || !state.table(hostedZones).has(match[1].toUpperCase())) return undefined;
  return addressReply(name, type, [address], SERVER_TTL);
}

const SERVER_TTL = 60;

/** Of a name that has addresses, and nothing of other types. */
export function addressReply(name: string, type: string, addresses: readonly string[], ttl: number): Reply {
  const wanted = type === "A" || type === "ANY" ? addresses : [];
  return {
    ...{ kind: "reply", code: "NOERROR", authoritative: true, authorities: [], additionals: [] },
    answers: wanted.map((address) => ({ name, ttl, data: { type: "A", address } })),
  };
}

export function noSuchName(): Reply {
  return { kind: "reply", code: "NXDOMAIN", authoritative: true, answers: [], authorities: [], additionals: [] };
}
