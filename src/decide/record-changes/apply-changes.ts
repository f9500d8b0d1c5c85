import { isWithin, isWildcard } from "../../domain/dns/name.ts";
import { policyOf, type AliasOf, type RecordSet } from "../../domain/dns/record-set.ts";

export interface RecordChange {
  readonly action: "CREATE" | "DELETE" | "UPSERT";
  readonly set: RecordSet;
}

/** The zone that is changed, before the change. */
export interface ZoneToChange {
  readonly id: string;
  readonly name: string;
  /** The record sets of a name: those that stay as they are are the very same after the changes. */
  readonly at: (name: string) => readonly RecordSet[];
  /** Whether a service's zone of that id has a name for an alias of that type: `undefined` where there is no such zone. */
  readonly serviceName: (target: AliasOf, type: RecordSet["type"]) => "found" | "not-found" | "not-within" | undefined;
}

/** What the batch makes different, or all that is wrong with it. */
export type ChangedZone =
  | { readonly kind: "refused"; readonly messages: readonly string[] }
  | { readonly kind: "changed"; readonly removed: readonly RecordSet[]; readonly put: readonly RecordSet[] };

/**
 * Applies the changes one after another, each to what the ones before it left. Aliases are looked at when all are applied, so that an alias and its
 * target may come in either order. Each change costs what record sets its name has.
 * Source: Route 53 API Reference, `ChangeResourceRecordSets`; the texts are those that its users report.
 */
export function applyChanges(zone: ZoneToChange, batch: readonly RecordChange[]): ChangedZone {
  const repeated = repeatedIn(batch);
  if (repeated.length > 0) return { kind: "refused", messages: repeated };
  const names = new Map<string, ChangedName>();
  const at = (name: string): readonly RecordSet[] => names.get(name)?.after ?? zone.at(name);
  const messages: string[] = [];
  for (const { action, set } of batch) {
    const known = names.get(set.name);
    const there = known?.after ?? zone.at(set.name);
    const same = there.find((one) => isSame(one, set));
    const others = there.filter((one) => one !== same);
    const wrong =
      action === "DELETE" ? wrongToDelete(zone, set, same) : wrongToPut(zone, set, others, action === "CREATE" ? same : undefined);
    messages.push(...wrong);
    if (wrong.length > 0) continue;
    names.set(set.name, { before: known?.before ?? there, after: action === "DELETE" ? others : [...others, set] });
  }
  messages.push(...wrongAliases(zone, batch, at));
  if (messages.length > 0) return { kind: "refused", messages };
  return { kind: "changed", ...differences([...names.values()]) };
}

/** The record sets of a name that the batch changes. */
interface ChangedName {
  readonly before: readonly RecordSet[];
  readonly after: readonly RecordSet[];
}

function differences(names: readonly ChangedName[]): { readonly removed: readonly RecordSet[]; readonly put: readonly RecordSet[] } {
  const removed: RecordSet[] = [];
  const put: RecordSet[] = [];
  for (const { before, after } of names) {
    const left = new Set(after.map(keyOf));
    removed.push(...before.filter((one) => !left.has(keyOf(one))));
    const there = new Set(before);
    put.push(...after.filter((one) => !there.has(one)));
  }
  return { removed, put };
}

/** Whether two are the same one, in whatever state. */
function isSame(a: RecordSet, b: RecordSet): boolean {
  return a.name === b.name && a.type === b.type && a.setIdentifier === b.setIdentifier;
}

/** By which it is told from all others, in whatever state. */
function keyOf({ name, type, setIdentifier }: RecordSet): string {
  return `${type} ${name} ${setIdentifier ?? ""}`;
}

/** One that is deleted may be made anew; more than that is no plan. */
function repeatedIn(batch: readonly RecordChange[]): readonly string[] {
  const seen = new Map<string, RecordChange["action"]>();
  const repeated = new Set<string>();
  for (const { action, set } of batch) {
    const key = keyOf(set);
    const before = seen.get(key);
    if (before !== undefined && !(before === "DELETE" && action !== "DELETE"))
      repeated.add(`The request contains an invalid set of changes for a resource record set '${set.type} ${set.name}'`);
    seen.set(key, action);
  }
  return [...repeated];
}

/** `[name='www.example.com.', type='A']`, with the identifier where there is one. */
function shown({ name, type, setIdentifier }: RecordSet): string {
  const identifier = setIdentifier === undefined ? "" : `, set-identifier='${setIdentifier}'`;
  return `[name='${name}', type='${type}'${identifier}]`;
}

/** `RRSet with DNS name www.example.com., type A, SetIdentifier blue`. */
function named({ name, type, setIdentifier }: RecordSet): string {
  const identifier = setIdentifier === undefined ? "" : `, SetIdentifier ${setIdentifier}`;
  return `RRSet with DNS name ${name}, type ${type}${identifier}`;
}

function wrongToDelete(zone: ZoneToChange, set: RecordSet, there: RecordSet | undefined): readonly string[] {
  if (!there) return [`Tried to delete resource record set ${shown(set)} but it was not found`];
  if (!isEqual(there, set))
    return [`Tried to delete resource record set ${shown(set)} but the values provided do not match the current values`];
  if (set.name === zone.name && set.type === "SOA") return ["A HostedZone must contain exactly one SOA record."];
  if (set.name === zone.name && set.type === "NS") return ["A HostedZone must contain at least one NS record for the zone itself."];
  return [];
}

