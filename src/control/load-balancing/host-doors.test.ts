import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { networkAclOf, networkAcls } from "../../state/ec2-network-acls.ts";
import { prefixLists, type ManagedPrefixListRecord } from "../../state/ec2-prefix-lists.ts";
import { securityGroups, type SecurityGroupRecord, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { placeInterfaces } from "../../state/elb-interfaces.ts";
import { loadBalancers } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { BALANCER_SCOPE as SCOPE, balancerRecord } from "../../testing/balancer-records.ts";
import { HostDoors } from "./host-doors.ts";

const TCP_80 = { ipProtocol: "tcp", fromPort: 80, toPort: 80 } as const;

/** A load balancer in the first subnets of the default VPC, with a group of these rules; with none that was asked for where there are none. */
function world(rules?: readonly Partial<SecurityGroupRuleRecord>[], subnetCount = 1) {
  const state = new JournaledState(memoryJournal());
  const { vpc, subnets, securityGroup } = defaultNetwork(state, ids, SCOPE, 0);
  const group: SecurityGroupRecord = { ...securityGroup, id: "sg-web", name: "web", rules: [] };
  const ofRules = (some: readonly Partial<SecurityGroupRuleRecord>[]): SecurityGroupRecord["rules"] =>
    some.map((rule, at) => ({ id: `sgr-${at}`, isEgress: false, tags: [], ...TCP_80, ...rule }));
  const balancer = balancerRecord({ vpcId: vpc.id, securityGroups: [rules ? group.id : securityGroup.id] });
  state.commit(() => {
    state.table(securityGroups).put({ ...group, rules: ofRules(rules ?? []) });
    state.table(loadBalancers).put(balancer);
    placeInterfaces(
      state,
      ids,
      balancer,
      subnets.slice(0, subnetCount).map((subnet) => ({ subnet })),
      0,
    );
  });
  const doors = new HostDoors(state);
  let changes = 0;
  doors.watch(() => (changes += 1));
  return {
    ...{ state, doors, balancer, subnets, securityGroup },
    isShut: (port = 80) => doors.isShut({ loadBalancerArn: balancer.arn, port }),
    /** Once those who watch have heard of what was changed. */
    changes: async (change: () => unknown = () => undefined) => {
      state.commit(change);
      await state.durable();
      return changes;
    },
    setRules: (some: readonly Partial<SecurityGroupRuleRecord>[], of = group) =>
      state.table(securityGroups).update(of.id, (one) => ({ ...one, rules: ofRules(some) })),
  };
}

test.each<[who: string, rules: readonly Partial<SecurityGroupRuleRecord>[] | undefined, isShut: boolean]>([
  ["everybody", [{ cidrIpv4: "0.0.0.0/0" }], false],
  ["loopback", [{ cidrIpv4: "127.0.0.1/32" }], false],
  ["an inner block", [{ cidrIpv4: "10.0.0.0/8" }], true],
  ["everybody at another port", [{ cidrIpv4: "0.0.0.0/0", fromPort: 443, toPort: 443 }], true],
  ["everybody with datagrams", [{ cidrIpv4: "0.0.0.0/0", ipProtocol: "udp" }], true],
  ["a group", [{ referencedGroupId: "sg-web" }], true],
  ["nobody", [], true],
  ["what has the VPC's default group, as one does that was given none", undefined, false],
])("a load balancer that lets in %s", (_who, rules, isShut) => {
  expect(world(rules).isShut()).toBe(isShut);
});

test("a rule that is made or taken away counts at once, and is told once where it makes a difference", async () => {
  const at = world([{ cidrIpv4: "10.0.0.0/8" }]);
  expect([at.isShut(), at.isShut(443)]).toEqual([true, true]);
  expect(await at.changes(() => at.setRules([{ cidrIpv4: "10.0.0.0/16" }]))).toBe(0);
  expect(await at.changes(() => at.setRules([{ cidrIpv4: "0.0.0.0/0" }]))).toBe(1);
  expect([at.isShut(), at.isShut(443)]).toEqual([false, true]);
  const without = () => at.state.table(loadBalancers).update(at.balancer.arn, (one) => ({ ...one, securityGroups: [] }));
  expect(await at.changes(without)).toBe(2);
  expect(at.isShut()).toBe(true);
});

test("the default group without its rule is as any other", async () => {
  const at = world();
  expect(at.isShut()).toBe(false);
  expect(await at.changes(() => at.setRules([], at.securityGroup))).toBe(1);
  expect(at.isShut()).toBe(true);
});

test("blocks of a prefix list are those that it has now", async () => {
  const at = world([{ prefixListId: "pl-1" }]);
  expect(at.isShut()).toBe(true);
  const list = { ...SCOPE, id: "pl-1", entries: [{ cidr: "127.0.0.0/8" }], tags: [] };
  expect(await at.changes(() => at.state.table(prefixLists).put(list as unknown as ManagedPrefixListRecord))).toBe(1);
  expect(at.isShut()).toBe(false);
});

test("the ACL of its subnet is asked, both ways; one address that lets in is enough", async () => {
  const at = world([{ cidrIpv4: "0.0.0.0/0" }], 2);
  const acl = networkAclOf(at.state, at.subnets[0]!)!;
  expect(at.isShut()).toBe(false);
  const entries = (egress: boolean) => acl.entries.filter((entry) => entry.egress === egress);
  const own = { ...acl, id: "acl-own", isDefault: false, associations: [{ id: "a", subnetId: at.subnets[0]!.id }] };
  expect(await at.changes(() => at.state.table(networkAcls).put({ ...own, entries: entries(false) }))).toBe(0);
  expect(at.isShut()).toBe(false);
  const inOnly = () => at.state.table(networkAcls).update(acl.id, (one) => ({ ...one, entries: entries(true) }));
  expect(await at.changes(inOnly)).toBe(1);
  expect(at.isShut()).toBe(true);
});

test("a load balancer that is gone is forgotten", async () => {
  const at = world([]);
  expect(at.isShut()).toBe(true);
  expect(await at.changes(() => at.state.table(loadBalancers).delete(at.balancer.arn))).toBe(0);
});
