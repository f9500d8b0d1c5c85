import { isWithin, namesAbove, readName } from "../domain/dns/name.ts";
import { isReserved } from "../domain/dns/special-use.ts";
import type { RecordType } from "../domain/dns/record-type.ts";
import { hostedZones, nameInVpc, nameInZone, recordSets, type HostedZoneRecord, type RecordSetRecord } from "./route53.ts";
import type { State } from "./state.ts";

/**
 * The public zone that answers for a name, of whichever account; `undefined` where none does. A zone answers where it was there before every zone
 * above it, or the next one above delegates to its name servers, as the rest of the DNS would have it: who makes a zone below or above somebody
 * else's takes no name from it, and of several zones of one name the first counts. None answers for a reserved name. Costs what there are zones of the names above.
 * @param counts zones of which it is not so might as well not be there
 */
export function publicZoneOf(
  state: State,
  name: string,
  counts: (zone: HostedZoneRecord) => boolean = () => true,
): HostedZoneRecord | undefined {
  if (isReserved(name)) return undefined;
  const candidates = [name, ...namesAbove(name)].flatMap((zoneName) => state.table(hostedZones).by("publicName", zoneName).filter(counts));
  const answering: HostedZoneRecord[] = [];
  const servers = new Map<string, ReadonlySet<string>>();
  const delegates = (parent: HostedZoneRecord, zone: HostedZoneRecord): boolean => {
    const key = nameInZone(parent.id, zone.name);
    const told = servers.get(key) ?? delegatedTo(state, parent, zone.name);
    servers.set(key, told);
    return zone.nameServers.some((server) => told.has(server));
  };
  for (const zone of candidates.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))) {
    const around = answering.filter((other) => isWithin(zone.name, other.name));
    const next = around.toSorted((a, b) => b.name.length - a.name.length).find((other) => other.name !== zone.name);
    const taken = around.some((other) => other.name === zone.name);
    if (next ? delegates(next, zone) && !taken : !taken) answering.push(zone);
  }
  return answering.toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** The private zone of a name in a VPC, of whichever account: there is one at most. */
export function privateZoneNamed(state: State, vpcId: string, name: string): HostedZoneRecord | undefined {
  return state.table(hostedZones).by("nameInVpc", nameInVpc(vpcId, name))[0];
}

/** The name servers to whom a zone leaves a name. */
function delegatedTo(state: State, { id }: HostedZoneRecord, name: string): ReadonlySet<string> {
  const values = recordSetsAt(state, id, name).flatMap((set) => (set.type === "NS" ? (set.values ?? []) : []));
  return new Set(values.map(readName).filter((server) => typeof server === "string"));
}

/** The record sets of a name in a zone. */
export function recordSetsAt(state: State, zoneId: string, name: string): readonly RecordSetRecord[] {
  return state.table(recordSets).by("name", nameInZone(zoneId, name));
}

/**
 * The values that a name has for a type in the public DNS, as this installation answers it: what a validation of a domain asks. None where there is
 * no such name or record, and none of aliases.
 * @param text in any case, with or without the dot at its end
 */
export function findRecord(state: State, text: string, type: RecordType): readonly string[] {
  const name = readName(text);
  if (typeof name === "object") return [];
  const zone = publicZoneOf(state, name);
  return zone ? recordSetsAt(state, zone.id, name).flatMap((set) => (set.type === type ? (set.values ?? []) : [])) : [];
}
