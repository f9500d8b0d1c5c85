import {
  CreateTagsCommand,
  DescribeAccountAttributesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { noteHostBlocks } from "../../state/default-vpc.ts";
import { networkWorld, putTask } from "../../testing/network-world.ts";

describe("the blocks of default VPCs", () => {
  const vpcOf = async (api: Awaited<ReturnType<typeof networkWorld>>, region: string) => {
    const { Vpcs } = await api.clientIn(region).send(new DescribeVpcsCommand({}));
    return Vpcs?.[0]?.CidrBlock;
  };

  test("are each region's own, also in the sixtieth, and stay as they were read", async () => {
    await using api = await networkWorld();
    const regions = Array.from({ length: 60 }, (_, at) => `eu-west-${at + 1}`);
    const read = async () => {
      const found: (string | undefined)[] = [];
      for (const region of regions) found.push(await vpcOf(api, region));
      return found;
    };
    const first = await read();
    expect(first.slice(0, 2)).toEqual(["172.31.0.0/16", "10.200.0.0/16"]);
    expect(first.slice(56)).toEqual(["10.255.0.0/16", "10.16.0.0/20", "10.16.16.0/20", "10.16.32.0/20"]);
    expect(await read()).toEqual(first);
    const { Subnets } = await api.clientIn("eu-west-60").send(new DescribeSubnetsCommand({}));
    expect(Subnets?.map(({ CidrBlock, AvailableIpAddressCount }) => [CidrBlock, AvailableIpAddressCount]).toSorted()).toEqual([
      // Eight endpoints have an address each.
      ["10.16.32.0/23", 499],
      ["10.16.34.0/23", 507],
      ["10.16.36.0/23", 507],
    ]);
  });

  test("are none that this host uses; where it leaves none, that is told in AWS's frame", async () => {
    await using api = await networkWorld();
    noteHostBlocks(api.state, ["172.31.5.0/24", "10.192.0.0/10"]);
    expect(await vpcOf(api, "eu-west-1")).toBe("10.16.0.0/20");
    noteHostBlocks(api.state, ["172.31.5.0/24", "10.0.0.0/8"]);
    await expect(vpcOf(api, "eu-west-2")).rejects.toMatchObject({
      name: "VpcLimitExceeded",
      message: "The maximum number of VPCs has been reached: no block of addresses is left on this host for another default VPC.",
      $metadata: { httpStatusCode: 400 },
    });
    expect(await vpcOf(api, "eu-west-1")).toBe("10.16.0.0/20");
  });
});

describe("the default network", () => {
  test("is there for the command line from the first look on", { timeout: 90_000 }, async () => {
    await using api = await networkWorld();
    const vpc = await api.json("describe-vpcs", "--filters", "Name=is-default,Values=true", "--query", "Vpcs[0].VpcId");
    expect(vpc).toMatch(/^vpc-[0-9a-f]{17}$/);
    const found = await api.json(
      "describe-subnets",
      "--filters",
      `Name=vpc-id,Values=${String(vpc)}`,
      "--query",
      "Subnets[].[AvailabilityZone,CidrBlock,AvailableIpAddressCount]",
    );
    expect(new Set(found as unknown[])).toEqual(
      new Set([
        ["us-east-1a", "172.31.0.0/20", 4083],
        ["us-east-1b", "172.31.16.0/20", 4091],
        ["us-east-1c", "172.31.32.0/20", 4091],
        ["us-east-1d", "172.31.48.0/20", 4091],
        ["us-east-1e", "172.31.64.0/20", 4091],
        ["us-east-1f", "172.31.80.0/20", 4091],
      ]),
    );
    const group = await api.json(
      "describe-security-groups",
      "--group-names",
      "default",
      "--query",
      "SecurityGroups[0].[VpcId,IpPermissions[0].UserIdGroupPairs[0].UserId,IpPermissionsEgress[0].IpRanges[0].CidrIp]",
    );
    expect(group).toEqual([vpc, "123456789012", "0.0.0.0/0"]);
    expect(await api.json("describe-availability-zones", "--query", "AvailabilityZones[].[ZoneName,ZoneId,State]")).toEqual([
      ["us-east-1a", "use1-az1", "available"],
      ["us-east-1b", "use1-az2", "available"],
      ["us-east-1c", "use1-az3", "available"],
      ["us-east-1d", "use1-az4", "available"],
      ["us-east-1e", "use1-az5", "available"],
      ["us-east-1f", "use1-az6", "available"],
    ]);
    expect(await api.json("describe-regions", "--region-names", "eu-west-1")).toEqual({
      Regions: [{ Endpoint: "ec2.eu-west-1.amazonaws.com", RegionName: "eu-west-1", OptInStatus: "opt-in-not-required" }],
    });
    expect(
      await api.json(
        "describe-route-tables",
        "--filters",
        "Name=association.main,Values=true",
        "--query",
        "RouteTables[0].Routes[].DestinationCidrBlock",
      ),
    ).toEqual(["172.31.0.0/16", "0.0.0.0/0"]);
    expect(
      await api.json(
        "describe-internet-gateways",
        "--filters",
        `Name=attachment.vpc-id,Values=${String(vpc)}`,
        "--query",
        "InternetGateways[0].Attachments[0].State",
      ),
    ).toBe("available");
  });

  test("tells its attributes, and those of the account", async () => {
    await using api = await networkWorld();
    const VpcId = api.network().vpc.id;
    const attribute = async (Attribute: "enableDnsSupport" | "enableDnsHostnames") =>
      api.client.send(new DescribeVpcAttributeCommand({ VpcId, Attribute }));
    expect(await attribute("enableDnsSupport")).toMatchObject({ VpcId, EnableDnsSupport: { Value: true } });
    expect(await attribute("enableDnsHostnames")).toMatchObject({ EnableDnsHostnames: { Value: true } });
    const { AccountAttributes } = await api.client.send(new DescribeAccountAttributesCommand({ AttributeNames: ["default-vpc"] }));
    expect(AccountAttributes).toEqual([{ AttributeName: "default-vpc", AttributeValues: [{ AttributeValue: VpcId }] }]);
  });

  test.each([
    ["a VPC that is none", new DescribeVpcsCommand({ VpcIds: ["vpc-1"] }), "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"],
    [
      "a subnet that is none",
      new DescribeSubnetsCommand({ SubnetIds: ["subnet-1"] }),
      "InvalidSubnetID.NotFound",
      "The subnet ID 'subnet-1' does not exist",
    ],
    [
      "a group that is none",
      new DescribeSecurityGroupsCommand({ GroupIds: ["sg-1"] }),
      "InvalidGroup.NotFound",
      "The security group 'sg-1' does not exist",
    ],
    [
      "a group's id that is none",
      new DescribeSecurityGroupsCommand({ GroupIds: ["web"] }),
      "InvalidGroupId.Malformed",
      'Invalid id: "web" (expecting "sg-...")',
    ],
    [
      "a filter that is none",
      new DescribeVpcsCommand({ Filters: [{ Name: "colour", Values: ["red"] }] }),
      "InvalidParameterValue",
      "The filter 'colour' is invalid",
    ],
    [
      "a filter named like a member of every object",
      new DescribeVpcsCommand({ Filters: [{ Name: "constructor", Values: ["x"] }] }),
      "InvalidParameterValue",
      "The filter 'constructor' is invalid",
    ],
    [
      "a group's id that is none, in a filter of rules",
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: ["foobar"] }] }),
      "InvalidGroupId.Malformed",
      "The security group ID 'foobar' is malformed",
    ],
    [
      "tags for no resource",
      new CreateTagsCommand({ Resources: [], Tags: [{ Key: "a", Value: "b" }] }),
      "MissingParameter",
      "The request must contain the parameter resourceIdSet",
    ],
    ["a dry run", new DescribeVpcsCommand({ DryRun: true }), "DryRunOperation", "Request would have succeeded, but DryRun flag is set."],
    [
      "too small a page",
      new DescribeSubnetsCommand({ MaxResults: 2 }),
      "InvalidParameterValue",
      "Expecting a value greater than or equal to 5.",
    ],
    ["a forged token", new DescribeSubnetsCommand({ NextToken: "x" }), "InvalidNextToken", "The token 'x' is invalid"],
  ])("%s is refused", async (_what, command, name, message) => {
    await using api = await networkWorld();
    await expect(api.client.send(command as DescribeVpcsCommand)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  test("the command line shows a refusal in EC2's form", async () => {
    await using api = await networkWorld();
    const { code, stderr } = await api.aws("ec2", "describe-vpcs", "--vpc-ids", "vpc-1");
    expect(stderr).toContain("(InvalidVpcID.NotFound) when calling the DescribeVpcs operation: The vpc ID 'vpc-1' does not exist");
    expect(code).not.toBe(0);
  });
});

describe("filters", () => {
  test.each([
    [{ Name: "availability-zone", Values: ["us-east-1?"] }, 6],
    [{ Name: "availability-zone", Values: ["*1b"] }, 1],
    [{ Name: "availability-zone", Values: ["us-east-1a", "us-east-1b"] }, 2],
    [{ Name: "cidr-block", Values: ["172.31.0.0/*"] }, 1],
    [{ Name: "cidr-block", Values: ["172-31-0-0/20"] }, 0],
    [{ Name: "default-for-az", Values: ["true"] }, 6],
    [{ Name: "tag:Name", Values: ["left\\*"] }, 1],
    [{ Name: "tag:Name", Values: ["left*"] }, 1],
    [{ Name: "tag:Name", Values: ["right"] }, 0],
    [{ Name: "tag-key", Values: ["Name"] }, 1],
  ])("%j finds %i subnets", async (filter, count) => {
    await using api = await networkWorld();
    await api.client.send(new CreateTagsCommand({ Resources: [api.network().subnets[0]!.id], Tags: [{ Key: "Name", Value: "left*" }] }));
    expect((await api.client.send(new DescribeSubnetsCommand({ Filters: [filter] }))).Subnets).toHaveLength(count);
  });

  // Backtracking would take longer than the age of the universe.
  test("with many stars are answered within bounds", async () => {
    await using api = await networkWorld();
    const Tags = [{ Key: "Name", Value: "a".repeat(255) }];
    await api.client.send(new CreateTagsCommand({ Resources: [api.network().subnets[0]!.id], Tags }));
    const Filters = [{ Name: "tag:Name", Values: [`${"a*".repeat(100)}b`] }];
    expect((await api.client.send(new DescribeSubnetsCommand({ Filters }))).Subnets).toEqual([]);
  });

  test("several filters must all hold", async () => {
    await using api = await networkWorld();
    const Filters = [
      { Name: "availability-zone", Values: ["us-east-1a"] },
      { Name: "cidr-block", Values: ["172.31.16.0/20"] },
    ];
    expect((await api.client.send(new DescribeSubnetsCommand({ Filters }))).Subnets).toEqual([]);
  });

  test("pages neither repeat nor skip", async () => {
    await using api = await networkWorld();
    for (let at = 0; at < 11; at++) await api.group(`g${at}`);
    const found: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await api.client.send(new DescribeSecurityGroupsCommand({ MaxResults: 5, NextToken }));
      found.push(...page.SecurityGroups!.map(({ GroupName }) => GroupName));
      NextToken = page.NextToken;
    } while (NextToken);
    expect(found).toHaveLength(13);
    expect(new Set(found).size).toBe(13);
  });
});

