import {
  AssociateDhcpOptionsCommand,
  AssociateVpcCidrBlockCommand,
  CreateDefaultVpcCommand,
  CreateDhcpOptionsCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  DeleteDhcpOptionsCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcCommand,
  DescribeDhcpOptionsCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  DisassociateVpcCidrBlockCommand,
  ModifyVpcAttributeCommand,
  type CreateVpcCommandInput,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { noteHostBlocks } from "../../state/default-vpc.ts";
import { subnets } from "../../state/ec2.ts";
import { notePublicRange } from "../../state/public-addresses.ts";
import { emptyVpc, networkWorld } from "../../testing/network-world.ts";

type World = Awaited<ReturnType<typeof networkWorld>>;

const make = async ({ client }: World, CidrBlock = "10.0.0.0/16", more: Partial<CreateVpcCommandInput> = {}) =>
  (await client.send(new CreateVpcCommand({ CidrBlock, ...more }))).Vpc!;
const filtered = (id: string) => ({ Filters: [{ Name: "vpc-id", Values: [id] }] });

describe("a VPC that is made", () => {
  test("has its block without host bits, its tags, a default group, a main route table and a default network ACL", async () => {
    await using api = await networkWorld();
    const TagSpecifications = [{ ResourceType: "vpc" as const, Tags: [{ Key: "Name", Value: "main" }] }];
    const made = await make(api, "10.20.3.4/16", { TagSpecifications, InstanceTenancy: "dedicated" });
    expect(made).toMatchObject({
      VpcId: expect.stringMatching(/^vpc-[0-9a-f]{17}$/),
      CidrBlock: "10.20.0.0/16",
      IsDefault: false,
      State: "available",
      InstanceTenancy: "dedicated",
      OwnerId: "123456789012",
      DhcpOptionsId: expect.stringMatching(/^dopt-[0-9a-f]{17}$/),
      Tags: [{ Key: "Name", Value: "main" }],
      CidrBlockAssociationSet: [{ CidrBlock: "10.20.0.0/16", CidrBlockState: { State: "associated" } }],
    });
    const id = made.VpcId!;
    const { Vpcs } = await api.client.send(new DescribeVpcsCommand({ VpcIds: [id] }));
    expect(Vpcs).toEqual([made]);
    const { SecurityGroups } = await api.client.send(new DescribeSecurityGroupsCommand(filtered(id)));
    expect(SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(["default"]);
    const { RouteTables } = await api.client.send(new DescribeRouteTablesCommand(filtered(id)));
    expect(
      RouteTables?.map(({ Routes, Associations }) => [Associations?.[0]?.Main, Routes?.map((route) => route.DestinationCidrBlock)]),
    ).toEqual([[true, ["10.20.0.0/16"]]]);
    const { NetworkAcls } = await api.client.send(new DescribeNetworkAclsCommand(filtered(id)));
    expect(NetworkAcls?.map(({ IsDefault }) => IsDefault)).toEqual([true]);
  });

  test.each<[string, CreateVpcCommandInput, string, string]>([
    ["no block", {}, "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."],
    [
      "what is no block",
      { CidrBlock: "10.0.0.0" },
      "InvalidParameterValue",
      "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
    ],
    ["too large a block", { CidrBlock: "10.0.0.0/8" }, "InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid."],
    ["too small a block", { CidrBlock: "10.0.0.0/29" }, "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."],
    ["loopback", { CidrBlock: "127.0.0.0/16" }, "InvalidVpc.Range", "The CIDR '127.0.0.0/16' is invalid."],
    ["public addresses", { CidrBlock: "8.8.8.0/24" }, "InvalidVpc.Range", "Its addresses are public: here"],
    ["more than a private range", { CidrBlock: "172.32.0.0/16" }, "InvalidVpc.Range", "Its addresses are public: here"],
    ["multicast", { CidrBlock: "230.0.0.0/16" }, "InvalidVpc.Range", "The CIDR '230.0.0.0/16' is invalid."],
    [
      "the default VPC's block",
      { CidrBlock: "172.31.64.0/20" },
      "InvalidVpc.Range",
      "It conflicts with '172.31.0.0/16' of the default VPC vpc-",
    ],
    ["a block of this host's", { CidrBlock: "10.9.0.0/16" }, "InvalidVpc.Range", "It conflicts with '10.9.8.0/24' of this host"],
    [
      "public addresses that tasks are given",
      { CidrBlock: "198.51.100.0/24" },
      "InvalidVpc.Range",
      "conflicts with '198.51.100.0/25' of this host",
    ],
    ["IPv6", { CidrBlock: "10.0.0.0/16", AmazonProvidedIpv6CidrBlock: true }, "UnsupportedOperation", "AmazonProvidedIpv6CidrBlock"],
    ["IPAM", { Ipv4IpamPoolId: "ipam-pool-1", Ipv4NetmaskLength: 16 }, "UnsupportedOperation", "Ipv4IpamPoolId"],
    [
      "encryption controls",
      { CidrBlock: "10.0.0.0/16", VpcEncryptionControl: { Mode: "monitor" } },
      "UnsupportedOperation",
      "VpcEncryptionControl",
    ],
    ["a host's tenancy", { CidrBlock: "10.0.0.0/16", InstanceTenancy: "host" }, "InvalidParameterValue", "host"],
    [
      "tags of something else",
      { CidrBlock: "10.0.0.0/16", TagSpecifications: [{ ResourceType: "subnet", Tags: [{ Key: "a", Value: "b" }] }] },
      "InvalidParameterValue",
      "'subnet' is not a valid taggable resource type for this operation.",
    ],
    ["a dry run", { CidrBlock: "10.0.0.0/16", DryRun: true }, "DryRunOperation", "Request would have succeeded"],
  ])("is refused with %s, and nothing is made", async (_what, input, name, message) => {
    await using api = await networkWorld();
    noteHostBlocks(api.state, ["10.9.8.0/24"]);
    notePublicRange(api.state, { cidr: "198.51.100.0/25", reachable: true });
    await expect(api.client.send(new CreateVpcCommand(input))).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect((await api.client.send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
  });

  test("overlaps with none of this host's, of whichever region; whose another account's is, is not told", async () => {
    await using api = await networkWorld();
    const { VpcId } = await make(api);
    await expect(api.clientIn("eu-west-1").send(new CreateVpcCommand({ CidrBlock: "10.0.128.0/20" }))).rejects.toMatchObject({
      name: "InvalidVpc.Range",
      message: `The CIDR '10.0.128.0/20' is invalid. It conflicts with '10.0.0.0/16' of the VPC ${VpcId} in us-east-1: here VPCs are networks of one host, and their addresses must not overlap. Use a CIDR that is free.`,
    });
    await expect(api.foreign.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).rejects.toMatchObject({
      message: expect.stringContaining("It conflicts with another account's VPC: here"),
    });
  });

  test("is the fifth at most, with the default one", async () => {
    await using api = await networkWorld();
    for (const at of [1, 2, 3, 4]) await make(api, `10.${at}.0.0/16`);
    await expect(make(api, "10.5.0.0/16")).rejects.toMatchObject({
      name: "VpcLimitExceeded",
      message: "The maximum number of VPCs has been reached.",
    });
  });
});

describe("a VPC that is deleted", () => {
  test("goes with what every VPC has, and only when nothing else is in it", async () => {
    await using api = await networkWorld();
    const { VpcId } = await make(api);
    const { GroupId } = await api.client.send(new CreateSecurityGroupCommand({ GroupName: "web", Description: "d", VpcId }));
    const gone = () => api.client.send(new DeleteVpcCommand({ VpcId }));
    await expect(gone()).rejects.toMatchObject({
      name: "DependencyViolation",
      message: `The vpc '${VpcId}' has dependencies and cannot be deleted.`,
    });
    await api.client.send(new DeleteSecurityGroupCommand({ GroupId }));
    await gone();
    await expect(gone()).rejects.toMatchObject({ name: "InvalidVpcID.NotFound", message: `The vpc ID '${VpcId}' does not exist` });
    expect((await api.client.send(new DescribeSecurityGroupsCommand(filtered(VpcId!)))).SecurityGroups).toEqual([]);
    expect((await api.client.send(new DescribeRouteTablesCommand(filtered(VpcId!)))).RouteTables).toEqual([]);
    expect((await api.client.send(new DescribeNetworkAclsCommand(filtered(VpcId!)))).NetworkAcls).toEqual([]);
    await make(api);
  });

  test("does not come back by itself where it was the default one", async () => {
    await using api = await networkWorld();
    const { vpc } = api.network();
    await expect(api.client.send(new CreateDefaultVpcCommand({}))).rejects.toMatchObject({
      name: "DefaultVpcAlreadyExists",
      message: "A Default VPC already exists for this account in this region.",
    });
    emptyVpc(api.state, vpc.id);
    await api.client.send(new DeleteVpcCommand({ VpcId: vpc.id }));
    expect((await api.client.send(new DescribeVpcsCommand({}))).Vpcs).toEqual([]);
    await expect(api.group()).rejects.toMatchObject({ name: "VPCIdNotSpecified", message: "No default VPC for this user" });
    const { Vpc } = await api.client.send(new CreateDefaultVpcCommand({}));
    expect(Vpc).toMatchObject({ IsDefault: true, CidrBlock: "172.31.0.0/16" });
    expect(Vpc?.VpcId).not.toBe(vpc.id);
    expect(api.network().subnets).toHaveLength(6);
    await api.group();
  });
});

describe("attributes of a VPC", () => {
  test("are AWS's at the beginning, and as they were set", async () => {
    await using api = await networkWorld();
    const { VpcId } = await make(api);
    const read = async (Attribute: "enableDnsSupport" | "enableDnsHostnames" | "enableNetworkAddressUsageMetrics") => {
      const { EnableDnsSupport, EnableDnsHostnames, EnableNetworkAddressUsageMetrics } = await api.client.send(
        new DescribeVpcAttributeCommand({ VpcId, Attribute }),
      );
      return (EnableDnsSupport ?? EnableDnsHostnames ?? EnableNetworkAddressUsageMetrics)?.Value;
    };
    const all = async () => [
      await read("enableDnsSupport"),
      await read("enableDnsHostnames"),
      await read("enableNetworkAddressUsageMetrics"),
    ];
    expect(await all()).toEqual([true, false, false]);
    await api.client.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
    await api.client.send(new ModifyVpcAttributeCommand({ VpcId, EnableNetworkAddressUsageMetrics: { Value: true } }));
    expect(await all()).toEqual([true, true, true]);
    await api.client.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: false } }));
    await api.client.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsSupport: { Value: false } }));
    expect(await all()).toEqual([false, false, true]);
    await expect(api.client.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }))).rejects.toMatchObject({
      name: "InvalidParameterCombination",
    });
    const both = { EnableDnsSupport: { Value: true }, EnableDnsHostnames: { Value: true } };
    await expect(api.client.send(new ModifyVpcAttributeCommand({ VpcId, ...both }))).rejects.toMatchObject({
      name: "InvalidParameterCombination",
    });
    await expect(api.client.send(new ModifyVpcAttributeCommand({ VpcId }))).rejects.toMatchObject({ name: "MissingParameter" });
  });
});

