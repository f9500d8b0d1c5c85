import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { readName, sortKey } from "../../domain/dns/name.ts";
import { recordSets, type RecordSetRecord } from "../../state/route53.ts";
import { trafficPolicyInstances } from "../../state/traffic-policies.ts";
import { compareKeys } from "../pagination.ts";
import { pageLimit } from "./pages.ts";
import { invalidInput, operation, requireZone, zoneArn } from "./route53-operation.ts";

const MOST = 300;

export const listResourceRecordSets = operation("ListResourceRecordSets", {
  authorize: ({ HostedZoneId }, at) => ({ action: "route53:ListResourceRecordSets", resource: zoneArn(at, HostedZoneId) }),
  run({ HostedZoneId, StartRecordName, StartRecordType, StartRecordIdentifier, MaxItems }, context) {
    const zone = requireZone(context, HostedZoneId);
    if (StartRecordType !== undefined && StartRecordName === undefined)
      throw invalidInput("The request is invalid: a record type to start at needs a record name.");
    if (StartRecordIdentifier !== undefined && StartRecordType === undefined)
      throw invalidInput("The request is invalid: a set identifier to start at needs a record name and a record type.");
    const limit = pageLimit(MaxItems, MOST);
    const from = [StartRecordName === undefined ? "" : startName(StartRecordName), StartRecordType ?? "", StartRecordIdentifier ?? ""];
    const all = context.state.table(recordSets).by("zone", zone.id);
    const sets = asListed(all, (id) => context.state.table(trafficPolicyInstances).get(id)?.name)
      .map((set) => ({ set, key: [sortKey(set.name), set.type, listedIdentifier(set) ?? ""] }))
      .filter(({ key }) => compareParts(key, from) >= 0)
      .toSorted((a, b) => compareParts(a.key, b.key))
      .map(({ set }) => set);
    const next = sets[limit];
    return {
      ResourceRecordSets: sets.slice(0, limit).map(shownRecordSet),
      IsTruncated: next !== undefined,
      MaxItems: limit as never,
      ...defined({ NextRecordName: next?.name, NextRecordType: next?.type, NextRecordIdentifier: next && listedIdentifier(next) }),
    };
  },
});

/** Of what a traffic policy comes to, one record set is told: that of the instance's name. */
function asListed(all: readonly RecordSetRecord[], nameOf: (instanceId: string) => string | undefined): readonly RecordSetRecord[] {
  const told = new Set<string>();
  return all.filter(({ trafficPolicyInstanceId: id, name }) => {
    if (id === undefined) return true;
    return name === nameOf(id) && told.size < told.add(id).size;
  });
}

/** Where a listing starts: at a name that need not be there, of whatever zone. @throws InvalidInput */
function startName(text: string): string {
  const name = readName(text);
  if (typeof name === "object") throw invalidInput(`FATAL problem: ${name.problem} encountered with '${text}'`);
  return sortKey(name);
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (const [at, part] of a.entries()) {
    const order = compareKeys(part, b[at] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function listedIdentifier({ setIdentifier, trafficPolicyInstanceId }: RecordSetRecord): string | undefined {
  return trafficPolicyInstanceId === undefined ? setIdentifier : undefined;
}

export function shownRecordSet(set: RecordSetRecord): ResourceRecordSet {
  if (set.trafficPolicyInstanceId !== undefined)
    return { Name: set.name, Type: set.type, TrafficPolicyInstanceId: set.trafficPolicyInstanceId };
  return {
    Name: set.name,
    Type: set.type,
    ...defined({
      SetIdentifier: set.setIdentifier,
      Weight: set.weight,
      Region: set.region as ResourceRecordSet["Region"],
      GeoLocation: set.geoLocation,
      CidrRoutingConfig: set.cidrRouting,
      Failover: set.failover,
      MultiValueAnswer: set.multiValueAnswer,
      TTL: set.ttl,
      ResourceRecords: set.values?.map((Value) => ({ Value })),
      AliasTarget: set.aliasTarget,
      HealthCheckId: set.healthCheckId,
    }),
  };
}
