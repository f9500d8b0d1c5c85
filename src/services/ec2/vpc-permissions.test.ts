import {
  AcceptVpcPeeringConnectionCommand,
  AssociateDhcpOptionsCommand,
  AssociateVpcCidrBlockCommand,
  CreateDhcpOptionsCommand,
  CreateManagedPrefixListCommand,
  CreateSubnetCidrReservationCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteManagedPrefixListCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DisassociateVpcCidrBlockCommand,
  EC2Client,
  GetManagedPrefixListEntriesCommand,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { permissionWorld, type Grant } from "../../testing/permission-world.ts";

const ec2 = (resource: string): string => `arn:aws:ec2:us-east-1:123456789012:${resource}`;
const may = (Action: string, Resource: string | string[] = "*", Condition: Grant["Condition"] = {}): Grant => ({
  Action: `ec2:${Action}`,
  Resource,
  Condition,
});
const equals = (key: string, value: string) => ({ StringEquals: { [key]: value } });
const tagged = (ResourceType: "vpc" | "subnet" | "prefix-list" | "dhcp-options" | "vpc-peering-connection") => ({
  TagSpecifications: [{ ResourceType, Tags: [{ Key: "team", Value: "red" }] }],
});

/** The VPC 10.0.0.0/16 and a set of options, a prefix list and a peering connection in it, all tagged `team=red`; and a subnet of the default VPC. */
async function vpcPermissions() {
  const world = await permissionWorld(EC2Client);
  const { root } = world;
  const { Subnets } = await root.send(new DescribeSubnetsCommand({}));
  const { Vpcs } = await root.send(new DescribeVpcsCommand({}));
  const { Vpc } = await root.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", ...tagged("vpc") }));
  const configurations = { DhcpConfigurations: [{ Key: "domain-name", Values: ["corp.test"] }] };
  const { DhcpOptions } = await root.send(new CreateDhcpOptionsCommand({ ...configurations, ...tagged("dhcp-options") }));
  const { PrefixList } = await root.send(
    new CreateManagedPrefixListCommand({ PrefixListName: "x", AddressFamily: "IPv4", MaxEntries: 1, ...tagged("prefix-list") }),
  );
  const [standard] = Vpcs!;
  const { VpcPeeringConnection } = await root.send(
    new CreateVpcPeeringConnectionCommand({ VpcId: Vpc!.VpcId, PeerVpcId: standard!.VpcId, ...tagged("vpc-peering-connection") }),
  );
  return {
    ...world,
    vpc: Vpc!.VpcId!,
    standard: standard!.VpcId!,
    association: Vpc!.CidrBlockAssociationSet![0]!.AssociationId!,
    subnet: Subnets![0]!.SubnetId!,
    options: DhcpOptions!.DhcpOptionsId!,
    list: PrefixList!.PrefixListId!,
    peering: VpcPeeringConnection!.VpcPeeringConnectionId!,
  };
}

type Names = Pick<
  Awaited<ReturnType<typeof vpcPermissions>>,
  "vpc" | "standard" | "association" | "subnet" | "options" | "list" | "peering"
>;
type Call = (names: Names) => unknown;
type Grants = (names: Names) => readonly Grant[];

async function verdict(call: Call, grants: Grants): Promise<string> {
  const world = await vpcPermissions();
  await using _world = world;
  const outcome = await world.verdict(world.as(...grants(world)) as never, call(world));
  expect(world.api.defects).toEqual([]);
  return outcome;
}

const newVpc: Call = () => new CreateVpcCommand({ CidrBlock: "10.7.0.0/16", ...tagged("vpc") });
const newSubnet: Call = ({ vpc: VpcId }) => new CreateSubnetCommand({ VpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: "us-east-1b" });
const newPeering: Call = ({ vpc: VpcId, standard: PeerVpcId }) => new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId });
const associate: Call = ({ options: DhcpOptionsId, vpc: VpcId }) => new AssociateDhcpOptionsCommand({ DhcpOptionsId, VpcId });

