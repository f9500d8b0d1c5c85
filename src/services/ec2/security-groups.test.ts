import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  UpdateSecurityGroupRuleDescriptionsEgressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { networkWorld, putTask } from "../../testing/network-world.ts";

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

  test.each<[what: string, permission: { IpProtocol: string; FromPort?: number; ToPort?: number }, message: string]>([
    ["no such type", { IpProtocol: "icmp", FromPort: 256, ToPort: -1 }, "ICMP type (256) out of range"],
    ["a type below any", { IpProtocol: "icmp", FromPort: -2, ToPort: -1 }, "ICMP type (-2) out of range"],
    ["no such code", { IpProtocol: "1", FromPort: 0, ToPort: 65_535 }, "ICMP code (65535) out of range"],
    ["a code below any", { IpProtocol: "icmpv6", FromPort: 128, ToPort: -7 }, "ICMP code (-7) out of range"],
    ["a code of every type", { IpProtocol: "icmp", FromPort: -1, ToPort: 8 }, "ICMP code (8) out of range"],
    ["a type alone", { IpProtocol: "icmp", FromPort: 8 }, "Invalid value 'Must specify both from and to ports with ICMP.' for portRange."],
    ["neither", { IpProtocol: "icmp" }, "Invalid value 'Must specify both from and to ports with ICMP.' for portRange."],
  ])("a rule of ICMP with %s is refused, whether it is made or changed", async (_what, permission, message) => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const refused = { name: "InvalidParameterValue", message };
    const IpPermissions = [{ ...permission, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }];
    await expect(api.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))).rejects.toMatchObject(refused);
    const [rule] = await api.rules(GroupId, true);
    const change = { SecurityGroupRuleId: rule!.SecurityGroupRuleId!, SecurityGroupRule: { ...permission, CidrIpv4: "10.0.0.0/8" } };
    await expect(api.client.send(new ModifySecurityGroupRulesCommand({ GroupId, SecurityGroupRules: [change] }))).rejects.toMatchObject(
      refused,
    );
    expect(await api.rules(GroupId)).toEqual([]);
  });

  test("a rule of ICMPv6 may leave type and code out", async () => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const IpPermissions = [{ IpProtocol: "icmpv6", Ipv6Ranges: [{ CidrIpv6: "::/0" }] }];
    await api.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    expect(await api.rules(GroupId)).toMatchObject([{ IpProtocol: "icmpv6", FromPort: -1, ToPort: -1 }]);
  });

  test.each(["a|b", "für alle", "a".repeat(256)])("a rule is not described as %s, however it is asked for", async (Description) => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const spelt = (text: string) => [
      { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.0.0.0/8", Description: text }] },
    ];
    const { SecurityGroupRules } = await api.client.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: spelt("a".repeat(255)) }),
    );
    const SecurityGroupRuleId = SecurityGroupRules![0]!.SecurityGroupRuleId!;
    const asked = [
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: spelt(Description) }),
      new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions: spelt(Description) }),
      new UpdateSecurityGroupRuleDescriptionsIngressCommand({
        GroupId,
        SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description }],
      }),
      new ModifySecurityGroupRulesCommand({
        GroupId,
        SecurityGroupRules: [
          { SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: "tcp", FromPort: 81, ToPort: 81, CidrIpv4: "10.0.0.0/8", Description } },
        ],
      }),
    ];
    for (const command of asked)
      // oxlint-disable-next-line typescript/no-explicit-any -- commands of three kinds
      await expect(api.client.send(command as any)).rejects.toMatchObject({
        name: "InvalidParameterValue",
        message: expect.stringMatching(/^Invalid rule description\. Valid descriptions are strings less than 256 characters/),
      });
    expect(await api.rules(GroupId)).toMatchObject([{ FromPort: 80, Description: "a".repeat(255) }]);
  });

  test("the description of a rule changes alone, by its id or spelt out, and goes where none is given", async () => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const spelt = (CidrIp: string, Description?: string) => [
      { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp, ...(Description && { Description }) }] },
    ];
    const { SecurityGroupRules } = await api.client.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: spelt("10.0.0.0/8", "one") }),
    );
    const SecurityGroupRuleId = SecurityGroupRules![0]!.SecurityGroupRuleId!;
    const shown = async () => (await api.rules(GroupId)).map((rule) => [rule.SecurityGroupRuleId, rule.CidrIpv4, rule.Description]);
    await api.client.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions: spelt("10.0.0.0/8", "two") }));
    expect(await shown()).toEqual([[SecurityGroupRuleId, "10.0.0.0/8", "two"]]);
    const byId = (Description?: string) =>
      new UpdateSecurityGroupRuleDescriptionsIngressCommand({
        GroupId,
        SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, ...(Description && { Description }) }],
      });
    await api.client.send(byId("three"));
    expect(await shown()).toEqual([[SecurityGroupRuleId, "10.0.0.0/8", "three"]]);
    await api.client.send(byId());
    expect(await shown()).toEqual([[SecurityGroupRuleId, "10.0.0.0/8", undefined]]);
    await expect(
      api.client.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions: spelt("11.0.0.0/8", "x") })),
    ).rejects.toMatchObject({ name: "InvalidPermission.NotFound" });
    // A rule of the other direction is not this one's to change.
    const ofEgress = { GroupId, SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description: "x" }] };
    await expect(api.client.send(new UpdateSecurityGroupRuleDescriptionsEgressCommand(ofEgress))).rejects.toMatchObject({
      name: "InvalidSecurityGroupRuleId.NotFound",
    });
  });

  test.each([
    [
      "without a protocol",
      { CidrIpv4: "12.0.0.0/8" },
      "InvalidParameterValue",
      /^Invalid value 'null' for protocol\. VPC security group rules must specify protocols explicitly\.$/,
    ],
    [
      "without a source",
      { IpProtocol: "tcp", FromPort: 80, ToPort: 80 },
      "MissingParameter",
      /^The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId$/,
    ],
    [
      "with two sources",
      { IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv4: "12.0.0.0/8", CidrIpv6: "::/0" },
      "InvalidParameterCombination",
      /^Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified$/,
    ],
    [
      "with a source of another kind",
      { IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv6: "::/0" },
      "InvalidParameterValue",
      /^Invalid rule type for security group rule 'sgr-[0-9a-f]+'. You may not specify CidrIpv6 for an existing IPv4 CIDR rule\.$/,
    ],
  ])("a rule cannot be modified %s", async (_what, SecurityGroupRule, name, message) => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }];
    const { SecurityGroupRules } = await api.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    const { SecurityGroupRuleId } = SecurityGroupRules![0]!;
    const modified = api.client.send(
      new ModifySecurityGroupRulesCommand({ GroupId, SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }] }),
    );
    await expect(modified).rejects.toMatchObject({ name, message: expect.stringMatching(message) as string });
    expect(await api.rules(GroupId)).toMatchObject([{ IpProtocol: "tcp", CidrIpv4: "10.0.0.0/8" }]);
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

  test.each([
    [
      "without a source",
      {},
      "MissingParameter",
      /^The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId$/,
    ],
    [
      "with two sources",
      { CidrIpv4: "12.0.0.0/8", CidrIpv6: "::/0" },
      "InvalidParameterCombination",
      /^Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified$/,
    ],
    [
      "without a protocol",
      { CidrIpv4: "12.0.0.0/8", IpProtocol: undefined },
      "InvalidParameterValue",
      "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
    ],
    [
      "with a source of another kind",
      { CidrIpv6: "::/0" },
      "InvalidParameterValue",
      expect.stringMatching(
        /^Invalid rule type for security group rule 'sgr-\w+'. You may not specify CidrIpv6 for an existing IPv4 CIDR rule.$/,
      ),
    ],
  ])("a modified rule %s is refused", async (_what, wanted, name, message) => {
    await using api = await networkWorld();
    const GroupId = await api.group();
    const { SecurityGroupRules } = await api.client.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "10.0.0.0/8" }),
    );
    const SecurityGroupRuleId = SecurityGroupRules![0]!.SecurityGroupRuleId!;
    const SecurityGroupRule = { IpProtocol: "tcp", FromPort: 80, ToPort: 80, ...wanted };
    const modify = new ModifySecurityGroupRulesCommand({ GroupId, SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }] });
    await expect(api.client.send(modify)).rejects.toMatchObject({ name, message });
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
