import { isWithinBlock, mayBeAssociated, overlapping } from "../../decide/addresses/vpc-block.ts";
import { scopeKey } from "../../domain/scope.ts";
import { subnets, vpcBlocks, vpcs, type VpcRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { AuthorizeScope, OperationContext } from "../operation.ts";
import { onOne, operation } from "./ec2-operation.ts";
import { invalidRange, MOST_BLOCKS, readBlock, refuseOtherBlocks, refuseVpcBlock } from "./vpc-blocks.ts";
import { associationsOf, requireVpc, shownAssociation } from "./vpcs.ts";

export const associateVpcCidrBlock = operation("AssociateVpcCidrBlock", {
  authorize: ({ VpcId }, at) => onOne("AssociateVpcCidrBlock", "vpc", VpcId, at),
  run({ VpcId = "", ...input }, context) {
    const { state, ids } = context;
    refuseOtherBlocks(input);
    if (input.CidrBlock === undefined)
      throw new AwsError("MissingParameter", "Either 'cidrBlock' or 'amazonProvidedIpv6CidrBlock' should be provided.");
    const cidrBlock = readBlock(input.CidrBlock);
    const vpc = requireVpc(context, VpcId);
    const known = vpcBlocks(vpc);
    const conflict = overlapping(known, cidrBlock);
    if (conflict !== undefined)
      throw new AwsError("CidrConflict", `The CIDR '${cidrBlock}' conflicts with the CIDR '${conflict}' of the VPC`);
    if (!mayBeAssociated(vpc.cidrBlock, cidrBlock))
      throw invalidRange(
        `The CIDR '${cidrBlock}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html`,
      );
    refuseVpcBlock(cidrBlock, context);
    if (known.length >= MOST_BLOCKS)
      throw new AwsError("CidrLimitExceeded", `This network '${vpc.id}' has met its maximum number of allowed CIDRs: ${MOST_BLOCKS}`);
    const made = { associationId: `vpc-cidr-assoc-${ids.hex(17)}`, cidrBlock };
    state.commit(() => state.table(vpcs).put({ ...vpc, moreBlocks: [...(vpc.moreBlocks ?? []), made] }));
    return { VpcId: vpc.id, CidrBlockAssociation: { ...shownAssociation(made), CidrBlockState: { State: "associating" as const } } };
  },
});

export const disassociateVpcCidrBlock = operation("DisassociateVpcCidrBlock", {
  authorize: ({ AssociationId = "" }, at) => onOne("DisassociateVpcCidrBlock", "vpc", vpcOfAssociation(at, AssociationId)?.id, at),
  run({ AssociationId = "" }, context) {
    const { state } = context;
    const vpc = vpcOfAssociation(context, AssociationId);
    if (!vpc)
      throw new AwsError(
        "InvalidVpcCidrBlockAssociationID.NotFound",
        `The vpc CIDR block association ID '${AssociationId}' does not exist`,
      );
    const found = vpc.moreBlocks?.find(({ associationId }) => associationId === AssociationId);
    if (!found)
      throw new AwsError(
        "OperationNotPermitted",
        `The vpc CIDR block with association ID ${AssociationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
      );
    if (
      state
        .table(subnets)
        .by("vpc", vpc.id)
        .some(({ cidrBlock }) => isWithinBlock(cidrBlock, found.cidrBlock))
    )
      throw new AwsError("InvalidCidrBlock.InUse", `The vpc ${vpc.id} currently has a subnet within CIDR block ${found.cidrBlock}`);
    const moreBlocks = (vpc.moreBlocks ?? []).filter(({ associationId }) => associationId !== AssociationId);
    state.commit(() => state.table(vpcs).put({ ...vpc, moreBlocks }));
    return { VpcId: vpc.id, CidrBlockAssociation: { ...shownAssociation(found), CidrBlockState: { State: "disassociating" as const } } };
  },
});

function vpcOfAssociation({ state, account, region }: AuthorizeScope | OperationContext, id: string): VpcRecord | undefined {
  return state
    .table(vpcs)
    .by("scope", scopeKey({ account, region }))
    .find((vpc) => associationsOf(vpc).some(({ associationId }) => associationId === id));
}
