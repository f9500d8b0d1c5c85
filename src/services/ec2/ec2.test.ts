import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeAccountAttributesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { apiWorld } from "../../testing/api-world.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

async function networkWorld() {
  const api = await apiWorld();
  const client = api.client(EC2Client);
  const network = () => defaultNetwork(api.state, api.platform.ids, SCOPE);
  return {
    ...api,
    client,
    network,
    /** Runs `aws ec2 … --output json`, expecting success. */
    async json(...args: readonly string[]): Promise<unknown> {
      const { stdout, stderr, code } = await api.aws("ec2", ...args, "--output", "json");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout === "" ? undefined : (JSON.parse(stdout) as unknown);
    },
    group: async (name = "web") => (await client.send(new CreateSecurityGroupCommand({ GroupName: name, Description: "d" }))).GroupId!,
    rules: async (group: string, egress = false) =>
      (
        await client.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [group] }] }))
      ).SecurityGroupRules!.filter(({ IsEgress }) => IsEgress === egress),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      expect(api.defects.map(String)).toEqual([]);
    },
  };
}

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
        ["us-east-1a", "172.31.0.0/20", 4091],
        ["us-east-1b", "172.31.16.0/20", 4091],
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
    [{ Name: "availability-zone", Values: ["us-east-1?"] }, 2],
    [{ Name: "availability-zone", Values: ["*1b"] }, 1],
    [{ Name: "availability-zone", Values: ["us-east-1a", "us-east-1b"] }, 2],
    [{ Name: "cidr-block", Values: ["172.31.0.0/*"] }, 1],
    [{ Name: "cidr-block", Values: ["172-31-0-0/20"] }, 0],
    [{ Name: "default-for-az", Values: ["true"] }, 2],
    [{ Name: "tag:Name", Values: ["left\\*"] }, 1],
    [{ Name: "tag:Name", Values: ["left*"] }, 1],
    [{ Name: "tag:Name", Values: ["right"] }, 0],
    [{ Name: "tag-key", Values: ["Name"] }, 1],
  ])("%j finds %i subnets", async (filter, count) => {
    await using api = await networkWorld();
    await api.client.send(new CreateTagsCommand({ Resources: [api.network().subnets[0]!.id], Tags: [{ Key: "Name", Value: "left*" }] }));
    expect((await api.client.send(new DescribeSubnetsCommand({ Filters: [filter] }))).Subnets).toHaveLength(count);
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
    expect(found).toHaveLength(12);
    expect(new Set(found).size).toBe(12);
  });
});

