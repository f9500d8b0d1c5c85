import { InvalidChangeBatch, type Change, type GeoLocation, type ResourceRecordSet } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { readName } from "../../domain/dns/name.ts";
import type { RecordSet } from "../../domain/dns/record-set.ts";
import type { RecordType } from "../../domain/dns/record-type.ts";
import { isProblem, readValue } from "../../domain/dns/value.ts";
import { bareId, invalidInput } from "./route53-operation.ts";

/** Members that decide who is answered, of which a record set has one. */
const POLICIES = ["Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer", "GeoProximityLocation", "CidrRoutingConfig"] as const;

/**
 * The record set of a change, checked by itself; what its values have wrong is in `problems`.
 * @throws InvalidInput where its members do not go together, or one is not carried out here
 */
export function readRecordSet(change: Change): { readonly set: RecordSet; readonly problems: readonly string[] } {
  const { ResourceRecordSet: given } = change;
  if (!given?.Name || !given.Type) throw invalidInput("Invalid request: Missing field 'ResourceRecordSet'");
  const type = given.Type;
  checkMembers(change, given);
  const problems: string[] = [];
  const nameIn = (text: string): string => {
    const name = readName(text);
    if (typeof name === "string") return name;
    problems.push(`FATAL problem: ${name.problem} encountered with '${text}'`);
    return text;
  };
  const values = given.ResourceRecords?.map(({ Value = "" }) => Value);
  const { Region: region, Weight: weight, Failover: failover, MultiValueAnswer: multiValueAnswer, TTL: ttl } = given;
  const set: RecordSet = {
    name: nameIn(given.Name),
    type,
    ...defined({ setIdentifier: given.SetIdentifier, weight, region, failover, multiValueAnswer, ttl, values }),
    ...defined({ geoLocation: given.GeoLocation && readGeoLocation(given.GeoLocation), healthCheckId: given.HealthCheckId }),
    ...(given.CidrRoutingConfig && {
      cidrRouting: { CollectionId: given.CidrRoutingConfig.CollectionId ?? "", LocationName: given.CidrRoutingConfig.LocationName ?? "" },
    }),
    ...(given.AliasTarget && {
      aliasTarget: {
        HostedZoneId: bareId(given.AliasTarget.HostedZoneId, "hostedzone"),
        DNSName: nameIn(given.AliasTarget.DNSName ?? ""),
        EvaluateTargetHealth: given.AliasTarget.EvaluateTargetHealth ?? false,
      },
    }),
  };
  problems.push(...valueProblems(type, values ?? []));
  return { set, problems };
}

/** @throws InvalidInput */
function checkMembers(change: Change, given: ResourceRecordSet): void {
  const where = `in Change with [Action=${change.Action}, Name=${given.Name}, Type=${given.Type}, SetIdentifier=${given.SetIdentifier ?? "null"}]`;
  if (given.TrafficPolicyInstanceId !== undefined)
    throw invalidInput(
      `The record sets of a traffic policy instance are changed by UpdateTrafficPolicyInstance and DeleteTrafficPolicyInstance alone: ${given.TrafficPolicyInstanceId}`,
    );
  if (given.GeoProximityLocation)
    throw invalidInput("Airfield knows nobody's place, and so does not route by geoproximity: GeoProximityLocation is refused.");
  const records = given.ResourceRecords !== undefined;
  const kinds = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";
  if (given.AliasTarget && (records || given.TTL !== undefined))
    throw invalidInput(`Invalid request: Expected exactly one of ${kinds}, but found more than one ${where}`);
  if (!given.AliasTarget && !(records && given.TTL !== undefined))
    throw invalidInput(`Invalid request: Expected exactly one of ${kinds}, but found none ${where}`);
  const policies = POLICIES.filter((member) => given[member] !== undefined);
  const oneOf = "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]";
  if (policies.length > 1) throw invalidInput(`Invalid request: Expected exactly one of ${oneOf}, but found more than one ${where}`);
  if (given.SetIdentifier !== undefined && policies.length === 0)
    throw invalidInput(`Invalid request: Expected exactly one of ${oneOf}, but found none ${where}`);
  if (given.SetIdentifier === undefined && policies.length > 0)
    throw invalidInput(`Invalid request: Missing field 'SetIdentifier' ${where}`);
  if (policies.length > 0 && (given.Type === "NS" || given.Type === "SOA"))
    throw invalidInput(`Invalid request: A routing policy is not allowed for records of type ${given.Type} ${where}`);
  if (given.MultiValueAnswer === false) throw invalidInput(`Invalid request: MultiValueAnswer must be true where it is given ${where}`);
  if (given.MultiValueAnswer && (given.AliasTarget || given.Type === "CNAME"))
    throw invalidInput(`Invalid request: Multivalue answer record sets cannot be aliases or of type CNAME ${where}`);
}

/** @throws InvalidInput where the codes do not go together */
function readGeoLocation(given: GeoLocation) {
  const { ContinentCode, CountryCode, SubdivisionCode } = given;
  if ((ContinentCode === undefined) === (CountryCode === undefined))
    throw invalidInput("Invalid request: Expected exactly one of [ContinentCode, or CountryCode] in GeoLocation");
  if (SubdivisionCode !== undefined && CountryCode === undefined)
    throw invalidInput("Invalid request: A SubdivisionCode in GeoLocation needs its CountryCode");
  return defined({ ContinentCode, CountryCode, SubdivisionCode });
}

function valueProblems(type: RecordType, values: readonly string[]): readonly string[] {
  const problems = values.flatMap((value) => {
    const read = readValue(type, value);
    return isProblem(read) ? [`Invalid Resource Record: 'FATAL problem: ${read.problem} encountered with '${value}''`] : [];
  });
  const seen = new Set<string>();
  const repeated = new Set(values.filter((value) => seen.size === seen.add(value).size));
  const single = type === "CNAME" || type === "SOA";
  return [
    ...problems,
    ...[...repeated].map((value) => `Duplicate Resource Record: '${value}'`),
    ...(single && values.length > 1 ? [`An RRSet of type ${type} must have exactly one resource record.`] : []),
  ];
}

/** All that is wrong, in one text and one by one, as AWS gives it. */
export function invalidBatch(messages: readonly string[]): InvalidChangeBatch {
  return new InvalidChangeBatch({ message: `[${messages.join(", ")}]`, messages: [...messages], $metadata: {} });
}
