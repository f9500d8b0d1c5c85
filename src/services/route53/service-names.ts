import type { ZoneToChange } from "../../decide/record-changes/apply-changes.ts";
import { nameOf } from "../../domain/dns/name.ts";
import type { LoadBalancerRecord } from "../../state/elb.ts";

type Named = Pick<LoadBalancerRecord, "dnsName" | "canonicalHostedZoneId">;

/** Looks up what aliases lead to. The load balancers are read at the first look, once for all aliases of a batch. */
export function serviceNames(balancers: () => Iterable<Named>): ZoneToChange["serviceName"] {
  let known: { readonly zoneOf: ReadonlyMap<string, string>; readonly zones: ReadonlySet<string> } | undefined;
  return ({ HostedZoneId, DNSName }, type) => {
    known ??= read(balancers());
    const zone = known.zoneOf.get(DNSName);
    if (!known.zones.has(HostedZoneId)) return zone === undefined ? undefined : "not-within";
    if (zone !== undefined && zone !== HostedZoneId) return "not-within";
    return zone !== undefined && (type === "A" || type === "AAAA") ? "found" : "not-found";
  };
}

/** The zone of a load balancer's name, which is as `readName` gives it. The load balancers are read at the first look. */
export function zoneOfBalancer(balancers: () => Iterable<Named>): (name: string) => string | undefined {
  let known: ReadonlyMap<string, string> | undefined;
  return (name) => (known ??= read(balancers()).zoneOf).get(name);
}

function read(balancers: Iterable<Named>) {
  const zoneOf = new Map<string, string>();
  for (const { dnsName, canonicalHostedZoneId } of balancers)
    for (const name of [dnsName, `dualstack.${dnsName}`]) zoneOf.set(nameOf(name), canonicalHostedZoneId);
  return { zoneOf, zones: new Set(zoneOf.values()) };
}
