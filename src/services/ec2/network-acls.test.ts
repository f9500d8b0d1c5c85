import {
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclCommand,
  DeleteNetworkAclEntryCommand,
  DeleteSubnetCommand,
  DescribeNetworkAclsCommand,
  ReplaceNetworkAclAssociationCommand,
  ReplaceNetworkAclEntryCommand,
  type CreateNetworkAclEntryCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { networkAclOf, networkAcls } from "../../state/ec2-network-acls.ts";
import { networkWorld } from "../../testing/network-world.ts";
import { putVpc } from "../../testing/put-vpc.ts";

type Entry = Omit<CreateNetworkAclEntryCommandInput, "NetworkAclId">;
const WEB: Entry = {
  RuleNumber: 100,
  Egress: false,
  Protocol: "tcp",
  RuleAction: "allow",
  CidrBlock: "10.0.0.7/8",
  PortRange: { From: 80, To: 81 },
};

async function world() {
  const api = await networkWorld();
  const { client } = api;
  const own = putVpc(api);
  const create = async () => (await client.send(new CreateNetworkAclCommand({ VpcId: own.vpc.id }))).NetworkAcl!.NetworkAclId!;
  const acl = await create();
  const described = async (id = acl) => (await client.send(new DescribeNetworkAclsCommand({ NetworkAclIds: [id] }))).NetworkAcls![0]!;
  return {
    ...api,
    ...own,
    acl,
    create,
    described,
    fallback: networkAclOf(api.state, own.first)!.id,
    add: (entry: Partial<Entry>) => client.send(new CreateNetworkAclEntryCommand({ ...WEB, ...entry, NetworkAclId: acl })),
    replaceEntry: (entry: Partial<Entry>) => client.send(new ReplaceNetworkAclEntryCommand({ ...WEB, ...entry, NetworkAclId: acl })),
    removeEntry: (RuleNumber: number, Egress: boolean) =>
      client.send(new DeleteNetworkAclEntryCommand({ NetworkAclId: acl, RuleNumber, Egress })),
    move: async (AssociationId: string, NetworkAclId: string) =>
      (await client.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }))).NewAssociationId!,
    remove: (NetworkAclId = acl) => client.send(new DeleteNetworkAclCommand({ NetworkAclId })),
    entries: async () => (await described()).Entries!.filter(({ RuleNumber }) => RuleNumber !== 32767),
  };
}

test("a network ACL is made closed, and once for each client token; a default one is open", async () => {
  await using api = await world();
  const { client, vpc } = api;
  const Tags = [{ Key: "Name", Value: "db" }];
  const request = { VpcId: vpc.id, ClientToken: "t", TagSpecifications: [{ ResourceType: "network-acl" as const, Tags }] };
  const { NetworkAcl } = await client.send(new CreateNetworkAclCommand(request));
  const deny = (Egress: boolean) => ({ CidrBlock: "0.0.0.0/0", Egress, Protocol: "-1", RuleAction: "deny", RuleNumber: 32767 });
  expect(NetworkAcl).toEqual({
    NetworkAclId: expect.stringMatching(/^acl-[0-9a-f]{17}$/) as string,
    VpcId: vpc.id,
    OwnerId: "123456789012",
    IsDefault: false,
    Associations: [],
    Entries: [deny(true), deny(false)],
    Tags,
  });
  expect((await client.send(new CreateNetworkAclCommand(request))).NetworkAcl).toEqual(NetworkAcl);
  const { Entries, IsDefault } = await api.described(api.fallback);
  expect(IsDefault).toBe(true);
  expect(Entries?.map(({ Egress, RuleAction, RuleNumber }) => [Egress, RuleAction, RuleNumber])).toEqual([
    [true, "allow", 100],
    [true, "deny", 32767],
    [false, "allow", 100],
    [false, "deny", 32767],
  ]);
});

const shown = { Egress: false, RuleAction: "allow", RuleNumber: 100 };

