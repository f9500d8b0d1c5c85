import {
  LastVPCAssociation,
  LimitsExceeded,
  NoSuchHostedZone,
  NotAuthorizedException,
  PublicZoneVPCAssociation,
  TooManyVPCAssociationAuthorizations,
  VPCAssociationAuthorizationNotFound,
  VPCAssociationNotFound,
  type VPC,
} from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { hostedZones, type HostedZoneRecord, type VpcOfZone } from "../../state/route53.ts";
import { because, type OperationContext } from "../operation.ts";
import { recordChange } from "./changes.ts";
import { pageLimit, tokenPage } from "./pages.ts";
import { QUOTAS } from "./quotas.ts";
import { bareId, invalidInput, operation, requireZone, zoneArn } from "./route53-operation.ts";
import { readVpc, refuseConflict, requireVpc, vpcsContext, zonesSeenFrom } from "./vpcs.ts";

const isVpc =
  (vpc: VpcOfZone) =>
  (other: VpcOfZone): boolean =>
    other.id === vpc.id && other.region === vpc.region;

export const associateVPCWithHostedZone = operation("AssociateVPCWithHostedZone", {
  authorize: ({ HostedZoneId, VPC }, at) => ({
    action: "route53:AssociateVPCWithHostedZone",
    resource: zoneArn(at, HostedZoneId),
    context: vpcsContext(VPC),
  }),
  run({ HostedZoneId, VPC, Comment }, context) {
    const vpc = readVpc(VPC);
    const zone = zoneFor(context, HostedZoneId, vpc);
    if (!zone.privateZone)
      throw new PublicZoneVPCAssociation(
        because("You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support it."),
      );
    requireVpc(context, vpc);
    if (zone.account !== context.account && !zone.authorizedVpcs.some(isVpc(vpc)))
      throw new NotAuthorizedException(because(`The VPC: ${vpc.id} has not authorized the association with your hosted zone.`));
    refuseConflict(context, vpc, zone.name);
    if (zone.vpcs.length >= QUOTAS.MAX_VPCS_ASSOCIATED_BY_ZONE)
      throw new LimitsExceeded(
        because(`Limits Exceeded: MAX_VPCS_ASSOCIATED_BY_ZONE - Cannot associate more than ${QUOTAS.MAX_VPCS_ASSOCIATED_BY_ZONE} VPCs.`),
      );
    return { ChangeInfo: put(context, { ...zone, vpcs: [...zone.vpcs, vpc] }, Comment) };
  },
});

export const disassociateVPCFromHostedZone = operation("DisassociateVPCFromHostedZone", {
  authorize: ({ HostedZoneId, VPC }, at) => ({
    action: "route53:DisassociateVPCFromHostedZone",
    resource: zoneArn(at, HostedZoneId),
    context: vpcsContext(VPC),
  }),
  run({ HostedZoneId, VPC, Comment }, context) {
    const vpc = readVpc(VPC);
    const own = context.state.table(hostedZones).get(bareId(HostedZoneId, "hostedzone"));
    // The owner of a zone may end any association with it; the owner of a VPC any of that VPC.
    const zone = own ?? zoneFor(context, HostedZoneId, requireVpc(context, vpc));
    if (!zone.vpcs.some(isVpc(vpc)))
      throw new VPCAssociationNotFound(because(`The VPC: ${vpc.id} is not associated with the hosted zone: ${zone.id}.`));
    if (zone.vpcs.length === 1)
      throw new LastVPCAssociation(because(`The VPC: ${vpc.id} is the last one that is associated with the hosted zone: ${zone.id}.`));
    return { ChangeInfo: put(context, { ...zone, vpcs: zone.vpcs.filter((other) => !isVpc(vpc)(other)) }, Comment) };
  },
});

/**
 * The caller's own zone, or one of another account that has authorized the VPC or has it already: nobody else is told that there is such a zone.
 * @throws NoSuchHostedZone
 */
function zoneFor(context: OperationContext, id: string | undefined, vpc: VpcOfZone): HostedZoneRecord {
  const bare = bareId(id, "hostedzone");
  const zone = context.state.whole.table(hostedZones).get(bare);
  if (zone && (zone.account === context.account || [...zone.authorizedVpcs, ...zone.vpcs].some(isVpc(vpc)))) return zone;
  throw new NoSuchHostedZone(because(`No hosted zone found with ID: ${bare}`));
}

