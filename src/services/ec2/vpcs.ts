import { scopeKey } from "../../domain/scope.ts";
import type { Vpc } from "@aws-sdk/client-ec2";
import { vpcs, type VpcRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { chosen, described, type FilterFields } from "./describe.ts";
import { invalidValue, onAny, operation } from "./ec2-operation.ts";

const FIELDS: FilterFields<VpcRecord> = {
  "vpc-id": (vpc) => vpc.id,
  cidr: (vpc) => vpc.cidrBlock,
  "cidr-block": (vpc) => vpc.cidrBlock,
  "cidr-block-association.cidr-block": (vpc) => vpc.cidrBlock,
  "cidr-block-association.state": () => "associated",
  "dhcp-options-id": (vpc) => dhcpOptionsOf(vpc.id),
  "is-default": (vpc) => vpc.isDefault,
  isDefault: (vpc) => vpc.isDefault,
  "owner-id": (vpc) => vpc.account,
  state: () => "available",
};

const dhcpOptionsOf = (vpcId: string): string => vpcId.replace(/^vpc-/, "dopt-");

export function vpcNotFound(id: string): AwsError {
  return new AwsError("InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`);
}

/** @throws InvalidVpcID.NotFound */
export function requireVpc({ state, account, region }: OperationContext, id: string): VpcRecord {
  const vpc = state.table(vpcs).get(id);
  if (!vpc || vpc.account !== account || vpc.region !== region) throw vpcNotFound(id);
  return vpc;
}

export const describeVpcs = operation("DescribeVpcs", {
  authorize: onAny("DescribeVpcs"),
  run(input, context) {
    const all = context.state.table(vpcs).by("scope", scopeKey(context));
    const wanted = chosen(all, input.VpcIds, ({ id }) => id, vpcNotFound);
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields: FIELDS, tags: ({ tags }) => tags }, context);
    return { Vpcs: items.map(shown), ...more };
  },
});

function shown(vpc: VpcRecord): Vpc {
  return {
    CidrBlock: vpc.cidrBlock,
    DhcpOptionsId: dhcpOptionsOf(vpc.id),
    State: "available",
    VpcId: vpc.id,
    OwnerId: vpc.account,
    InstanceTenancy: "default",
    Ipv6CidrBlockAssociationSet: [],
    CidrBlockAssociationSet: [
      { AssociationId: vpc.id.replace(/^vpc-/, "vpc-cidr-assoc-"), CidrBlock: vpc.cidrBlock, CidrBlockState: { State: "associated" } },
    ],
    IsDefault: vpc.isDefault,
    Tags: [...vpc.tags],
  };
}

export const describeVpcAttribute = operation("DescribeVpcAttribute", {
  authorize: ({ VpcId }, at) => ({ action: "ec2:DescribeVpcAttribute", resource: at.arn("ec2", `vpc/${VpcId ?? "*"}`) }),
  run({ VpcId = "", Attribute }, context) {
    const vpc = requireVpc(context, VpcId);
    switch (Attribute) {
      case "enableDnsSupport":
        return { VpcId, EnableDnsSupport: { Value: true } };
      case "enableDnsHostnames":
        return { VpcId, EnableDnsHostnames: { Value: vpc.isDefault } };
      case "enableNetworkAddressUsageMetrics":
        return { VpcId, EnableNetworkAddressUsageMetrics: { Value: false } };
      default:
        throw invalidValue(`Value (${String(Attribute)}) for parameter attribute is invalid. Unknown attribute.`);
    }
  },
});
