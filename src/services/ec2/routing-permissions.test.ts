import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateNetworkAclCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DisassociateRouteTableCommand,
  EC2Client,
  ReplaceNetworkAclAssociationCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { permissionWorld, type Grant } from "../../testing/permission-world.ts";

const ec2 = (resource: string): string => `arn:aws:ec2:us-east-1:123456789012:${resource}`;
const may = (Action: string, Resource: string | string[] = "*", Condition: Grant["Condition"] = {}): Grant => ({
  Action: `ec2:${Action}`,
  Resource,
  Condition,
});

/** The default VPC with a second route table, tagged `team=red`, that its first subnet is associated with. */
async function routingPermissions() {
  const world = await permissionWorld(EC2Client);
  const { root } = world;
  const { Subnets } = await root.send(new DescribeSubnetsCommand({}));
  const { VpcId: vpc, SubnetId: subnet } = Subnets![0]!;
  const TagSpecifications = [{ ResourceType: "route-table" as const, Tags: [{ Key: "team", Value: "red" }] }];
  const { RouteTable } = await root.send(new CreateRouteTableCommand({ VpcId: vpc!, TagSpecifications }));
  const table = RouteTable!.RouteTableId!;
  const { AssociationId } = await root.send(new AssociateRouteTableCommand({ RouteTableId: table, SubnetId: subnet! }));
  const { InternetGateways } = await root.send(new DescribeInternetGatewaysCommand({}));
  const { NetworkAcls } = await root.send(new DescribeNetworkAclsCommand({}));
  const { RouteTables } = await root.send(new DescribeRouteTablesCommand({ Filters: [{ Name: "association.main", Values: ["true"] }] }));
  return {
    ...world,
    vpc: vpc!,
    subnet: subnet!,
    table,
    main: RouteTables![0]!.RouteTableId!,
    association: AssociationId!,
    gateway: InternetGateways![0]!.InternetGatewayId!,
    acl: NetworkAcls![0]!.NetworkAclId!,
    aclAssociation: NetworkAcls![0]!.Associations!.find(({ SubnetId }) => SubnetId === subnet)!.NetworkAclAssociationId!,
  };
}

type Names = Pick<
  Awaited<ReturnType<typeof routingPermissions>>,
  "vpc" | "subnet" | "table" | "main" | "association" | "gateway" | "acl" | "aclAssociation"
>;
type Call = (names: Names) => unknown;
type Grants = (names: Names) => readonly Grant[];

const newTable: Call = ({ vpc: VpcId }) => new CreateRouteTableCommand({ VpcId });
const taggedAcl: Call = ({ vpc: VpcId }) =>
  new CreateNetworkAclCommand({ VpcId, TagSpecifications: [{ ResourceType: "network-acl", Tags: [{ Key: "team", Value: "red" }] }] });
const route: Call = ({ table: RouteTableId, gateway: GatewayId }) =>
  new CreateRouteCommand({ RouteTableId, GatewayId, DestinationCidrBlock: "0.0.0.0/0" });
const disassociate: Call = ({ association: AssociationId }) => new DisassociateRouteTableCommand({ AssociationId });
const attach: Call = ({ gateway: InternetGatewayId, vpc: VpcId }) => new AttachInternetGatewayCommand({ InternetGatewayId, VpcId });
const nat: Call = ({ subnet: SubnetId }) => new CreateNatGatewayCommand({ SubnetId, AllocationId: "eipalloc-1" });
const moveAcl: Call = ({ aclAssociation: AssociationId, acl: NetworkAclId }) =>
  new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId });

test.each<[string, Call, Grants]>([
  ["a table in a VPC", newTable, ({ vpc }) => [may("CreateRouteTable", [ec2("route-table/*"), ec2(`vpc/${vpc}`)])]],
  ["tables of one VPC", newTable, ({ vpc }) => [may("CreateRouteTable", "*", { ArnEquals: { "ec2:Vpc": ec2(`vpc/${vpc}`) } })]],
  [
    "an ACL with its tags",
    taggedAcl,
    () => [
      may("CreateNetworkAcl", "*", { "ForAnyValue:StringEquals": { "aws:TagKeys": "team" } }),
      may("CreateNetworkAcl", ec2("vpc/*")),
      may("CreateTags", ec2("network-acl/*"), { StringEquals: { "ec2:CreateAction": "CreateNetworkAcl" } }),
    ],
  ],
  ["routes in tables with a tag", route, () => [may("CreateRoute", "*", { StringEquals: { "ec2:ResourceTag/team": "red" } })]],
  ["routes in one table", route, ({ table }) => [may("CreateRoute", "*", { StringEquals: { "ec2:RouteTableID": table } })]],
  [
    "an association gone, of its table and subnet",
    disassociate,
    ({ table, subnet }) => [may("DisassociateRouteTable", [ec2(`route-table/${table}`), ec2(`subnet/${subnet}`)])],
  ],
  [
    "a gateway attached to a VPC",
    attach,
    ({ gateway, vpc }) => [may("AttachInternetGateway", [ec2(`internet-gateway/${gateway}`), ec2(`vpc/${vpc}`)])],
  ],
  [
    "a NAT gateway in a subnet with an address",
    nat,
    ({ subnet }) => [may("CreateNatGateway", [ec2("natgateway/*"), ec2(`subnet/${subnet}`), ec2("elastic-ip/eipalloc-1")])],
  ],
  [
    "a subnet under another ACL",
    moveAcl,
    ({ acl, subnet }) => [may("ReplaceNetworkAclAssociation", [ec2(`network-acl/${acl}`), ec2(`subnet/${subnet}`)])],
  ],
])("who may have %s has it", async (_what, call, grants) => {
  await using world = await routingPermissions();
  expect(await world.verdict(world.as(...grants(world)) as never, call(world))).toBe("allowed");
});

test.each<[string, Call, Grants, string]>([
  ["a table in another VPC", newTable, () => [may("CreateRouteTable", [ec2("route-table/*"), ec2("vpc/vpc-0")])], "vpc/vpc-"],
  ["an ACL with tags", taggedAcl, () => [may("CreateNetworkAcl")], "ec2:CreateTags"],
  ["routes in another table", route, ({ main }) => [may("CreateRoute", ec2(`route-table/${main}`))], "route-table/rtb-"],
  [
    "an association, of its table alone",
    disassociate,
    ({ table }) => [may("DisassociateRouteTable", ec2(`route-table/${table}`))],
    "subnet/",
  ],
  ["a gateway alone", attach, () => [may("AttachInternetGateway", ec2("internet-gateway/*"))], "vpc/vpc-"],
  [
    "a NAT gateway with another address",
    nat,
    () => [may("CreateNatGateway", [ec2("natgateway/*"), ec2("subnet/*")])],
    "elastic-ip/eipalloc-1",
  ],
  ["an ACL alone", moveAcl, () => [may("ReplaceNetworkAclAssociation", ec2("network-acl/*"))], "subnet/subnet-"],
])("who may not have %s is refused", async (_what, call, grants, text) => {
  await using world = await routingPermissions();
  const told = await world.verdict(world.as(...grants(world)) as never, call(world));
  expect(told).toContain("You are not authorized to perform this operation.");
  expect(told).toContain(text);
});