test.each<[string, Partial<Entry>, object]>([
  ["of TCP, its block with host bits cleared", {}, { ...shown, Protocol: "6", CidrBlock: "10.0.0.0/8", PortRange: { From: 80, To: 81 } }],
  ["of UDP by number", { Protocol: "17" }, { ...shown, Protocol: "17", CidrBlock: "10.0.0.0/8", PortRange: { From: 80, To: 81 } }],
  ["of everything, whose ports do not count", { Protocol: "-1" }, { ...shown, Protocol: "-1", CidrBlock: "10.0.0.0/8" }],
  ["of another protocol", { Protocol: "50" }, { ...shown, Protocol: "50", CidrBlock: "10.0.0.0/8" }],
  [
    "of ICMP",
    { Protocol: "icmp", IcmpTypeCode: { Type: 8, Code: -1 } },
    { ...shown, Protocol: "1", CidrBlock: "10.0.0.0/8", IcmpTypeCode: { Type: 8, Code: -1 } },
  ],
  [
    "of ICMP of IPv6",
    { Protocol: "58", CidrBlock: undefined, Ipv6CidrBlock: "::/0", IcmpTypeCode: { Type: -1, Code: -1 } },
    { ...shown, Protocol: "58", Ipv6CidrBlock: "::/0", IcmpTypeCode: { Type: -1, Code: -1 } },
  ],
  [
    "outward, that denies",
    { Egress: true, RuleAction: "deny", RuleNumber: 32766 },
    { Egress: true, RuleAction: "deny", RuleNumber: 32766, Protocol: "6", CidrBlock: "10.0.0.0/8", PortRange: { From: 80, To: 81 } },
  ],
])("an entry %s is kept and told", async (_, entry, expected) => {
  await using api = await world();
  await api.add(entry);
  expect(await api.entries()).toEqual([expected]);
});

test.each<[string, Partial<Entry>, string, string]>([
  ["rule 0", { RuleNumber: 0 }, "InvalidParameterValue", "ruleNumber"],
  ["rule 32767", { RuleNumber: 32_767 }, "InvalidParameterValue", "ruleNumber"],
  ["an unknown protocol", { Protocol: "tcpip" }, "InvalidParameterValue", "Invalid value 'tcpip' for IP protocol. Unknown protocol."],
  ["a protocol beyond 255", { Protocol: "256" }, "InvalidParameterValue", "IP protocol"],
  ["an unknown action", { RuleAction: "reject" as never }, "InvalidParameterValue", "reject"],
  ["no ports for TCP", { PortRange: undefined }, "MissingParameter", "portRange"],
  ["ports the wrong way round", { PortRange: { From: 81, To: 80 } }, "InvalidParameterValue", "Invalid TCP/UDP port range (81:80)"],
  ["a port beyond the last", { PortRange: { From: 0, To: 65_536 } }, "InvalidParameterValue", "65536"],
  ["no type for ICMP", { Protocol: "1" }, "MissingParameter", "icmpTypeCode"],
  ["a type of ICMP that is none", { Protocol: "1", IcmpTypeCode: { Type: 256, Code: 0 } }, "InvalidParameterValue", "256"],
  ["no block", { CidrBlock: undefined }, "MissingParameter", "cidrBlock"],
  ["two blocks", { Ipv6CidrBlock: "::/0" }, "InvalidParameterCombination", "ipv6CidrBlock"],
  ["what is no block", { CidrBlock: "10.0.0.0" }, "InvalidParameterValue", "Value (10.0.0.0) for parameter cidrBlock is invalid."],
  ["what is no block of IPv6", { CidrBlock: undefined, Ipv6CidrBlock: "10.0.0.0/8" }, "InvalidParameterValue", "10.0.0.0/8"],
])("an entry with %s is refused", async (_, entry, name, text) => {
  await using api = await world();
  await expect(api.add(entry)).rejects.toMatchObject({ name, message: expect.stringContaining(text) as string });
  expect(await api.entries()).toEqual([]);
});

test("an entry is one of its number and direction: added once, replaced, deleted", async () => {
  await using api = await world();
  await api.add({});
  await api.add({ Egress: true });
  await expect(api.add({ CidrBlock: "11.0.0.0/8" })).rejects.toMatchObject({
    name: "NetworkAclEntryAlreadyExists",
    message: "The network acl entry identified by 100 already exists.",
  });
  await api.replaceEntry({ CidrBlock: "11.0.0.0/8" });
  const blocks = async () => (await api.entries()).map(({ Egress, CidrBlock }) => [Egress, CidrBlock]);
  expect(await blocks()).toEqual([
    [true, "10.0.0.0/8"],
    [false, "11.0.0.0/8"],
  ]);
  await api.removeEntry(100, true);
  expect(await blocks()).toEqual([[false, "11.0.0.0/8"]]);
  const missing = { name: "InvalidNetworkAclEntry.NotFound", message: "The network acl entry identified by 100 does not exist." };
  await expect(api.removeEntry(100, true)).rejects.toMatchObject(missing);
  await expect(api.replaceEntry({ Egress: true })).rejects.toMatchObject(missing);
  await expect(api.removeEntry(32_767, true)).rejects.toMatchObject({ name: "InvalidParameterValue" });
});