function put(context: OperationContext, zone: HostedZoneRecord, comment: string | undefined) {
  return context.state.commit(() => {
    context.state.whole.table(hostedZones).put(zone);
    return recordChange(context, comment);
  });
}

export const createVPCAssociationAuthorization = operation("CreateVPCAssociationAuthorization", {
  authorize: ({ HostedZoneId, VPC }, at) => ({
    action: "route53:CreateVPCAssociationAuthorization",
    resource: zoneArn(at, HostedZoneId),
    context: vpcsContext(VPC),
  }),
  run({ HostedZoneId, VPC }, context) {
    const { zone, vpc } = authorized(context, HostedZoneId, VPC);
    if (zone.authorizedVpcs.length >= QUOTAS.VPC_AUTHORIZATIONS_BY_ZONE)
      throw new TooManyVPCAssociationAuthorizations(
        because(`Limits Exceeded: cannot authorize more than ${QUOTAS.VPC_AUTHORIZATIONS_BY_ZONE} VPCs.`),
      );
    const authorizedVpcs = [...zone.authorizedVpcs.filter((other) => !isVpc(vpc)(other)), vpc];
    context.state.commit(() => context.state.table(hostedZones).put({ ...zone, authorizedVpcs }));
    return { HostedZoneId: zone.id, VPC };
  },
});

export const deleteVPCAssociationAuthorization = operation("DeleteVPCAssociationAuthorization", {
  authorize: ({ HostedZoneId, VPC }, at) => ({
    action: "route53:DeleteVPCAssociationAuthorization",
    resource: zoneArn(at, HostedZoneId),
    context: vpcsContext(VPC),
  }),
  run({ HostedZoneId, VPC }, context) {
    const { zone, vpc } = authorized(context, HostedZoneId, VPC);
    if (!zone.authorizedVpcs.some(isVpc(vpc)))
      throw new VPCAssociationAuthorizationNotFound(
        because("The VPC that you specified is not authorized to be associated with the hosted zone."),
      );
    const authorizedVpcs = zone.authorizedVpcs.filter((other) => !isVpc(vpc)(other));
    context.state.commit(() => context.state.table(hostedZones).put({ ...zone, authorizedVpcs }));
    return {};
  },
});

/** Whether there is such a VPC in another account is not told: an authorization of one that is not there is of no use. */
function authorized(context: OperationContext, id: string | undefined, VPC: Parameters<typeof readVpc>[0]) {
  const zone = requireZone(context, id);
  if (!zone.privateZone) throw invalidInput("VPCs can be authorized for private hosted zones only.");
  return { zone, vpc: readVpc(VPC) };
}

export const listVPCAssociationAuthorizations = operation("ListVPCAssociationAuthorizations", {
  authorize: ({ HostedZoneId }, at) => ({ action: "route53:ListVPCAssociationAuthorizations", resource: zoneArn(at, HostedZoneId) }),
  run({ HostedZoneId, NextToken, MaxResults }, context) {
    const zone = requireZone(context, HostedZoneId);
    const { items, nextToken } = tokenPage(
      zone.authorizedVpcs,
      ({ id, region }) => `${id} ${region}`,
      { token: NextToken, limit: pageLimit(MaxResults, 50) },
      context,
    );
    const VPCs = items.map(({ id, region }) => ({ VPCId: id, VPCRegion: region }) as VPC);
    return { HostedZoneId: zone.id, VPCs, ...defined({ NextToken: nextToken }) };
  },
});

export const listHostedZonesByVPC = operation("ListHostedZonesByVPC", {
  authorize: ({ VPCId, VPCRegion }) => ({
    action: "route53:ListHostedZonesByVPC",
    resource: "*",
    context: vpcsContext(defined({ VPCId, VPCRegion })),
  }),
  run({ VPCId, VPCRegion, NextToken, MaxItems }, context) {
    const limit = pageLimit(MaxItems, 100);
    const vpc = requireVpc(context, readVpc(defined({ VPCId, VPCRegion })));
    const { items, nextToken } = tokenPage(zonesSeenFrom(context, vpc), ({ id }) => id, { token: NextToken, limit }, context);
    return {
      HostedZoneSummaries: items.map(({ id, name, account }) => ({ HostedZoneId: id, Name: name, Owner: { OwningAccount: account } })),
      MaxItems: limit as never,
      ...defined({ NextToken: nextToken }),
    };
  },
});
