import type { Vpc } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { firstDhcpOptions } from "../../state/ec2-dhcp-options.ts";
import { vpcBlocks, vpcs, type VpcBlock, type VpcRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function vpcNotFound(id: string): AwsError {
  return new AwsError("InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`);
}

/** @throws InvalidVpcID.NotFound */
export function requireVpc({ state, account, region }: OperationContext, id: string): VpcRecord {
  const vpc = state.table(vpcs).get(id);
  if (!vpc || vpc.account !== account || vpc.region !== region) throw vpcNotFound(id);
  return vpc;
}

/** The set of DHCP options that a VPC has; `default` for none. */
export function dhcpOptionsOf(vpc: VpcRecord, { state, ids }: OperationContext): string {
  return vpc.dhcpOptionsId ?? firstDhcpOptions(state, ids, vpc).id;
}

/** The blocks of a VPC with their associations; the first one's follows from the VPC's id. */
export function associationsOf({ id, cidrBlock, moreBlocks = [] }: VpcRecord): readonly VpcBlock[] {
  return [{ associationId: id.replace(/^vpc-/, "vpc-cidr-assoc-"), cidrBlock }, ...moreBlocks];
}

export const describeVpcs = operation("DescribeVpcs", {
  authorize: onAny("DescribeVpcs"),
  run(input, context) {
    const all = context.state.table(vpcs).by("scope", scopeKey(context));
    const wanted = chosen(all, input.VpcIds, ({ id }) => id, vpcNotFound);
    const fields = {
      "vpc-id": ({ id }: VpcRecord) => id,
      cidr: ({ cidrBlock }: VpcRecord) => cidrBlock,
      "cidr-block": ({ cidrBlock }: VpcRecord) => cidrBlock,
      "cidr-block-association.association-id": (vpc: VpcRecord) => associationsOf(vpc).map(({ associationId }) => associationId),
      "cidr-block-association.cidr-block": vpcBlocks,
      "cidr-block-association.state": () => "associated",
      "dhcp-options-id": (vpc: VpcRecord) => dhcpOptionsOf(vpc, context),
      "ipv6-cidr-block-association.association-id": () => undefined,
      "ipv6-cidr-block-association.ipv6-cidr-block": () => undefined,
      "ipv6-cidr-block-association.ipv6-pool": () => undefined,
      "ipv6-cidr-block-association.state": () => undefined,
      "is-default": ({ isDefault }: VpcRecord) => isDefault,
      isDefault: ({ isDefault }: VpcRecord) => isDefault,
      "owner-id": ({ account }: VpcRecord) => account,
      state: () => "available",
    };
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields, tags: ({ tags }) => tags }, context);
    return { Vpcs: items.map((vpc) => shownVpc(vpc, context)), ...more };
  },
});

export function shownVpc(vpc: VpcRecord, context: OperationContext): Vpc {
  return {
    CidrBlock: vpc.cidrBlock,
    DhcpOptionsId: dhcpOptionsOf(vpc, context),
    State: "available",
    VpcId: vpc.id,
    OwnerId: vpc.account,
    InstanceTenancy: vpc.instanceTenancy ?? "default",
    Ipv6CidrBlockAssociationSet: [],
    CidrBlockAssociationSet: associationsOf(vpc).map(shownAssociation),
    IsDefault: vpc.isDefault,
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
    Tags: [...vpc.tags],
  };
}

export function shownAssociation({ associationId, cidrBlock }: VpcBlock) {
  return { AssociationId: associationId, CidrBlock: cidrBlock, CidrBlockState: { State: "associated" as const } };
}