describe("tags", () => {
  test("are made, found and taken away", { timeout: 90_000 }, async () => {
    await using api = await networkWorld();
    const { vpc, securityGroup } = api.network();
    const rule = securityGroup.rules[0]!.id;
    await api.json("create-tags", "--resources", vpc.id, securityGroup.id, rule, "--tags", "Key=a,Value=1", "Key=b,Value=2");
    expect((await api.client.send(new DescribeTagsCommand({ Filters: [{ Name: "key", Values: ["a"] }] }))).Tags).toHaveLength(3);
    await api.json("delete-tags", "--resources", vpc.id, securityGroup.id, "--tags", "Key=a", "Key=b,Value=other");
    expect((await api.client.send(new DescribeVpcsCommand({ Filters: [{ Name: "tag:b", Values: ["2"] }] }))).Vpcs![0]!.Tags).toEqual([
      { Key: "b", Value: "2" },
    ]);
    expect((await api.aws("ec2", "create-tags", "--resources", "vpc-1", "--tags", "Key=a,Value=1")).stderr).toContain(
      "InvalidVpcID.NotFound",
    );
    expect((await api.aws("ec2", "create-tags", "--resources", vpc.id, "--tags", "Key=aws:x,Value=1")).stderr).toContain(
      "Tag keys starting with 'aws:' are reserved for internal use",
    );
  });
});