describe("security groups", () => {
  test("are made, opened and closed by the command line in all of its forms", { timeout: 90_000 }, async () => {
    await using api = await networkWorld();
    const vpc = api.network().vpc.id;
    const id = String(
      await api.json(
        "create-security-group",
        "--group-name",
        "web",
        "--description",
        "web servers",
        "--vpc-id",
        vpc,
        "--tag-specifications",
        "ResourceType=security-group,Tags=[{Key=team,Value=a}]",
        "--query",
        "GroupId",
      ),
    );
    const answer = await api.json(
      "authorize-security-group-ingress",
      "--group-id",
      id,
      "--protocol",
      "tcp",
      "--port",
      "80",
      "--cidr",
      "0.0.0.0/0",
    );
    expect(answer).toMatchObject({
      Return: true,
      SecurityGroupRules: [
        { GroupId: id, GroupOwnerId: "123456789012", IsEgress: false, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv4: "0.0.0.0/0" },
      ],
    });
    await api.json("authorize-security-group-ingress", "--group-id", id, "--protocol", "tcp", "--port", "8000-8100", "--source-group", id);
    await api.json("authorize-security-group-ingress", "--group-name", "web", "--protocol", "all", "--cidr", "10.1.2.3/16");
    await api.json(
      "authorize-security-group-ingress",
      "--group-id",
      id,
      "--ip-permissions",
      "IpProtocol=tcp,FromPort=80,ToPort=80,Ipv6Ranges=[{CidrIpv6=::/0,Description=all of six}]",
    );
    expect(await api.json("describe-security-groups", "--group-ids", id, "--query", "SecurityGroups[0].IpPermissions")).toEqual([
      {
        IpProtocol: "tcp",
        FromPort: 80,
        ToPort: 80,
        UserIdGroupPairs: [],
        IpRanges: [{ CidrIp: "0.0.0.0/0" }],
        Ipv6Ranges: [{ Description: "all of six", CidrIpv6: "::/0" }],
        PrefixListIds: [],
      },
      {
        IpProtocol: "tcp",
        FromPort: 8000,
        ToPort: 8100,
        UserIdGroupPairs: [{ UserId: "123456789012", GroupId: id }],
        IpRanges: [],
        Ipv6Ranges: [],
        PrefixListIds: [],
      },
      { IpProtocol: "-1", UserIdGroupPairs: [], IpRanges: [{ CidrIp: "10.1.0.0/16" }], Ipv6Ranges: [], PrefixListIds: [] },
    ]);
    const twice = await api.aws(
      "ec2",
      "authorize-security-group-ingress",
      "--group-id",
      id,
      "--protocol",
      "tcp",
      "--port",
      "80",
      "--cidr",
      "0.0.0.0/0",
    );
    expect(twice.stderr).toContain(
      '(InvalidPermission.Duplicate) when calling the AuthorizeSecurityGroupIngress operation: the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists',
    );
    await api.json("revoke-security-group-ingress", "--group-id", id, "--protocol", "tcp", "--port", "80", "--cidr", "0.0.0.0/0");
    const gone = await api.aws(
      "ec2",
      "revoke-security-group-ingress",
      "--group-id",
      id,
      "--protocol",
      "tcp",
      "--port",
      "80",
      "--cidr",
      "0.0.0.0/0",
    );
    expect(gone.stderr).toContain("(InvalidPermission.NotFound)");
    expect(await api.rules(id)).toHaveLength(3);
    await api.json("delete-security-group", "--group-id", id);
    expect((await api.aws("ec2", "describe-security-groups", "--group-ids", id)).stderr).toContain("InvalidGroup.NotFound");
  });

  test("a new group lets everything out until that is revoked by its rule's id", async () => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const [rule] = await api.rules(GroupId, true);
    expect(rule).toMatchObject({ IpProtocol: "-1", CidrIpv4: "0.0.0.0/0", IsEgress: true });
    await api.client.send(new RevokeSecurityGroupEgressCommand({ GroupId, SecurityGroupRuleIds: [rule!.SecurityGroupRuleId!] }));
    expect(await api.rules(GroupId, true)).toEqual([]);
  });

  test("a rule can be modified in its place", async () => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.0.0.0/8" }, { CidrIp: "11.0.0.0/8" }] }];
    const { SecurityGroupRules } = await api.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    const SecurityGroupRuleId = SecurityGroupRules![0]!.SecurityGroupRuleId!;
    const modify = (CidrIpv4: string) =>
      api.client.send(
        new ModifySecurityGroupRulesCommand({
          GroupId,
          SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv4 } }],
        }),
      );
    await modify("12.0.0.0/8");
    expect((await api.rules(GroupId)).map(({ CidrIpv4 }) => CidrIpv4).toSorted((a, b) => a!.localeCompare(b!))).toEqual([
      "11.0.0.0/8",
      "12.0.0.0/8",
    ]);
    await expect(modify("11.0.0.0/8")).rejects.toMatchObject({ name: "InvalidPermission.Duplicate" });
  });

  test("a group that something depends on stays", async () => {
    await using api = await networkWorld();
    const [used, user, attached] = [await api.group("used"), await api.group("user"), await api.group("attached")];
    await api.client.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: user,
        IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: used }] }],
      }),
    );
    putTask(api, attached);
    for (const GroupId of [used, attached])
      await expect(api.client.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject({
        name: "DependencyViolation",
        message: `resource ${GroupId} has a dependent object`,
      });
    await api.client.send(new DeleteSecurityGroupCommand({ GroupId: user }));
    await api.client.send(new DeleteSecurityGroupCommand({ GroupId: used }));
    await expect(api.client.send(new DeleteSecurityGroupCommand({ GroupName: "default" }))).rejects.toMatchObject({ name: "CannotDelete" });
  });

  test.each([
    ["a name that is taken", { GroupName: "web" }, "InvalidGroup.Duplicate", "The security group 'web' already exists for VPC 'vpc-"],
    ["a name like an id", { GroupName: "sg-web" }, "InvalidParameterValue", "Group names may not be in the format sg-*."],
    ["the name default", { GroupName: "default" }, "InvalidParameterValue", "Cannot use reserved security group name: default"],
    ["a VPC that is none", { GroupName: "x", VpcId: "vpc-1" }, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"],
    [
      "an odd description",
      { GroupName: "x", Description: "<b>" },
      "InvalidParameterValue",
      "Valid descriptions are strings less than 256 characters",
    ],
  ])("CreateSecurityGroup refuses %s", async (_what, input, name, message) => {
    await using api = await networkWorld();
    await api.group();
    await expect(api.client.send(new CreateSecurityGroupCommand({ Description: "d", ...input }))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  test.each([
    [
      "a block that is none",
      { IpProtocol: "tcp", FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: "10.0.0/8" }] },
      "CIDR block 10.0.0/8 is malformed",
    ],
    [
      "ports upside down",
      { IpProtocol: "tcp", FromPort: 2, ToPort: 1, IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
      "Invalid TCP/UDP port range (2:1)",
    ],
    ["no ports", { IpProtocol: "udp", IpRanges: [{ CidrIp: "10.0.0.0/8" }] }, "Must specify both from and to ports with TCP/UDP."],
    [
      "a protocol that is none",
      { IpProtocol: "constructor", IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
      "Invalid value 'constructor' for IP protocol. Unknown protocol.",
    ],
    ["a group that is none", { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-1" }] }, "The security group 'sg-1' does not exist"],
    ["no source", { IpProtocol: "-1" }, "The request must contain the parameter ipPermissions"],
    [
      "a rule twice",
      { IpProtocol: "-1", IpRanges: [{ CidrIp: "10.0.0.0/8" }, { CidrIp: "10.1.1.1/8" }] },
      'the specified rule "peer: 10.0.0.0/8, ALL, ALLOW" already exists',
    ],
  ])("AuthorizeSecurityGroupIngress refuses %s", async (_what, permission, message) => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    await expect(api.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission] }))).rejects.toThrow(
      message,
    );
    expect(await api.rules(GroupId)).toEqual([]);
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

function putTask(api: Awaited<ReturnType<typeof networkWorld>>, group: string): void {
  const { vpc, subnets } = api.network();
  const subnet = subnets[0]!;
  const task = {
    arn: "arn:aws:ecs:us-east-1:123456789012:task/default/1",
    id: "1",
    ...SCOPE,
    clusterArn: "arn:aws:ecs:us-east-1:123456789012:cluster/default",
    lastStatus: "RUNNING",
    targets: [],
    networkConfiguration: { awsvpcConfiguration: { subnets: [subnet.id], assignPublicIp: "ENABLED" } },
    networkInterface: {
      attachmentId: "a1",
      networkInterfaceId: "eni-0123456789abcdef0",
      subnetId: subnet.id,
      vpcId: vpc.id,
      vpcCidr: vpc.cidrBlock,
      availabilityZone: subnet.availabilityZone,
      privateIpv4Address: "172.31.0.9",
      macAddress: "02:00:00:00:00:09",
      privateDnsName: "ip-172-31-0-9.ec2.internal",
      securityGroups: [group],
    },
  } as unknown as TaskRecord;
  api.state.commit(() => api.state.table(tasks).put(task));
}
