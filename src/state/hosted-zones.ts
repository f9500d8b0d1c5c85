import { defined } from "../domain/defined.ts";
import type { Ids } from "../ports/ids.ts";
import {
  hostedZones,
  recordSetKey,
  recordSets,
  type DelegationSetRecord,
  type HostedZoneRecord,
  type RecordSetRecord,
  type VpcOfZone,
} from "./route53.ts";
import { queryLoggingConfigs } from "./query-logging.ts";
import type { State } from "./state.ts";

export interface NewHostedZone {
  readonly id: string;
  readonly account: string;
  /** As `readName` gives it. */
  readonly name: string;
  readonly callerReference: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Of a private zone. */
  readonly vpc?: VpcOfZone;
  readonly comment?: string;
  /** Of the Cloud Map namespace that it belongs to. */
  readonly namespaceArn?: string;
  /** Whose name servers it gets; ones of its own where absent. */
  readonly delegationSet?: DelegationSetRecord;
  /** Seconds, of its SOA: how long others remember that a name is not there. */
  readonly soaTtl?: number;
}

export function newZoneId(ids: Ids): string {
  return `Z${ids.alphanumeric(20).toUpperCase()}`;
}

/** Writes a zone with the record sets that it begins with, inside a commit. */
export function insertHostedZone(state: State, parts: NewHostedZone): HostedZoneRecord {
  const { id, account, name, callerReference, now, vpc, comment, namespaceArn, delegationSet, soaTtl } = parts;
  const zone = state.table(hostedZones).insert({
    ...{ id, account, name, callerReference, createdAt: now },
    privateZone: vpc !== undefined,
    vpcs: vpc ? [vpc] : [],
    authorizedVpcs: [],
    nameServers: delegationSet?.nameServers ?? nameServersOf(id),
    tags: [],
    ...defined({ comment, namespaceArn, delegationSetId: delegationSet?.id }),
  });
  state.table(recordSets).insert({ zoneId: id, account, name, type: "NS", ttl: 172_800, values: zone.nameServers });
  state.table(recordSets).insert(soaOf(zone, soaTtl));
  return zone;
}

/** Removes a zone with its record sets, inside a commit. */
export function removeHostedZone(state: State, id: string): void {
  const table = state.table(recordSets);
  for (const set of table.by("zone", id)) table.delete(recordSetKey(set));
  for (const config of state.table(queryLoggingConfigs).by("zone", id)) state.table(queryLoggingConfigs).delete(config.id);
  state.table(hostedZones).delete(id);
}

export function newDelegationSetId(ids: Ids): string {
  return `N${ids.alphanumeric(20).toUpperCase()}`;
}

/** Of a zone or a delegation set, by its id. Nobody else has them: who delegates to them delegates to this zone, or to zones of this set. */
export function nameServersOf(id: string): readonly string[] {
  return [1, 2, 3, 4].map((number) => `ns-${number}.${id.toLowerCase()}.dns.localhost.`);
}

/**
 * The SOA that AWS gives a new zone. Source: Route 53 Developer Guide, "SOA and NS records that Amazon Route 53 creates".
 * @param ttl in seconds
 */
export function soaOf({ id: zoneId, account, name, nameServers }: HostedZoneRecord, ttl = 900): RecordSetRecord {
  const soa = `${nameServers[0] ?? ""} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`;
  return { zoneId, account, name, type: "SOA", ttl, values: [soa] };
}
