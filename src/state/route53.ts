import type { HealthCheckConfig, Tag } from "@aws-sdk/client-route-53";
import { namesAbove } from "../domain/dns/name.ts";
import type { RecordSet } from "../domain/dns/record-set.ts";
import { defineTable, ofAccount } from "./table.ts";

// Route 53 is global: records have an account and no region. Times are milliseconds since the Unix epoch. Names are as `domain/dns/name.ts` reads
// them: lower case, with the dot at their end.

export interface VpcOfZone {
  readonly region: string;
  readonly id: string;
}

export interface HostedZoneRecord {
  /** `Z` and twenty characters, unique in the installation, without `/hostedzone/` before it. */
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly callerReference: string;
  readonly comment?: string;
  readonly privateZone: boolean;
  /** Those in which a private zone is seen; none of a public one. */
  readonly vpcs: readonly VpcOfZone[];
  /** Those of other accounts that may be associated with it. */
  readonly authorizedVpcs: readonly VpcOfZone[];
  /** Four names, which no other zone has but for those of the same reusable delegation set. */
  readonly nameServers: readonly string[];
  /** Of the reusable delegation set whose name servers it has. */
  readonly delegationSetId?: string;
  readonly tags: readonly Tag[];
  /** The ARN of the Cloud Map namespace that it belongs to: that service alone changes its record sets, and deletes it. */
  readonly namespaceArn?: string;
  readonly createdAt: number;
}

/** What the index of private zones files a name in a VPC under. */
export function nameInVpc(vpcId: string, name: string): string {
  return `${vpcId}/${name}`;
}

export const hostedZones = defineTable<HostedZoneRecord>()("route53.hosted-zones", (zone) => zone.id, ofAccount, {
  account: (zone) => zone.account,
  publicName: (zone) => (zone.privateZone ? undefined : zone.name),
  vpc: (zone) => zone.vpcs.map(({ id }) => id),
  nameInVpc: (zone) => zone.vpcs.map(({ id }) => nameInVpc(id, zone.name)),
  delegationSet: (zone) => zone.delegationSetId,
});

/** Name servers that several zones of an account may have. */
export interface DelegationSetRecord {
  /** `N` and twenty characters, without `/delegationset/` before it. */
  readonly id: string;
  readonly account: string;
  readonly callerReference: string;
  /** Four names: of its own, or those of the zone that it was made of. */
  readonly nameServers: readonly string[];
}

export const delegationSets = defineTable<DelegationSetRecord>()("route53.delegation-sets", (set) => set.id, ofAccount, {
  account: (set) => set.account,
  nameServer: (set) => set.nameServers,
});

export interface RecordSetRecord extends RecordSet {
  readonly zoneId: string;
  readonly account: string;
  /** Of the traffic policy instance that it is a part of, and goes with. */
  readonly trafficPolicyInstanceId?: string;
}

export function recordSetKey(set: Pick<RecordSetRecord, "zoneId" | "name" | "type" | "setIdentifier">): string {
  // An identifier may hold anything, so it comes last.
  return `${set.zoneId}/${set.name}/${set.type}/${set.setIdentifier ?? ""}`;
}

/** What the indexes of record sets file a name of a zone under. */
export function nameInZone(zoneId: string, name: string): string {
  return `${zoneId}/${name}`;
}

export const recordSets = defineTable<RecordSetRecord>()("route53.record-sets", recordSetKey, ofAccount, {
  zone: (set) => set.zoneId,
  name: (set) => nameInZone(set.zoneId, set.name),
  /** All names above it: there is something below them, though they may have no records. */
  below: (set) => namesAbove(set.name).map((name) => nameInZone(set.zoneId, name)),
  healthCheck: (set) => set.healthCheckId,
  cidrCollection: (set) => set.cidrRouting?.CollectionId,
  trafficPolicyInstance: (set) => set.trafficPolicyInstanceId,
});

/** Record sets of one name and type that nobody may change, whether there are any or not. */
export interface ProtectionRecord {
  readonly zoneId: string;
  readonly account: string;
  readonly name: string;
  readonly type: RecordSet["type"];
  /** Told to whoever tries. */
  readonly comment?: string;
}

export const recordSetProtections = defineTable<ProtectionRecord>()(
  "route53.record-set-protections",
  ({ zoneId, name, type }) => `${zoneId}/${name}/${type}`,
  ofAccount,
  { zone: (one) => one.zoneId },
);

/** Blocks of addresses by location, by which record sets are chosen. */
export interface CidrCollectionRecord {
  /** A UUID. */
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly callerReference: string;
  /** Counts up with each change. */
  readonly version: number;
  /** Each with a block at least; a block is in one of them. */
  readonly locations: readonly { readonly name: string; readonly blocks: readonly string[] }[];
}

export const cidrCollections = defineTable<CidrCollectionRecord>()("route53.cidr-collections", (one) => one.id, ofAccount, {
  account: (one) => one.account,
});

/** A change that was made: in the records, and so in what the name server answers, since it was committed. */
export interface ChangeRecord {
  readonly id: string;
  readonly account: string;
  readonly comment?: string;
  readonly submittedAt: number;
}

export const changes = defineTable<ChangeRecord>()("route53.changes", (change) => change.id, ofAccount, {
  account: (change) => change.account,
});

export interface HealthCheckRecord {
  /** A UUID. */
  readonly id: string;
  readonly account: string;
  readonly callerReference: string;
  readonly config: HealthCheckConfig;
  /** Counts up with each change. */
  readonly version: number;
  readonly tags: readonly Tag[];
  /** The ARN of the Cloud Map service for whose instance it is: that service alone changes and deletes it. */
  readonly discoveryServiceArn?: string;
  readonly createdAt: number;
}

export const healthChecks = defineTable<HealthCheckRecord>()("route53.health-checks", (check) => check.id, ofAccount, {
  account: (check) => check.account,
  child: (check) => check.config.ChildHealthChecks ?? [],
});
