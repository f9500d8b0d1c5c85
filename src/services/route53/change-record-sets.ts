import { NoSuchHealthCheck, type Change } from "@aws-sdk/client-route-53";
import { applyChanges, type RecordChange, type ZoneToChange } from "../../decide/record-changes/apply-changes.ts";
import { readName } from "../../domain/dns/name.ts";
import { laterTurn } from "../../domain/later-turn.ts";
import { recordSetsAt } from "../../state/dns-zones.ts";
import { loadBalancers } from "../../state/elb.ts";
import { cidrCollections, healthChecks, recordSets, type HostedZoneRecord, type RecordSetRecord } from "../../state/route53.ts";
import { because, type ConditionContext, type OperationContext } from "../operation.ts";
import { recordChange } from "./changes.ts";
import { QUOTAS } from "./quotas.ts";
import { invalidBatch, readRecordSet } from "./record-set-input.ts";
import { protection } from "./record-set-protections.ts";
import { invalidInput, operation, recordSetCount, requireOwnZone, zoneArn } from "./route53-operation.ts";
import { serviceNames } from "./service-names.ts";

/** Of a batch. Source: Route 53 Developer Guide, "Quotas": an UPSERT counts twice. */
const MOST_RECORDS = 1000;
const MOST_CHARACTERS = 32_000;
/** More changes than these are read in one turn of the event loop and made in another: a thousand take tens of milliseconds for either. */
const MOST_IN_A_TURN = 100;

export const changeResourceRecordSets = operation("ChangeResourceRecordSets", {
  authorize: ({ HostedZoneId, ChangeBatch: { Changes = [] } = { Changes: [] } }, at) => ({
    action: "route53:ChangeResourceRecordSets",
    resource: zoneArn(at, HostedZoneId),
    context: changeContext(Changes),
  }),
  async run({ HostedZoneId, ChangeBatch: { Changes = [], Comment } = { Changes: [] } }, context) {
    requireOwnZone(context, HostedZoneId);
    refuseLarge(Changes);
    const read = Changes.map((change) => ({ action: change.Action ?? "CREATE", ...readRecordSet(change) }));
    const problems = read.flatMap((change) => (change.action === "DELETE" ? [] : change.problems));
    if (problems.length > 0) throw invalidBatch(problems);
    if (read.length > MOST_IN_A_TURN) await laterTurn(context.clock);
    // Looked for once more: it may be gone meanwhile.
    const zone = requireOwnZone(context, HostedZoneId);
    const protectedOnes = read.flatMap(({ set }) => protection(context, zone, set) ?? []);
    if (protectedOnes.length > 0) throw invalidBatch([...new Set(protectedOnes)]);
    const followed = read.flatMap(({ set }) => ofInstance(context, zone, set) ?? []);
    if (followed.length > 0) throw invalidBatch([...new Set(followed)]);
    requireHealthChecks(context, read);
    requireLocations(context, zone, read);
    const changed = applyChanges(zoneToChange(context, zone), read);
    if (changed.kind === "refused") throw invalidBatch(changed.messages);
    const { state, account } = context;
    const table = state.table(recordSets);
    const records = changed.put.map((set): RecordSetRecord => ({ ...set, zoneId: zone.id, account }));
    const ChangeInfo = state.commit(() => {
      for (const set of changed.removed) table.delete(recordSets.key({ ...set, zoneId: zone.id, account }));
      for (const record of records) table.put(record);
      if (recordSetCount(context, zone) > QUOTAS.MAX_RRSETS_BY_ZONE && records.length > 0) throw beyondQuota();
      return recordChange(context, Comment);
    });
    return { ChangeInfo };
  },
});

function beyondQuota() {
  return invalidBatch([`Number of limits exceeded: {MAX_RRSETS_BY_ZONE=${QUOTAS.MAX_RRSETS_BY_ZONE}}`]);
}

/** Source: Service Authorization Reference, Amazon Route 53; names as its developer guide normalizes them. */
function changeContext(changes: readonly Change[]): ConditionContext {
  const each = <T extends string>(value: (change: Change) => T | undefined): readonly string[] => [
    ...new Set(changes.map(value).filter((one) => one !== undefined)),
  ];
  const normalized = (text: string): string => {
    const name = readName(text);
    return typeof name === "string" ? name.slice(0, -1) : text;
  };
  return {
    "route53:ChangeResourceRecordSetsActions": each(({ Action }) => Action),
    "route53:ChangeResourceRecordSetsRecordTypes": each(({ ResourceRecordSet }) => ResourceRecordSet?.Type),
    "route53:ChangeResourceRecordSetsNormalizedRecordNames": each(({ ResourceRecordSet }) => normalized(ResourceRecordSet?.Name ?? "")),
  };
}

function refuseLarge(changes: readonly Change[]): void {
  let records = 0;
  let characters = 0;
  for (const { Action, ResourceRecordSet: set } of changes) {
    const times = Action === "UPSERT" ? 2 : 1;
    const values = set?.ResourceRecords ?? [];
    records += times * Math.max(1, values.length);
    characters += times * values.reduce((sum, { Value = "" }) => sum + Value.length, 0);
  }
  if (records > MOST_RECORDS) throw invalidBatch([`Number of records limit of ${MOST_RECORDS} exceeded.`]);
  if (characters > MOST_CHARACTERS) throw invalidBatch([`Number of characters limit of ${MOST_CHARACTERS} exceeded.`]);
}

/** Why record sets of a name and type are not to be changed by themselves, where a traffic policy instance has some. */
function ofInstance({ state }: OperationContext, { id }: HostedZoneRecord, { name, type }: RecordChange["set"]): string | undefined {
  const found = recordSetsAt(state, id, name).find((set) => set.type === type && set.trafficPolicyInstanceId !== undefined);
  return (
    found &&
    `RRSet with DNS name ${name}, type ${type} is of the traffic policy instance ${found.trafficPolicyInstanceId}, which alone changes it.`
  );
}

/** @throws NoSuchHealthCheck */
export function requireHealthChecks({ state }: OperationContext, changes: readonly RecordChange[]): void {
  for (const { action, set } of changes)
    if (action !== "DELETE" && set.healthCheckId !== undefined && !state.table(healthChecks).has(set.healthCheckId))
      throw new NoSuchHealthCheck(because(`A health check with id ${set.healthCheckId} does not exist.`));
}

/** @throws InvalidInput in a private zone, whose resolver does not tell locations apart; InvalidChangeBatch where a collection or location is not there */
function requireLocations({ state }: OperationContext, zone: HostedZoneRecord, changes: readonly RecordChange[]): void {
  for (const { action, set } of changes) {
    if (action === "DELETE" || !set.cidrRouting) continue;
    if (zone.privateZone) throw invalidInput("IP-based routing is not supported in private hosted zones.");
    const { CollectionId, LocationName } = set.cidrRouting;
    const collection = state.table(cidrCollections).get(CollectionId);
    if (!collection) throw invalidBatch([`The CIDR collection ${CollectionId} does not exist.`]);
    if (LocationName !== "*" && !collection.locations.some(({ name }) => name === LocationName))
      throw invalidBatch([`The CIDR location ${LocationName} does not exist in the CIDR collection ${CollectionId}.`]);
  }
}

export function zoneToChange({ state }: OperationContext, zone: HostedZoneRecord): ZoneToChange {
  return {
    ...{ id: zone.id, name: zone.name },
    at: (name) => recordSetsAt(state, zone.id, name),
    serviceName: serviceNames(() => state.table(loadBalancers).values()),
  };
}
