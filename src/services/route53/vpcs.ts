import { ConflictingDomainExists, InvalidVPCId, type VPC } from "@aws-sdk/client-route-53";
import { privateZoneNamed } from "../../state/dns-zones.ts";
import { hostedZones, type HostedZoneRecord, type VpcOfZone } from "../../state/route53.ts";
import { vpcs } from "../../state/ec2.ts";
import { because, type ConditionContext, type OperationContext } from "../operation.ts";
import { invalidInput } from "./route53-operation.ts";

/** Source: Service Authorization Reference, Amazon Route 53, `route53:VPCs`. */
export function vpcsContext({ VPCId, VPCRegion }: VPC = {}): ConditionContext {
  return VPCId === undefined ? {} : { "route53:VPCs": [`VPCId=${VPCId},VPCRegion=${VPCRegion ?? ""}`] };
}

/** @throws InvalidInput where a part is missing */
export function readVpc({ VPCId, VPCRegion }: VPC = {}): VpcOfZone {
  if (VPCId === undefined || VPCRegion === undefined) throw invalidInput("You must specify values for both VPCId and VPCRegion.");
  return { id: VPCId, region: VPCRegion };
}

/** A VPC of the caller's account. @throws InvalidVPCId */
export function requireVpc({ state }: Pick<OperationContext, "state">, vpc: VpcOfZone): VpcOfZone {
  if (state.table(vpcs).get(vpc.id)?.region !== vpc.region)
    throw new InvalidVPCId(
      because(`The VPC: ${vpc.id} in region ${vpc.region} that you provided is not authorized to make the association.`),
    );
  return vpc;
}

/** All zones that a VPC sees, of whichever accounts: it is the caller's own. */
export function zonesSeenFrom({ state }: Pick<OperationContext, "state">, { id }: VpcOfZone): readonly HostedZoneRecord[] {
  return state.whole.table(hostedZones).by("vpc", id);
}

/** A name means one thing in a VPC. @throws ConflictingDomainExists */
export function refuseConflict(context: OperationContext, vpc: VpcOfZone, name: string): void {
  const conflicting = privateZoneNamed(context.state.whole, vpc.id, name);
  if (!conflicting) return;
  const known = conflicting.account === context.account ? conflicting.id : "";
  throw new ConflictingDomainExists(
    because(
      `The VPC ${vpc.id} in region ${vpc.region} has already been associated with the hosted zone ${known} with the same domain name.`,
    ),
  );
}
