import {
  ConflictingDomainExists,
  HostedZoneAlreadyExists,
  HostedZoneNotEmpty,
  InvalidDomainName,
  TooManyHostedZones,
  type HostedZone,
} from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { isWithin, labelsOf, readName } from "../../domain/dns/name.ts";
import { isReserved } from "../../domain/dns/special-use.ts";
import { insertHostedZone, newZoneId, removeHostedZone } from "../../state/hosted-zones.ts";
import { hostedZones, recordSetProtections, recordSets, type DelegationSetRecord, type HostedZoneRecord } from "../../state/route53.ts";
import { because, type OperationContext } from "../operation.ts";
import { recordChange } from "./changes.ts";
import { requireDelegationSet, shownDelegationSet } from "./delegation-sets.ts";
import { QUOTAS } from "./quotas.ts";
import { invalidInput, onZone, operation, recordSetCount, requireOwnZone, requireZone } from "./route53-operation.ts";
import { readVpc, refuseConflict, requireVpc, vpcsContext } from "./vpcs.ts";

export const createHostedZone = operation("CreateHostedZone", {
  authorize: ({ VPC }) => ({ action: "route53:CreateHostedZone", resource: "*", context: vpcsContext(VPC) }),
  run({ Name = "", CallerReference = "", HostedZoneConfig: { Comment, PrivateZone } = {}, VPC, DelegationSetId }, context) {
    const { state, account, now, ids } = context;
    const name = zoneName(Name, VPC !== undefined);
    if (PrivateZone && !VPC)
      throw invalidInput(
        "When you're creating a private hosted zone (when you specify true for PrivateZone), you must also specify values for VPCId and VPCRegion.",
      );
    if (PrivateZone === false && VPC) throw invalidInput("A hosted zone with a VPC is private: PrivateZone must not be false.");
    if (DelegationSetId !== undefined && VPC)
      throw invalidInput("A reusable delegation set can't be associated with a private hosted zone.");
    const delegationSet = DelegationSetId === undefined ? undefined : requireDelegationSet(context, DelegationSetId);
    const own = state.table(hostedZones).by("account", account);
    if (own.some(({ callerReference }) => callerReference === CallerReference))
      throw new HostedZoneAlreadyExists(because("A hosted zone has already been created with the specified caller reference."));
    if (own.length >= QUOTAS.MAX_HOSTED_ZONES_BY_OWNER)
      throw new TooManyHostedZones(
        because(`Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more than ${QUOTAS.MAX_HOSTED_ZONES_BY_OWNER} hosted zones.`),
      );
    if (delegationSet) refuseShared(context, delegationSet, name);
    const vpc = VPC && requireVpc(context, readVpc(VPC));
    if (vpc) refuseConflict(context, vpc, name);
    const id = newZoneId(ids);
    const parts = { id, account, name, callerReference: CallerReference, now, ...defined({ vpc, comment: Comment, delegationSet }) };
    const { zone, ChangeInfo } = state.commit(() => ({ zone: insertHostedZone(state, parts), ChangeInfo: recordChange(context) }));
    return {
      HostedZone: shownZone(zone, context),
      ChangeInfo,
      Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${id}`,
      ...whereFrom(zone, context),
      ...(VPC && { VPC }),
    } as never;
  },
});

/** Where a zone is asked: public ones at name servers, private ones in their VPCs. */
function whereFrom({ privateZone, nameServers, delegationSetId }: HostedZoneRecord, context: OperationContext): object {
  if (privateZone) return {};
  if (delegationSetId === undefined) return { DelegationSet: { NameServers: nameServers.map(withoutDot) } };
  return { DelegationSet: shownDelegationSet(requireDelegationSet(context, delegationSetId)) };
}

/**
 * Who delegates to a name server has one zone there that answers for a name.
 * @throws ConflictingDomainExists where a zone of that name, or of one above or below it, has the same name servers; TooManyHostedZones
 */
function refuseShared({ state }: OperationContext, { id }: DelegationSetRecord, name: string): void {
  const zones = state.table(hostedZones).by("delegationSet", id);
  const around = zones.find((zone) => isWithin(name, zone.name) || isWithin(zone.name, name));
  if (around)
    throw new ConflictingDomainExists(
      because(`The hosted zone ${around.id} of ${around.name.slice(0, -1)} has the name servers of the delegation set ${id} already.`),
    );
  const most = QUOTAS.MAX_ZONES_BY_REUSABLE_DELEGATION_SET;
  if (zones.length >= most)
    throw new TooManyHostedZones(
      because(`Limits Exceeded: MAX_ZONES_BY_REUSABLE_DELEGATION_SET - Cannot associate more than ${most} hosted zones.`),
    );
}

/** @throws InvalidDomainName */
function zoneName(text: string, isPrivate: boolean): string {
  const name = readName(text);
  if (typeof name === "object") throw new InvalidDomainName(because(`FATAL problem: ${name.problem} encountered with '${text}'`));
  // Source: Route 53 API Reference, `CreateHostedZone`: no public zone for a top-level domain.
  if (labelsOf(name).length < (isPrivate ? 1 : 2))
    throw new InvalidDomainName(because(`${text} is not a valid domain name for a hosted zone.`));
  if (!isPrivate && isReserved(name)) throw new InvalidDomainName(because(`${name.slice(0, -1)} is reserved by AWS!`));
  return name;
}

const withoutDot = (name: string): string => name.slice(0, -1);

/** A zone as answers have it. */
export function shownZone(zone: HostedZoneRecord, context: OperationContext): HostedZone {
  const { id, name, callerReference, comment, privateZone, namespaceArn } = zone;
  return {
    Id: `/hostedzone/${id}`,
    Name: name,
    CallerReference: callerReference,
    ...(namespaceArn !== undefined && { LinkedService: { ServicePrincipal: "servicediscovery.amazonaws.com", Description: namespaceArn } }),
    Config: { PrivateZone: privateZone, ...defined({ Comment: comment }) },
    ResourceRecordSetCount: recordSetCount(context, zone),
  };
}

export const getHostedZone = operation("GetHostedZone", {
  authorize: onZone("GetHostedZone"),
  run({ Id }, context) {
    const zone = requireZone(context, Id);
    const VPCs = zone.vpcs.map(({ region, id }) => ({ VPCRegion: region, VPCId: id }) as const);
    return { HostedZone: shownZone(zone, context), ...whereFrom(zone, context), ...(zone.privateZone && { VPCs }) } as never;
  },
});

export const updateHostedZoneComment = operation("UpdateHostedZoneComment", {
  authorize: onZone("UpdateHostedZoneComment"),
  run({ Id, Comment }, context) {
    const { comment: _, ...zone } = requireZone(context, Id);
    const changed = { ...zone, ...(Comment === undefined || Comment === "" ? {} : { comment: Comment }) };
    context.state.commit(() => context.state.table(hostedZones).put(changed));
    return { HostedZone: shownZone(changed, context) };
  },
});

export const deleteHostedZone = operation("DeleteHostedZone", {
  authorize: onZone("DeleteHostedZone"),
  run({ Id }, context) {
    const { state } = context;
    const zone = requireOwnZone(context, Id);
    const sets = state.table(recordSets).by("zone", zone.id);
    if (sets.some((set) => set.name !== zone.name || (set.type !== "NS" && set.type !== "SOA")))
      // Two blanks, as on AWS.
      throw new HostedZoneNotEmpty(
        because("The specified hosted zone contains non-required resource record sets  and so cannot be deleted."),
      );
    if (state.table(recordSetProtections).count("zone", zone.id) > 0)
      throw new HostedZoneNotEmpty(because("The specified hosted zone contains resource record set protections and so cannot be deleted."));
    const ChangeInfo = state.commit(() => {
      removeHostedZone(state, zone.id);
      return recordChange(context);
    });
    return { ChangeInfo };
  },
});