describe("further blocks of a VPC", () => {
  test("are associated, shown in its main route table, found by filters, and taken away where no subnet has their addresses", async () => {
    await using api = await networkWorld();
    const { VpcId, CidrBlockAssociationSet } = await make(api);
    const { CidrBlockAssociation } = await api.client.send(new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: "10.1.2.3/20" }));
    expect(CidrBlockAssociation).toMatchObject({ CidrBlock: "10.1.0.0/20", CidrBlockState: { State: "associating" } });
    const AssociationId = CidrBlockAssociation?.AssociationId;
    const { Vpcs } = await api.client.send(
      new DescribeVpcsCommand({ Filters: [{ Name: "cidr-block-association.cidr-block", Values: ["10.1.0.0/20"] }] }),
    );
    expect(Vpcs?.[0]?.CidrBlockAssociationSet?.map(({ CidrBlock }) => CidrBlock)).toEqual(["10.0.0.0/16", "10.1.0.0/20"]);
    const { RouteTables } = await api.client.send(new DescribeRouteTablesCommand(filtered(VpcId!)));
    expect(RouteTables?.[0]?.Routes?.map(({ DestinationCidrBlock }) => DestinationCidrBlock)).toEqual(["10.0.0.0/16", "10.1.0.0/20"]);
    await expect(make(api, "10.1.8.0/24")).rejects.toMatchObject({ name: "InvalidVpc.Range" });
    const drop = (id: string | undefined) => api.client.send(new DisassociateVpcCidrBlockCommand({ AssociationId: id }));
    await expect(drop(CidrBlockAssociationSet?.[0]?.AssociationId)).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await expect(drop("vpc-cidr-assoc-0")).rejects.toMatchObject({
      name: "InvalidVpcCidrBlockAssociationID.NotFound",
      message: "The vpc CIDR block association ID 'vpc-cidr-assoc-0' does not exist",
    });
    const [subnet] = api.network().subnets;
    api.state.commit(() => api.state.table(subnets).put({ ...subnet!, id: "subnet-1", vpcId: VpcId!, cidrBlock: "10.1.1.0/24" }));
    await expect(drop(AssociationId)).rejects.toMatchObject({
      name: "InvalidCidrBlock.InUse",
      message: expect.stringMatching(/^The vpc vpc-\w+ currently has a subnet within CIDR block /),
    });
    api.state.commit(() => api.state.table(subnets).delete("subnet-1"));
    expect((await drop(AssociationId)).CidrBlockAssociation?.CidrBlockState?.State).toBe("disassociating");
    await make(api, "10.1.8.0/24");
  });

  test.each([
    ["another private range", "192.168.0.0/16", "InvalidVpc.Range", "is restricted. Use a CIDR from the same private address range"],
    ["AWS's own range", "198.19.0.0/16", "InvalidVpc.Range", "is restricted"],
    ["addresses that it has", "10.0.5.0/24", "CidrConflict", "conflicts"],
    ["another VPC's addresses", "10.7.0.0/20", "InvalidVpc.Range", "It conflicts with '10.7.0.0/16'"],
    ["too large a block", "10.64.0.0/12", "InvalidVpc.Range", "The CIDR '10.64.0.0/12' is invalid."],
  ])("are refused: %s", async (_what, CidrBlock, name, message) => {
    await using api = await networkWorld();
    const { VpcId } = await make(api);
    await make(api, "10.7.0.0/16");
    await expect(api.client.send(new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock }))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  test("are four beside the first one at most", async () => {
    await using api = await networkWorld();
    const { VpcId } = await make(api);
    const add = (at: number) => api.client.send(new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: `10.${at}.0.0/16` }));
    for (const at of [1, 2, 3, 4]) await add(at);
    await expect(add(5)).rejects.toMatchObject({ name: "CidrLimitExceeded" });
  });
});

