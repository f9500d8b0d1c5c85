import {
  AcceptVpcPeeringConnectionCommand,
  AssociateSecurityGroupVpcCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateManagedPrefixListCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcPeeringConnectionCommand,
  DescribeSecurityGroupReferencesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSecurityGroupVpcAssociationsCommand,
  DescribeStaleSecurityGroupsCommand,
  GetSecurityGroupsForVpcCommand,
  DescribeManagedPrefixListsCommand,
  ModifyManagedPrefixListCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
} from "@aws-sdk/client-ec2";
import { securityGroups } from "../../state/ec2.ts";
import { describe, expect, test } from "vitest";
import { FOREIGN_ACCOUNT } from "../../testing/api-world.ts";
import { networkWorld } from "../../testing/network-world.ts";

/** Two VPCs of two accounts, with a group in each. */
async function worldOfTwo() {
  const api = await networkWorld();
  const make = async (client: EC2Client, CidrBlock: string) => {
    const VpcId = (await client.send(new CreateVpcCommand({ CidrBlock }))).Vpc!.VpcId!;
    const { GroupId } = await client.send(new CreateSecurityGroupCommand({ GroupName: "web", Description: "web", VpcId }));
    return { VpcId, GroupId: GroupId! };
  };
  const own = await make(api.client, "10.1.0.0/16");
  const peer = await make(api.foreign, "10.2.0.0/16");
  const peering = async () => {
    const asked = new CreateVpcPeeringConnectionCommand({ VpcId: own.VpcId, PeerVpcId: peer.VpcId, PeerOwnerId: FOREIGN_ACCOUNT });
    const id = (await api.client.send(asked)).VpcPeeringConnection!.VpcPeeringConnectionId!;
    await api.foreign.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    return id;
  };
  const pairs = (more: object = {}): IpPermission[] => [
    { IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: peer.GroupId, UserId: FOREIGN_ACCOUNT, ...more }] },
  ];
  const open = (IpPermissions: IpPermission[]) =>
    api.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: own.GroupId, IpPermissions }));
  return { ...api, own, peer, peering, pairs, open, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

describe("a rule that names a group of a peered VPC", () => {
  test("does not tell which groups another account has elsewhere", async () => {
    await using at = await worldOfTwo();
    const named = (GroupId: string) => at.pairs({ GroupId });
    const refusal = (GroupId: string) => at.open(named(GroupId)).catch((cause: Error) => `${cause.name}: ${cause.message}`);
    const nobodys = "sg-0123456789abcdef0";
    const unpeered = await refusal(at.peer.GroupId);
    expect(unpeered).toBe("InvalidGroup.NotFound: You have specified two resources that belong to different networks.");
    expect(await refusal(nobodys)).toBe(unpeered);
    await at.peering();
    const { VpcId } = (await at.foreign.send(new CreateVpcCommand({ CidrBlock: "10.3.0.0/16" }))).Vpc!;
    const made = new CreateSecurityGroupCommand({ GroupName: "apart", Description: "apart", VpcId });
    const elsewhere = (await at.foreign.send(made)).GroupId!;
    expect(await refusal(elsewhere)).toBe(`InvalidGroup.NotFound: The security group '${elsewhere}' does not exist`);
    expect(await refusal(nobodys)).toBe(`InvalidGroup.NotFound: The security group '${nobodys}' does not exist`);
  });

  test("takes an active connection, is shown with it, and becomes stale with it", async () => {
    await using at = await worldOfTwo();
    await expect(at.open(at.pairs())).rejects.toMatchObject({
      name: "InvalidGroup.NotFound",
      message: "You have specified two resources that belong to different networks.",
    });
    const pcx = await at.peering();
    await expect(at.open(at.pairs({ UserId: "123456789012" }))).rejects.toMatchObject({ name: "InvalidGroup.NotFound" });
    await expect(at.open(at.pairs({ VpcPeeringConnectionId: "pcx-0" }))).rejects.toMatchObject({
      name: "InvalidVpcPeeringConnectionID.NotFound",
    });
    const { SecurityGroupRules } = await at.open(at.pairs());
    const told = { UserId: FOREIGN_ACCOUNT, GroupId: at.peer.GroupId, VpcId: at.peer.VpcId, VpcPeeringConnectionId: pcx };
    expect(SecurityGroupRules).toMatchObject([{ ReferencedGroupInfo: { ...told, PeeringStatus: "active" } }]);
    const shown = async () =>
      (await at.client.send(new DescribeSecurityGroupsCommand({ GroupIds: [at.own.GroupId] }))).SecurityGroups![0]!.IpPermissions;
    expect(await shown()).toMatchObject([{ UserIdGroupPairs: [{ ...told, PeeringStatus: "active" }] }]);
    const references = async () =>
      (await at.foreign.send(new DescribeSecurityGroupReferencesCommand({ GroupId: [at.peer.GroupId] }))).SecurityGroupReferenceSet;
    expect(await references()).toEqual([{ GroupId: at.peer.GroupId, ReferencingVpcId: at.own.VpcId, VpcPeeringConnectionId: pcx }]);
    const stale = async () => (await at.client.send(new DescribeStaleSecurityGroupsCommand({ VpcId: at.own.VpcId }))).StaleSecurityGroupSet;
    expect(await stale()).toEqual([]);
    await at.client.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: pcx }));
    expect(await shown()).toMatchObject([{ UserIdGroupPairs: [{ PeeringStatus: "deleted" }] }]);
    expect(await stale()).toMatchObject([
      {
        GroupId: at.own.GroupId,
        VpcId: at.own.VpcId,
        StaleIpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ ...told, PeeringStatus: "deleted" }] }],
        StaleIpPermissionsEgress: [],
      },
    ]);
    await at.client.send(new RevokeSecurityGroupIngressCommand({ GroupId: at.own.GroupId, IpPermissions: at.pairs() }));
    expect(await stale()).toEqual([]);
  });

  test("keeps nobody from deleting the group, and is stale then", async () => {
    await using at = await worldOfTwo();
    await at.peering();
    await at.open(at.pairs());
    await at.foreign.send(new DeleteSecurityGroupCommand({ GroupId: at.peer.GroupId }));
    const { StaleSecurityGroupSet } = await at.client.send(new DescribeStaleSecurityGroupsCommand({ VpcId: at.own.VpcId }));
    expect(StaleSecurityGroupSet).toHaveLength(1);
  });

  test("does not tell whether a group of another account is there", async () => {
    await using at = await worldOfTwo();
    const asked = at.open(at.pairs({ GroupId: "sg-0123456789abcdef0" }));
    await expect(asked).rejects.toMatchObject({ name: "InvalidGroup.NotFound" });
  });
});