test.each<[name: string, value: string, finds: boolean]>([
  ["attachment.instance-owner-id", "123456789012", true],
  ["attachment.instance-owner-id", "amazon-elb", false],
  ["attachment.device-index", "1", true],
  ["attachment.device-index", "0", false],
  ["attachment.delete-on-termination", "false", true],
  ["attachment.delete-on-termination", "true", false],
  ["addresses.primary", "true", true],
  ["addresses.primary", "false", false],
  ["requester-id", "578734482556", true],
  ["requester-id", "123456789012", false],
  ["addresses.association.owner-id", "amazon", true],
  ["association.ip-owner-id", "amazon", true],
  ["association.public-dns-name", "x", false],
  ["association.allocation-id", "eipalloc-1", false],
  ["association.association-id", "eipassoc-1", false],
  ["ipv6-addresses.ipv6-address", "::1", false],
])("by %s, %s finds a task's interface: %s (Terraform asks so for what a load balancer leaves)", async (Name, value, finds) => {
  await using api = await networkWorld();
  putTask(api, api.network().securityGroup.id);
  const { NetworkInterfaces } = await api.client.send(new DescribeNetworkInterfacesCommand({ Filters: [{ Name, Values: [value] }] }));
  const ofTasks = NetworkInterfaces?.filter(({ RequesterId }) => RequesterId === "578734482556");
  expect(ofTasks?.length).toBe(finds ? 1 : 0);
});

test("a task's network interface tells its address, its groups, and a public address where it has one", async () => {
  await using api = await networkWorld();
  const { securityGroup } = api.network();
  putTask(api, securityGroup.id);
  const { NetworkInterfaces } = await api.client.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ["eni-0123456789abcdef0"] }),
  );
  expect(NetworkInterfaces).toMatchObject([
    {
      Status: "in-use",
      PrivateIpAddress: "172.31.0.9",
      Groups: [{ GroupId: securityGroup.id, GroupName: "default" }],
      Association: { PublicIp: "172.31.0.9" },
      RequesterManaged: true,
    },
  ]);
  expect(
    await api.json(
      "describe-network-interfaces",
      "--filters",
      "Name=private-ip-address,Values=172.31.0.9",
      "--query",
      "NetworkInterfaces[0].NetworkInterfaceId",
    ),
  ).toBe("eni-0123456789abcdef0");
});
