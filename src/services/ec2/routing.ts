import { scopeKey } from "../../domain/scope.ts";
import { vpcs, subnets, type VpcRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

// A VPC has one route table, one network ACL and, the default one, an internet gateway. They follow from the VPC and are not records,
// until others can be made.

const derived = (prefix: string, { id }: VpcRecord): string => id.replace(/^vpc-/, prefix);
const routeTableOf = (vpc: VpcRecord): string => derived("rtb-", vpc);
const gatewayOf = (vpc: VpcRecord): string => derived("igw-", vpc);
const aclOf = (vpc: VpcRecord): string => derived("acl-", vpc);
const mainAssociationOf = (vpc: VpcRecord): string => derived("rtbassoc-", vpc);

export const describeRouteTables = operation("DescribeRouteTables", {
  authorize: onAny("DescribeRouteTables"),
  run(input, context) {
    const all = context.state.table(vpcs).by("scope", scopeKey(context));
    const wanted = chosen(
      all,
      input.RouteTableIds,
      routeTableOf,
      (id) => new AwsError("InvalidRouteTableID.NotFound", `The routeTable ID '${id}' does not exist`),
    );
    const { items, ...more } = described(
      wanted,
      input,
      {
        id: routeTableOf,
        tags: () => [],
        fields: {
          "route-table-id": routeTableOf,
          "vpc-id": ({ id }) => id,
          "owner-id": ({ account }) => account,
          "association.main": () => true,
          "association.route-table-id": routeTableOf,
          "association.route-table-association-id": mainAssociationOf,
          // Only explicit associations count here, and there are none.
          "association.subnet-id": () => undefined,
          "association.gateway-id": () => undefined,
          "route.destination-cidr-block": (vpc) => routes(vpc).map((route) => route.DestinationCidrBlock),
          "route.gateway-id": (vpc) => routes(vpc).map((route) => route.GatewayId),
          "route.origin": (vpc) => routes(vpc).map((route) => route.Origin),
          "route.state": () => "active",
          "route.nat-gateway-id": () => undefined,
        },
      },
      context,
    );
    return {
      RouteTables: items.map((vpc) => ({
        Associations: [
          {
            Main: true,
            RouteTableAssociationId: mainAssociationOf(vpc),
            RouteTableId: routeTableOf(vpc),
            AssociationState: { State: "associated" as const },
          },
        ],
        PropagatingVgws: [],
        RouteTableId: routeTableOf(vpc),
        Routes: routes(vpc),
        Tags: [],
        VpcId: vpc.id,
        OwnerId: vpc.account,
      })),
      ...more,
    };
  },
});

function routes(vpc: VpcRecord) {
  const local = { DestinationCidrBlock: vpc.cidrBlock, GatewayId: "local", Origin: "CreateRouteTable" as const, State: "active" as const };
  if (!vpc.isDefault) return [local];
  return [
    local,
    { DestinationCidrBlock: "0.0.0.0/0", GatewayId: gatewayOf(vpc), Origin: "CreateRoute" as const, State: "active" as const },
  ];
}

export const describeInternetGateways = operation("DescribeInternetGateways", {
  authorize: onAny("DescribeInternetGateways"),
  run(input, context) {
    const all = context.state
      .table(vpcs)
      .by("scope", scopeKey(context))
      .filter(({ isDefault }) => isDefault);
    const missing = (id: string) => new AwsError("InvalidInternetGatewayID.NotFound", `The internetGateway ID '${id}' does not exist`);
    const wanted = chosen(all, input.InternetGatewayIds, gatewayOf, missing);
    const fields = {
      "internet-gateway-id": gatewayOf,
      "attachment.vpc-id": ({ id }: VpcRecord) => id,
      "attachment.state": () => "available",
      "owner-id": ({ account }: VpcRecord) => account,
    };
    const { items, ...more } = described(wanted, input, { id: gatewayOf, tags: () => [], fields }, context);
    return {
      InternetGateways: items.map((vpc) => ({
        // Not an AttachmentStatus of the SDK's, but what AWS answers for a gateway.
        Attachments: [{ State: "available" as never, VpcId: vpc.id }],
        InternetGatewayId: gatewayOf(vpc),
        OwnerId: vpc.account,
        Tags: [],
      })),
      ...more,
    };
  },
});

export const describeNetworkAcls = operation("DescribeNetworkAcls", {
  authorize: onAny("DescribeNetworkAcls"),
  run(input, context) {
    const all = context.state.table(vpcs).by("scope", scopeKey(context));
    const wanted = chosen(
      all,
      input.NetworkAclIds,
      aclOf,
      (id) => new AwsError("InvalidNetworkAclID.NotFound", `The networkAcl ID '${id}' does not exist`),
    );
    const subnetsOf = ({ id }: VpcRecord) => context.state.table(subnets).by("vpc", id);
    const { items, ...more } = described(
      wanted,
      input,
      {
        id: aclOf,
        tags: () => [],
        fields: {
          "network-acl-id": aclOf,
          "vpc-id": ({ id }) => id,
          default: () => true,
          "owner-id": ({ account }) => account,
          "association.network-acl-id": aclOf,
          "association.subnet-id": (vpc) => subnetsOf(vpc).map(({ id }) => id),
        },
      },
      context,
    );
    return {
      NetworkAcls: items.map((vpc) => ({
        Associations: subnetsOf(vpc).map(({ id }) => ({
          NetworkAclAssociationId: id.replace(/^subnet-/, "aclassoc-"),
          NetworkAclId: aclOf(vpc),
          SubnetId: id,
        })),
        Entries: [true, false].flatMap((egress) => [
          { CidrBlock: "0.0.0.0/0", Egress: egress, Protocol: "-1", RuleAction: "allow" as const, RuleNumber: 100 },
          { CidrBlock: "0.0.0.0/0", Egress: egress, Protocol: "-1", RuleAction: "deny" as const, RuleNumber: 32767 },
        ]),
        IsDefault: true,
        NetworkAclId: aclOf(vpc),
        Tags: [],
        VpcId: vpc.id,
        OwnerId: vpc.account,
      })),
      ...more,
    };
  },
});