describe("a rule that names a prefix list", () => {
  test("counts so, too, where an older rule comes to name a longer one", async () => {
    await using at = await worldOfTwo();
    const { GroupId } = at.own;
    const list = async (MaxEntries: number) =>
      (await at.client.send(new CreateManagedPrefixListCommand({ PrefixListName: "l", AddressFamily: "IPv4", MaxEntries }))).PrefixList!
        .PrefixListId!;
    const [short, long, longest] = [await list(2), await list(59), await list(60)];
    const web = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
    const { SecurityGroupRules } = await at.open([
      { ...web, PrefixListIds: [{ PrefixListId: short }], IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
    ]);
    const SecurityGroupRuleId = SecurityGroupRules!.find((rule) => rule.PrefixListId === short)!.SecurityGroupRuleId!;
    const name = (PrefixListId: string) =>
      at.client.send(
        new ModifySecurityGroupRulesCommand({
          GroupId,
          SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: { ...web, PrefixListId } }],
        }),
      );
    await expect(name(longest)).rejects.toMatchObject({ name: "RulesPerSecurityGroupLimitExceeded" });
    await name(long);
  });

  test("keeps its list from growing beyond what the group may have, in its direction alone, which the list tells", async () => {
    await using at = await worldOfTwo();
    const { GroupId } = at.own;
    const create = new CreateManagedPrefixListCommand({ PrefixListName: "l", AddressFamily: "IPv4", MaxEntries: 30 });
    const { PrefixListId } = (await at.client.send(create)).PrefixList!;
    const web = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
    const { SecurityGroupRules } = await at.open([{ ...web, PrefixListIds: [{ PrefixListId }], IpRanges: [{ CidrIp: "10.0.0.0/8" }] }]);
    const grow = async (MaxEntries: number) => {
      await at.client.send(new ModifyManagedPrefixListCommand({ PrefixListId, MaxEntries }));
      const [list] = (await at.client.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId!] }))).PrefixLists!;
      return [list?.State, list?.MaxEntries, list?.StateMessage];
    };
    const words = `The following VPC Security Group resource(s) do not have sufficient capacity [${GroupId}].`;
    expect(await grow(60)).toEqual(["modify-failed", 30, words]);
    expect(await grow(59)).toEqual(["modify-complete", 59, undefined]);
    await at.client.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId,
        SecurityGroupRuleIds: [SecurityGroupRules!.find((rule) => rule.CidrIpv4)!.SecurityGroupRuleId!],
      }),
    );
    expect(await grow(60)).toEqual(["modify-complete", 60, undefined]);
  });

  test("is made, changed, found and revoked, and counts as many rules as the list may have entries", async () => {
    await using at = await worldOfTwo();
    const { GroupId } = at.own;
    const list = async (MaxEntries: number) =>
      (await at.client.send(new CreateManagedPrefixListCommand({ PrefixListName: "l", AddressFamily: "IPv4", MaxEntries }))).PrefixList!
        .PrefixListId!;
    const [wide, more] = [await list(59), await list(2)];
    const named = (PrefixListId: string): IpPermission[] => [
      { IpProtocol: "tcp", FromPort: 443, ToPort: 443, PrefixListIds: [{ PrefixListId, Description: "d" }] },
    ];
    const { SecurityGroupRules } = await at.open(named(wide));
    expect(SecurityGroupRules).toMatchObject([{ PrefixListId: wide, Description: "d" }]);
    await expect(at.open(named(more))).rejects.toMatchObject({ name: "RulesPerSecurityGroupLimitExceeded" });
    // AWS's own count as one.
    await at.open(named("pl-63a5400a"));
    await expect(at.open(named("pl-0"))).rejects.toMatchObject({
      name: "InvalidPrefixListID.NotFound",
      message: "The prefix list ID 'pl-0' does not exist",
    });
    const { SecurityGroupRuleId } = SecurityGroupRules![0]!;
    await at.client.send(
      new ModifySecurityGroupRulesCommand({
        GroupId,
        SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: "tcp", FromPort: 1, ToPort: 2, PrefixListId: more } }],
      }),
    );
    const rules = async () =>
      (await at.client.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [GroupId] }] })))
        .SecurityGroupRules!;
    expect((await rules()).filter(({ PrefixListId }) => PrefixListId === more)).toMatchObject([{ FromPort: 1, ToPort: 2 }]);
    await at.client.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: [SecurityGroupRuleId!] }));
    expect((await rules()).filter(({ IsEgress }) => !IsEgress)).toHaveLength(1);
  });

  test("may name no list of another account", async () => {
    await using at = await worldOfTwo();
    const asked = new CreateManagedPrefixListCommand({ PrefixListName: "l", AddressFamily: "IPv4", MaxEntries: 1 });
    const { PrefixList } = await at.foreign.send(asked);
    const rule = { IpProtocol: "-1", PrefixListIds: [{ PrefixListId: PrefixList!.PrefixListId }] };
    await expect(at.open([rule])).rejects.toMatchObject({ name: "InvalidPrefixListID.NotFound" });
  });
});

