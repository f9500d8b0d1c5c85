import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { interfaceOf, taskRecord } from "../testing/task-record.ts";
import { defaultNetwork } from "./default-vpc.ts";
import { vpcPeerings, type VpcPeeringRecord } from "./ec2-peering.ts";
import { prefixLists } from "./ec2-prefix-lists.ts";
import { securityGroups, type SecurityGroupRuleRecord } from "./ec2.ts";
import { JournaledState } from "./journaled-state.ts";
import { taskInWorld, worldAround } from "./network-world.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

function world() {
  const state = new JournaledState(memoryJournal());
  const network = defaultNetwork(state, ids, SCOPE, 0);
  const networkInterface = {
    ...interfaceOf("172.31.0.9"),
    vpcId: network.vpc.id,
    subnetId: network.subnets[0]!.id,
    securityGroups: [network.securityGroup.id],
  };
  return { state, network, end: taskInWorld(state, taskRecord("0".repeat(32), { networkInterface }))! };
}

test("around an interface are its VPC, its subnet with what that has, and its groups, and nothing else", () => {
  const { state, network, end } = world();
  defaultNetwork(state, ids, { ...SCOPE, region: "eu-west-1" }, 0);
  const around = worldAround(state, [end]);
  expect(around.vpcs).toEqual([{ id: network.vpc.id, blocks: ["172.31.0.0/16"] }]);
  expect(around.subnets.map(({ id }) => id)).toEqual([network.subnets[0]!.id]);
  expect(around.groups.map(({ id }) => id)).toEqual([network.securityGroup.id]);
  expect([around.acls.length, around.routeTables.length, around.internetGateways.length]).toEqual([1, 1, 1]);
  expect(around.subnets[0]).toMatchObject({ aclId: around.acls[0]!.id, routeTableId: around.routeTables[0]!.id });
  expect(around.acls[0]!.ingress).toEqual([{ number: 100, allows: true, block: "0.0.0.0/0", protocol: "all" }]);
});

test.each<[what: string, rule: Partial<SecurityGroupRuleRecord>, expected: object | undefined]>([
  [
    "everything",
    { ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv4: "0.0.0.0/0" },
    { protocol: "all", peer: { kind: "cidr", block: "0.0.0.0/0" } },
  ],
  [
    "TCP ports from a group",
    { ipProtocol: "tcp", fromPort: 80, toPort: 90, referencedGroupId: "sg-1" },
    { protocol: 6, ports: { from: 80, to: 90 }, peer: { kind: "group", groupId: "sg-1" } },
  ],
  [
    "an echo request from a prefix list",
    { ipProtocol: "icmp", fromPort: 8, toPort: -1, prefixListId: "pl-1" },
    { protocol: 1, icmp: { type: 8, code: "all" }, peer: { kind: "prefix-list", prefixListId: "pl-1" } },
  ],
  [
    "another protocol",
    { ipProtocol: "50", fromPort: -1, toPort: -1, cidrIpv4: "10.0.0.0/8" },
    { protocol: 50, peer: { kind: "cidr", block: "10.0.0.0/8" } },
  ],
  ["ICMPv6, which IPv4 has not", { ipProtocol: "icmpv6", fromPort: -1, toPort: -1, referencedGroupId: "sg-1" }, undefined],
  ["ICMPv6 from a block of IPv4", { ipProtocol: "icmpv6", fromPort: 128, toPort: 0, cidrIpv4: "0.0.0.0/0" }, undefined],
  ["a type of ICMP that is none", { ipProtocol: "icmp", fromPort: 300, toPort: -1, cidrIpv4: "0.0.0.0/0" }, undefined],
  ["a code of ICMP that is none", { ipProtocol: "icmp", fromPort: 0, toPort: 65_535, cidrIpv4: "0.0.0.0/0" }, undefined],
  ["IPv6, which is no part of this world", { ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv6: "::/0" }, undefined],
])("a rule for %s is as it is written", (_what, rule, expected) => {
  const { state, network, end } = world();
  const record = { id: "sgr-1", isEgress: false, tags: [], ...rule } as SecurityGroupRuleRecord;
  state.commit(() => state.table(securityGroups).put({ ...network.securityGroup, rules: [record] }));
  expect(worldAround(state, [end]).groups[0]).toMatchObject({ ingress: expected ? [{ id: "sgr-1", ...expected }] : [], egress: [] });
});

test("prefix lists that a rule names, and VPCs that are peered, belong to it", () => {
  const { state, network, end } = world();
  const other = defaultNetwork(state, ids, { ...SCOPE, region: "eu-west-1" }, 0).vpc;
  const side = (vpcId: string, region: string) => ({ ...SCOPE, region, vpcId, cidrBlocks: [] });
  const peering: VpcPeeringRecord = {
    ...{ ...SCOPE, id: "pcx-1", requester: side(network.vpc.id, "us-east-1"), accepter: side(other.id, "eu-west-1") },
    ...{ status: "active", statusMessage: "", expiresAt: 0, tags: [] },
  };
  const list = { ...SCOPE, id: "pl-1", name: "own", addressFamily: "IPv4" as const, maxEntries: 1, version: 1, tags: [], earlier: [] };
  state.commit(() => {
    state.table(vpcPeerings).put(peering);
    state.table(vpcPeerings).put({ ...peering, region: "eu-west-1" });
    state.table(prefixLists).put({ ...list, entries: [{ cidr: "198.51.100.0/24" }], state: "create-complete" });
    const rule = { id: "sgr-1", isEgress: true, ipProtocol: "-1", fromPort: -1, toPort: -1, prefixListId: "pl-1", tags: [] };
    state.table(securityGroups).put({ ...network.securityGroup, rules: [rule] });
  });
  const around = worldAround(state, [end]);
  expect(around.vpcs.map(({ id }) => id)).toEqual([network.vpc.id, other.id]);
  expect(around.peerings).toEqual([{ id: "pcx-1", vpcIds: [network.vpc.id, other.id] }]);
  expect(around.prefixLists).toContainEqual({ id: "pl-1", blocks: ["198.51.100.0/24"] });
  state.commit(() => state.table(vpcPeerings).put({ ...peering, status: "deleted" }));
  state.commit(() => state.table(vpcPeerings).put({ ...peering, region: "eu-west-1", status: "deleted" }));
  expect(worldAround(state, [end]).peerings).toEqual([]);
});