test.each<[string, Call, Grants]>([
  [
    "a VPC with a tag",
    newVpc,
    () => [
      may("CreateVpc", ec2("vpc/*"), equals("aws:RequestTag/team", "red")),
      may("CreateTags", ec2("vpc/*"), equals("ec2:CreateAction", "CreateVpc")),
    ],
  ],
  [
    "a VPC with a tag gone",
    ({ vpc: VpcId }) => new DeleteVpcCommand({ VpcId }),
    () => [may("DeleteVpc", "*", equals("ec2:ResourceTag/team", "red"))],
  ],
  [
    "one attribute of a VPC",
    ({ vpc: VpcId }) => new ModifyVpcAttributeCommand({ VpcId, EnableDnsSupport: { Value: true } }),
    ({ vpc }) => [may("ModifyVpcAttribute", ec2(`vpc/${vpc}`), equals("ec2:Attribute", "EnableDnsSupport"))],
  ],
  [
    "a block of a VPC gone",
    ({ association: AssociationId }) => new DisassociateVpcCidrBlockCommand({ AssociationId }),
    ({ vpc }) => [may("DisassociateVpcCidrBlock", ec2(`vpc/${vpc}`))],
  ],
  [
    "a subnet in a VPC and a zone",
    newSubnet,
    ({ vpc }) => [
      may("CreateSubnet", ec2("subnet/*"), {
        ArnEquals: { "ec2:Vpc": ec2(`vpc/${vpc}`) },
        ...equals("ec2:AvailabilityZone", "us-east-1b"),
      }),
      may("CreateSubnet", ec2(`vpc/${vpc}`)),
    ],
  ],
  [
    "a subnet of a VPC gone",
    ({ subnet: SubnetId }) => new DeleteSubnetCommand({ SubnetId }),
    ({ standard }) => [may("DeleteSubnet", "*", { ArnEquals: { "ec2:Vpc": ec2(`vpc/${standard}`) } })],
  ],
  ["options of a VPC", associate, ({ options, vpc }) => [may("AssociateDhcpOptions", [ec2(`dhcp-options/${options}`), ec2(`vpc/${vpc}`)])]],
  [
    "a VPC without options",
    ({ vpc: VpcId }) => new AssociateDhcpOptionsCommand({ DhcpOptionsId: "default", VpcId }),
    ({ vpc }) => [may("AssociateDhcpOptions", ec2(`vpc/${vpc}`))],
  ],
  [
    "a peering connection between two VPCs",
    newPeering,
    ({ vpc, standard }) => [
      may("CreateVpcPeeringConnection", ec2(`vpc/${vpc}`)),
      may("CreateVpcPeeringConnection", ec2("vpc-peering-connection/*"), {
        ArnEquals: { "ec2:RequesterVpc": ec2(`vpc/${vpc}`), "ec2:AccepterVpc": ec2(`vpc/${standard}`) },
      }),
    ],
  ],
  [
    "a peering connection of a VPC accepted",
    ({ peering: VpcPeeringConnectionId }) => new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }),
    ({ vpc, standard }) => [
      may("AcceptVpcPeeringConnection", ec2("vpc-peering-connection/*"), { ArnEquals: { "ec2:RequesterVpc": ec2(`vpc/${vpc}`) } }),
      may("AcceptVpcPeeringConnection", ec2(`vpc/${standard}`)),
    ],
  ],
  [
    "the entries of a list with a tag",
    ({ list: PrefixListId }) => new GetManagedPrefixListEntriesCommand({ PrefixListId }),
    () => [may("GetManagedPrefixListEntries", "*", equals("aws:ResourceTag/team", "red"))],
  ],
])("who may have %s has it", async (_what, call, grants) => {
  expect(await verdict(call, grants)).toBe("allowed");
});

test.each<[string, Call, string, Grants]>([
  [
    "a VPC with other tags",
    newVpc,
    "ec2:CreateVpc",
    () => [may("CreateVpc", "*", equals("aws:RequestTag/team", "blue")), may("CreateTags")],
  ],
  ["a VPC with tags, without leave to tag", newVpc, `ec2:CreateTags on resource: ${ec2("vpc/*")}`, () => [may("CreateVpc")]],
  [
    "another attribute",
    ({ vpc: VpcId }) => new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }),
    "ec2:ModifyVpcAttribute",
    () => [may("ModifyVpcAttribute", "*", equals("ec2:Attribute", "EnableDnsSupport"))],
  ],
  [
    "another attribute of a subnet",
    ({ subnet: SubnetId }) => new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }),
    "ec2:ModifySubnetAttribute",
    () => [may("ModifySubnetAttribute", "*", equals("ec2:Attribute", "EnableDns64"))],
  ],
  ["a subnet in another VPC", newSubnet, "ec2:CreateSubnet", () => [may("CreateSubnet", [ec2("subnet/*"), ec2("vpc/vpc-0")])]],
  [
    "a block of another VPC",
    ({ vpc: VpcId }) => new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: "10.8.0.0/16" }),
    "ec2:AssociateVpcCidrBlock",
    () => [may("AssociateVpcCidrBlock", ec2("vpc/vpc-0"))],
  ],
  [
    "options of a VPC, with leave for the options alone",
    associate,
    "ec2:AssociateDhcpOptions",
    () => [may("AssociateDhcpOptions", ec2("dhcp-options/*"))],
  ],
  [
    "a reservation in another subnet",
    ({ subnet: SubnetId }) => new CreateSubnetCidrReservationCommand({ SubnetId, Cidr: "172.31.0.0/28", ReservationType: "explicit" }),
    "ec2:CreateSubnetCidrReservation",
    () => [may("CreateSubnetCidrReservation", ec2("subnet/subnet-0"))],
  ],
  [
    "a peering connection with another VPC",
    newPeering,
    "ec2:CreateVpcPeeringConnection",
    () => [
      may("CreateVpcPeeringConnection", ec2("vpc/*")),
      may("CreateVpcPeeringConnection", ec2("vpc-peering-connection/*"), { ArnEquals: { "ec2:AccepterVpc": ec2("vpc/vpc-0") } }),
    ],
  ],
  [
    "a list with another tag gone",
    ({ list: PrefixListId }) => new DeleteManagedPrefixListCommand({ PrefixListId }),
    "ec2:DeleteManagedPrefixList",
    () => [may("DeleteManagedPrefixList", "*", equals("ec2:ResourceTag/team", "blue"))],
  ],
])("who may not have %s is refused", async (_what, call, text, grants) => {
  const told = await verdict(call, grants);
  expect(told).toContain("You are not authorized to perform this operation.");
  expect(told).toContain(text);
});