describe("DHCP options", () => {
  const configuration = [
    { Key: "domain-name", Values: ["example.test"] },
    { Key: "domain-name-servers", Values: ["10.0.0.9", "AmazonProvidedDNS"] },
  ];

  test("are there from the beginning, can be made, associated, and deleted when no VPC has them", async () => {
    await using api = await networkWorld();
    const { VpcId, DhcpOptionsId: first } = await make(api);
    expect((await api.client.send(new DescribeVpcsCommand({}))).Vpcs?.map(({ DhcpOptionsId }) => DhcpOptionsId)).toEqual([first, first]);
    const { DhcpOptions } = await api.client.send(new CreateDhcpOptionsCommand({ DhcpConfigurations: configuration }));
    const id = DhcpOptions?.DhcpOptionsId;
    expect(
      await api.json("describe-dhcp-options", "--filters", "Name=value,Values=AmazonProvidedDNS", "Name=key,Values=domain-name"),
    ).toMatchObject({
      DhcpOptions: expect.arrayContaining([
        expect.objectContaining({ DhcpOptionsId: first, OwnerId: "123456789012" }),
        expect.objectContaining({
          DhcpOptionsId: id,
          DhcpConfigurations: [
            { Key: "domain-name", Values: [{ Value: "example.test" }] },
            { Key: "domain-name-servers", Values: [{ Value: "10.0.0.9" }, { Value: "AmazonProvidedDNS" }] },
          ],
        }),
      ]),
    });
    await api.client.send(new AssociateDhcpOptionsCommand({ VpcId, DhcpOptionsId: id }));
    expect((await api.client.send(new DescribeVpcsCommand({ VpcIds: [VpcId!] }))).Vpcs?.[0]?.DhcpOptionsId).toBe(id);
    const drop = () => api.client.send(new DeleteDhcpOptionsCommand({ DhcpOptionsId: id }));
    await expect(drop()).rejects.toMatchObject({
      name: "DependencyViolation",
      message: `The dhcpOptions '${id}' has dependencies and cannot be deleted.`,
    });
    await api.client.send(new AssociateDhcpOptionsCommand({ VpcId, DhcpOptionsId: "default" }));
    await drop();
    await expect(drop()).rejects.toMatchObject({ name: "InvalidDhcpOptionID.NotFound" });
    await expect(api.client.send(new DescribeDhcpOptionsCommand({ DhcpOptionsIds: [id!] }))).rejects.toMatchObject({
      name: "InvalidDhcpOptionID.NotFound",
      message: `The dhcpOption ID '${id}' does not exist`,
    });
  });

  test.each([
    ["an option that is none", [{ Key: "colour", Values: ["red"] }], "Unknown DHCP option"],
    ["a name server that is no address", [{ Key: "domain-name-servers", Values: ["ns1"] }], "Value (ns1)"],
    ["five name servers", [{ Key: "domain-name-servers", Values: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5"] }], "4 at most"],
    ["a node type that is none", [{ Key: "netbios-node-type", Values: ["3"] }], "Value (3)"],
    ["an option without a value", [{ Key: "domain-name", Values: [] }], "domain-name"],
    ["an option twice", [configuration[0]!, configuration[0]!], "Duplicate"],
  ])("are refused with %s", async (_what, DhcpConfigurations, message) => {
    await using api = await networkWorld();
    await expect(api.client.send(new CreateDhcpOptionsCommand({ DhcpConfigurations }))).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message: expect.stringContaining(message),
    });
  });
});