test("an ACL has twenty entries of each direction and family", async () => {
  await using api = await world();
  const { state, acl } = api;
  const entry = { egress: false, protocol: "-1", action: "allow" as const, cidr: "0.0.0.0/0" };
  const entries = Array.from({ length: 20 }, (_, at) => ({ ...entry, number: at + 1 }));
  state.commit(() => state.table(networkAcls).update(acl, (now) => ({ ...now, entries })));
  await expect(api.add({})).rejects.toMatchObject({ name: "NetworkAclEntryLimitExceeded" });
  await api.add({ Egress: true });
  await api.add({ CidrBlock: undefined, Ipv6CidrBlock: "::/0" });
  await api.replaceEntry({ RuleNumber: 20 });
  await expect(api.replaceEntry({ RuleNumber: 100, CidrBlock: "0.0.0.0/0" })).rejects.toMatchObject({
    name: "NetworkAclEntryLimitExceeded",
  });
});

test("a subnet has one ACL, the default one from its beginning on, and an association that can be moved", async () => {
  await using api = await world();
  const { state, first, second, acl, fallback } = api;
  const beginning = first.id.replace("subnet-", "aclassoc-");
  const associations = async (id: string) =>
    (await api.described(id)).Associations?.map(({ NetworkAclAssociationId, SubnetId }) => [NetworkAclAssociationId, SubnetId]);
  expect(await associations(fallback)).toEqual([
    [beginning, first.id],
    [second.id.replace("subnet-", "aclassoc-"), second.id],
  ]);
  const moved = await api.move(beginning, acl);
  expect(networkAclOf(state, first)?.id).toBe(acl);
  expect(networkAclOf(state, second)?.id).toBe(fallback);
  expect(await associations(acl)).toEqual([[moved, first.id]]);
  await expect(api.move(beginning, fallback)).rejects.toMatchObject({
    name: "InvalidAssociationID.NotFound",
    message: `The association ID '${beginning}' does not exist`,
  });
  await expect(api.remove()).rejects.toMatchObject({
    name: "DependencyViolation",
    message: `The networkAcl '${acl}' has dependencies and cannot be deleted.`,
  });
  const back = await api.move(moved, fallback);
  expect(networkAclOf(state, first)?.id).toBe(fallback);
  expect(await associations(fallback)).toContainEqual([back, first.id]);
  await api.move(back, acl);
  await api.client.send(new DeleteSubnetCommand({ SubnetId: first.id }));
  await api.remove();
  await expect(api.remove(fallback)).rejects.toMatchObject({
    name: "InvalidParameterValue",
    message: `cannot delete default network ACL ${fallback}`,
  });
});

test("what is of another VPC or region is refused, and a VPC has 200", async () => {
  await using api = await world();
  const { state, acl, first } = api;
  const foreign = networkAclOf(state, api.network().subnets[0]!)!.id;
  const association = first.id.replace("subnet-", "aclassoc-");
  await expect(api.move(association, foreign)).rejects.toMatchObject({ name: "InvalidParameterValue" });
  const elsewhere = api.clientIn("eu-west-1");
  await expect(elsewhere.send(new CreateNetworkAclEntryCommand({ ...WEB, NetworkAclId: acl }))).rejects.toMatchObject({
    name: "InvalidNetworkAclID.NotFound",
    message: `The networkAcl ID '${acl}' does not exist`,
  });
  const move = new ReplaceNetworkAclAssociationCommand({ AssociationId: association, NetworkAclId: acl });
  await expect(elsewhere.send(move)).rejects.toMatchObject({ name: "InvalidAssociationID.NotFound" });
  state.commit(() => {
    for (let at = 2; at < 200; at += 1) state.table(networkAcls).put({ ...state.table(networkAcls).get(acl)!, id: `acl-${at}` });
  });
  await expect(api.create()).rejects.toMatchObject({ name: "NetworkAclLimitExceeded" });
});

test.each([
  ["default", "true", ["fallback", "other"]],
  ["association.subnet-id", "first", ["fallback"]],
  ["entry.protocol", "tcp", ["acl"]],
  ["entry.port-range.from", "80", ["acl"]],
  ["entry.cidr", "10.0.0.0/8", ["acl"]],
  ["entry.rule-action", "deny", ["acl", "fallback", "other"]],
  ["entry.rule-number", "101", []],
])("ACLs are found by %s=%s", async (Name, value, expected) => {
  await using api = await world();
  await api.add({});
  const { state, acl, fallback, first } = api;
  const names: Record<string, string> = {
    [acl]: "acl",
    [fallback]: "fallback",
    [networkAclOf(state, api.network().subnets[0]!)!.id]: "other",
  };
  const Values = [value === "first" ? first.id : value];
  const { NetworkAcls } = await api.client.send(new DescribeNetworkAclsCommand({ Filters: [{ Name, Values }] }));
  expect(NetworkAcls?.map(({ NetworkAclId }) => names[NetworkAclId!]).toSorted()).toEqual(expected);
});