/** Values in any order, and everything else. */
function isEqual(a: RecordSet, b: RecordSet): boolean {
  const text = ({ values = [], geoLocation = {}, aliasTarget, ...set }: RecordSet): string =>
    JSON.stringify([
      ...[set.ttl, set.weight, set.region, set.failover, set.multiValueAnswer, set.healthCheckId].map((one) => one ?? null),
      [geoLocation.ContinentCode ?? null, geoLocation.CountryCode ?? null, geoLocation.SubdivisionCode ?? null],
      set.cidrRouting ? [set.cidrRouting.CollectionId, set.cidrRouting.LocationName] : null,
      aliasTarget ? [aliasTarget.HostedZoneId, aliasTarget.DNSName, aliasTarget.EvaluateTargetHealth] : null,
      values.toSorted(),
    ]);
  return text(a) === text(b);
}

function wrongToPut(zone: ZoneToChange, set: RecordSet, others: readonly RecordSet[], taken: RecordSet | undefined): readonly string[] {
  const { name, type } = set;
  if (!isWithin(name, zone.name)) return [`RRSet with DNS name ${name} is not permitted in zone ${zone.name}`];
  if (taken) return [`Tried to create resource record set ${shown(set)} but it already exists`];
  return [
    ...wrongPlace(zone, set),
    ...conflicts(zone, set, others),
    ...mixed(
      set,
      others.filter((other) => other.type === type),
    ),
  ];
}

function wrongPlace(zone: ZoneToChange, { name, type, aliasTarget }: RecordSet): readonly string[] {
  const refused = (what: string): readonly string[] => [
    `RRSet of type ${type} with DNS name ${name} is not permitted ${what} in zone ${zone.name}`,
  ];
  const isApex = name === zone.name;
  if (isApex && (type === "CNAME" || type === "DS")) return refused("at apex");
  if (!isApex && type === "SOA") return refused("below the apex");
  if (type === "NS" && isWildcard(name)) return refused("as a wildcard");
  if (aliasTarget && (type === "NS" || type === "SOA" || type === "DS")) return refused("as an alias");
  return [];
}

function conflicts(zone: ZoneToChange, { name, type }: RecordSet, others: readonly RecordSet[]): readonly string[] {
  if (type === "CNAME" && others.some((other) => other.type !== "CNAME"))
    return [
      `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
    ];
  if (type !== "CNAME" && others.some((other) => other.type === "CNAME"))
    return [
      `RRSet of type ${type} with DNS name ${name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone.name}`,
    ];
  return [];
}

/** What may not stand beside record sets of the same name and type. */
function mixed(set: RecordSet, others: readonly RecordSet[]): readonly string[] {
  const policy = policyOf(set);
  const [first] = others;
  if (!first) return [];
  if (policy === "simple") return [`${named(set)} cannot be created as other RRSets exist with the same name and type.`];
  if (others.some((other) => policyOf(other) !== policy))
    return [
      policy === "multivalue answer"
        ? `${named(set)} cannot be created because a non multivalue answer rrset exists with the same name and type.`
        : `${named(set)} cannot be created as a non-${policy} set exists with the same name and type.`,
    ];
  if (policy === "weighted" && others.some(({ ttl }) => ttl !== undefined && set.ttl !== undefined && ttl !== set.ttl))
    return [`${named(set)} cannot be created as weighted sets must contain the same TTL.`];
  if (others.some(({ cidrRouting }) => cidrRouting?.CollectionId !== set.cidrRouting?.CollectionId))
    return [`${named(set)} cannot be created as IP-based sets must be of the same CIDR collection.`];
  const role = roleOf(set);
  if (role !== undefined && others.some((other) => roleOf(other) === role))
    return [
      `${named(set)}, and ${role} cannot be created because a ${policy} RRSet with the same name, type, and ${role.replace(/ .*/, "")} already exists.`,
    ];
  return [];
}

/** What only one record set of a name and type has. */
function roleOf({ region, failover, geoLocation, cidrRouting }: RecordSet): string | undefined {
  if (region !== undefined) return `region ${region}`;
  if (failover !== undefined) return `failover ${failover}`;
  if (cidrRouting) return `location ${cidrRouting.LocationName}`;
  if (!geoLocation) return undefined;
  const { ContinentCode, CountryCode, SubdivisionCode } = geoLocation;
  return `geolocation ${[ContinentCode, CountryCode, SubdivisionCode].filter((code) => code !== undefined).join("-")}`;
}

/** An alias leads to a name of a service, or to another record set of its own zone and type. */
function wrongAliases(zone: ZoneToChange, batch: readonly RecordChange[], at: (name: string) => readonly RecordSet[]): readonly string[] {
  return batch.flatMap(({ action, set: { aliasTarget: target, type, name } }) => {
    if (action === "DELETE" || !target) return [];
    const tried = `Tried to create an alias that targets ${target.DNSName}, type ${type} in zone ${target.HostedZoneId}, but`;
    const notFound = `${tried} that target was not found`;
    const notWithin = `${tried} the alias target name does not lie within the target zone`;
    if (target.HostedZoneId === zone.id) {
      if (!isWithin(target.DNSName, zone.name)) return [notWithin, notFound];
      return target.DNSName !== name && at(target.DNSName).some((one) => one.type === type) ? [] : [notFound];
    }
    switch (zone.serviceName(target, type)) {
      case "found":
        return [];
      case "not-within":
        return [notWithin, notFound];
      default:
        return [notFound];
    }
  });
}
