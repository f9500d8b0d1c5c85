import type { RecordType } from "./record-type.ts";

/** Where an alias leads. */
export interface AliasOf {
  readonly HostedZoneId: string;
  /** As `readName` gives it. */
  readonly DNSName: string;
  readonly EvaluateTargetHealth: boolean;
}

/** Whom a geolocation record is for: a continent, a country, or part of one; `*` as country is everybody else. */
export interface GeoLocationOf {
  readonly ContinentCode?: string;
  readonly CountryCode?: string;
  readonly SubdivisionCode?: string;
}

/** Whom an IP-based record is for: who asks from a location of a CIDR collection; `*` is everybody else. */
export interface CidrRoutingOf {
  readonly CollectionId: string;
  readonly LocationName: string;
}

/** A record set: records of one name and type, and where several share both, of one set identifier. */
export interface RecordSet {
  /** As `readName` gives it. */
  readonly name: string;
  readonly type: RecordType;
  readonly setIdentifier?: string;
  readonly weight?: number;
  readonly region?: string;
  readonly geoLocation?: GeoLocationOf;
  readonly cidrRouting?: CidrRoutingOf;
  readonly failover?: "PRIMARY" | "SECONDARY";
  readonly multiValueAnswer?: boolean;
  /** Seconds; an alias has that of its target. */
  readonly ttl?: number;
  /** As they were sent, checked. */
  readonly values?: readonly string[];
  readonly aliasTarget?: AliasOf;
  readonly healthCheckId?: string;
}

/** How one of several record sets of a name and a type is chosen. Source: Route 53 Developer Guide, "Choosing a routing policy". */
export type RoutingPolicy = "simple" | "weighted" | "latency" | "failover" | "geolocation" | "IP-based" | "multivalue answer";

export function policyOf({ weight, region, failover, geoLocation, cidrRouting, multiValueAnswer }: RecordSet): RoutingPolicy {
  if (weight !== undefined) return "weighted";
  if (region !== undefined) return "latency";
  if (failover !== undefined) return "failover";
  if (geoLocation !== undefined) return "geolocation";
  if (cidrRouting !== undefined) return "IP-based";
  return multiValueAnswer === undefined ? "simple" : "multivalue answer";
}
