import {
  InvalidResourceRecordSetProtectionBatch,
  LimitsExceeded,
  ProtectionAlreadyExists,
  type ProtectionError,
  type ResourceRecordSetProtectionConfig,
} from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { isWithin, readName, sortKey } from "../../domain/dns/name.ts";
import { recordSetProtections, type HostedZoneRecord, type ProtectionRecord } from "../../state/route53.ts";
import { because, type OperationContext } from "../operation.ts";
import { pageLimit, tokenPage } from "./pages.ts";
import { QUOTAS } from "./quotas.ts";
import { invalidInput, onZone, operation, requireOwnZone, requireZone } from "./route53-operation.ts";

/** In a request. */
const MOST = 100;
const LONGEST_COMMENT = 256;
const MOST_LISTED = 300;

export const createResourceRecordSetProtections = operation("CreateResourceRecordSetProtections", {
  authorize: onZone("CreateResourceRecordSetProtections"),
  run({ HostedZoneId, Protections = [] }, context) {
    const { state } = context;
    const table = state.table(recordSetProtections);
    const zone = requireOwnZone(context, HostedZoneId);
    const wanted = readProtections(zone, Protections);
    const there = wanted.filter((one) => table.has(recordSetProtections.key(one)));
    if (there.length > 0) {
      const Errors = there.map((one) => failure(one, "ProtectionAlreadyExists", "A protection already exists for the name and type."));
      throw there.length === wanted.length
        ? new ProtectionAlreadyExists({ ...because("A protection already exists for every name and type in the request."), Errors })
        : refused(Errors);
    }
    const most = QUOTAS.PROTECTIONS_BY_ZONE;
    if (table.count("zone", zone.id) + wanted.length > most)
      throw new LimitsExceeded(because(`Limits Exceeded: cannot create more than ${most} protections in a hosted zone.`));
    state.commit(() => wanted.forEach((one) => table.insert(one)));
    return {};
  },
});

export const deleteResourceRecordSetProtections = operation("DeleteResourceRecordSetProtections", {
  authorize: onZone("DeleteResourceRecordSetProtections"),
  run({ HostedZoneId, Protections = [] }, context) {
    const { state } = context;
    const table = state.table(recordSetProtections);
    const wanted = readProtections(requireOwnZone(context, HostedZoneId), Protections);
    const missing = wanted.filter((one) => !table.has(recordSetProtections.key(one)));
    if (missing.length > 0)
      throw refused(missing.map((one) => failure(one, "ProtectionNotFound", "No protection exists for the name and type.")));
    state.commit(() => wanted.forEach((one) => table.delete(recordSetProtections.key(one))));
    return {};
  },
});

/**
 * What a request names, which is looked at before what is there.
 * @throws InvalidInput for too few or too many; InvalidResourceRecordSetProtectionBatch with all entries that are wrong
 */
function readProtections(zone: HostedZoneRecord, given: readonly ResourceRecordSetProtectionConfig[]): readonly ProtectionRecord[] {
  if (given.length === 0 || given.length > MOST) throw invalidInput(`Protections must have 1 to ${MOST} entries.`);
  const read = new Map<string, ProtectionRecord>();
  const wrong: ProtectionError[] = [];
  for (const { RecordName = "", RecordType: type = "A", Comment } of given) {
    const name = readName(RecordName);
    const invalid = (why: string): number => wrong.push({ RecordName, RecordType: type, Code: "InvalidInput", Message: why });
    if (typeof name === "object") invalid(`FATAL problem: ${name.problem} encountered with '${RecordName}'`);
    else if (!isWithin(name, zone.name)) invalid(`The name ${name} is not in the hosted zone ${zone.name}`);
    else if ((Comment?.length ?? 0) > LONGEST_COMMENT) invalid(`The comment must be at most ${LONGEST_COMMENT} characters long.`);
    else {
      const one = { zoneId: zone.id, account: zone.account, name, type, ...defined({ comment: Comment }) };
      if (read.has(recordSetProtections.key(one))) invalid("The name and type appear more than once in the request.");
      read.set(recordSetProtections.key(one), one);
    }
  }
  if (wrong.length > 0) throw refused(wrong);
  return [...read.values()];
}

function failure({ name, type }: ProtectionRecord, Code: string, Message: string): ProtectionError {
  return { RecordName: name, RecordType: type, Code, Message };
}

function refused(Errors: ProtectionError[]): InvalidResourceRecordSetProtectionBatch {
  return new InvalidResourceRecordSetProtectionBatch({ ...because("One or more entries in the request couldn't be processed."), Errors });
}

export const listResourceRecordSetProtections = operation("ListResourceRecordSetProtections", {
  authorize: onZone("ListResourceRecordSetProtections"),
  run({ HostedZoneId, StartRecordName, StartRecordType, MaxResults, NextToken }, context) {
    const zone = requireZone(context, HostedZoneId);
    if (StartRecordType !== undefined && StartRecordName === undefined)
      throw invalidInput("You must specify StartRecordName if you specify StartRecordType.");
    const key = ({ name, type }: Pick<ProtectionRecord, "name"> & { readonly type: string }): string => `${sortKey(name)} ${type}`;
    const start = StartRecordName === undefined || NextToken !== undefined ? undefined : readName(StartRecordName);
    if (typeof start === "object") throw invalidInput(`FATAL problem: ${start.problem} encountered with '${StartRecordName}'`);
    const from = start === undefined ? "" : key({ name: start, type: StartRecordType ?? "" });
    const all = context.state.table(recordSetProtections).by("zone", zone.id);
    const request = { token: NextToken, limit: pageLimit(MaxResults, MOST_LISTED) };
    const page = tokenPage(
      all.filter((one) => key(one) >= from),
      key,
      request,
      context,
    );
    return {
      ResourceRecordSetProtections: page.items.map(({ name, type, comment }) => ({
        ...{ RecordName: name, RecordType: type },
        ...defined({ Comment: comment }),
      })),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});

/** Why record sets of a name and type may not be changed; `undefined` where they may. */
export function protection(
  { state }: Pick<OperationContext, "state">,
  zone: HostedZoneRecord,
  { name, type }: Pick<ProtectionRecord, "name" | "type">,
): string | undefined {
  const found = state.table(recordSetProtections).get(recordSetProtections.key({ zoneId: zone.id, account: zone.account, name, type }));
  if (!found) return undefined;
  return `RRSet with DNS name ${name}, type ${type} is protected${found.comment === undefined ? "." : `: ${found.comment}`}`;
}