test("IPv4 and IPv6 rules have a limit each", async () => {
  await using at = await worldOfTwo();
  const many = (count: number) => Array.from({ length: count }, (_, at4) => `10.0.${at4}.0/24`);
  await at.open([{ IpProtocol: "-1", IpRanges: many(60).map((CidrIp) => ({ CidrIp })) }]);
  await expect(at.open([{ IpProtocol: "-1", IpRanges: [{ CidrIp: "10.9.0.0/24" }] }])).rejects.toMatchObject({
    name: "RulesPerSecurityGroupLimitExceeded",
    message: "The maximum number of rules per security group has been reached.",
  });
  await at.open([{ IpProtocol: "-1", Ipv6Ranges: [{ CidrIpv6: "::/0" }] }]);
});

test("a VPC's groups are those that were made in it; groups are associated with no other", async () => {
  await using at = await worldOfTwo();
  const { SecurityGroupForVpcs } = await at.client.send(new GetSecurityGroupsForVpcCommand({ VpcId: at.own.VpcId }));
  expect(SecurityGroupForVpcs?.map(({ GroupName }) => GroupName).toSorted()).toEqual(["default", "web"]);
  expect(SecurityGroupForVpcs).toContainEqual(expect.objectContaining({ GroupId: at.own.GroupId, PrimaryVpcId: at.own.VpcId }));
  const { vpc } = at.network();
  const associate = new AssociateSecurityGroupVpcCommand({ GroupId: at.own.GroupId, VpcId: vpc.id });
  await expect(at.client.send(associate)).rejects.toMatchObject({ name: "UnsupportedOperation" });
  const described = await at.client.send(new DescribeSecurityGroupVpcAssociationsCommand({}));
  expect(described.SecurityGroupVpcAssociations).toEqual([]);
  await expect(at.client.send(new GetSecurityGroupsForVpcCommand({ VpcId: at.peer.VpcId }))).rejects.toMatchObject({
    name: "InvalidVpcID.NotFound",
  });
});

test("a direction that has too many rules, of lists that grew before that was looked at, does not keep the other one from being changed", async () => {
  await using at = await worldOfTwo();
  const { GroupId } = at.own;
  const rule = (index: number) => ({
    id: `sgr-x${index}`,
    isEgress: false,
    ipProtocol: "-1",
    fromPort: -1,
    toPort: -1,
    cidrIpv4: `10.${index}.0.0/16`,
    tags: [],
  });
  at.state.commit(() =>
    at.state.table(securityGroups).update(GroupId, (group) => ({
      ...group,
      rules: [...group.rules, ...Array.from({ length: 61 }, (_, index) => rule(index))],
    })),
  );
  const change = (SecurityGroupRuleId: string) =>
    at.client.send(
      new ModifySecurityGroupRulesCommand({
        GroupId,
        SecurityGroupRules: [
          { SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIpv4: "0.0.0.0/0" } },
        ],
      }),
    );
  const egress = at.state
    .table(securityGroups)
    .get(GroupId)!
    .rules.find(({ isEgress }) => isEgress)!;
  await change(egress.id);
  await expect(change("sgr-x1")).rejects.toMatchObject({ name: "RulesPerSecurityGroupLimitExceeded" });
});
