import { expect, onTestFinished, test } from "vitest";
import { FilterCompiler } from "../../decide/packet-filter/compiler.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { securityGroups, subnets } from "../../state/ec2.ts";
import { tasks } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { FakePacketFilter } from "../../testing/fake-packet-filter.ts";
import { FakeVpcNetworks } from "../../testing/fake-vpc-networks.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { taskRecord } from "../../testing/task-record.ts";
import { followWorld } from "./follow-world.ts";
import { InterfacesInPlace } from "./interfaces-in-place.ts";
import { packetFiltering } from "./packet-filter.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

function world() {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const networks = new FakeVpcNetworks();
  const filter = new FakePacketFilter();
  const inPlace = new InterfacesInPlace();
  const troubles: (string | undefined)[] = [];
  const { vpc, subnets: own, securityGroup } = defaultNetwork(state, ids, SCOPE, 1);
  networks.make({ vpcId: vpc.id, vpcCidr: vpc.cidrBlock });
  const putTask = (at: number, groups: readonly string[] = [securityGroup.id]): string => {
    const id = String(at).padStart(32, "0");
    const address = vpc.cidrBlock.replace(/0\.0\/16$/, `0.${at}`);
    const networkInterface = {
      ...{
        attachmentId: "a",
        networkInterfaceId: `eni-${at}`,
        subnetId: own[0]!.id,
        vpcId: vpc.id,
        vpcCidr: vpc.cidrBlock,
        availabilityZone: "us-east-1a",
      },
      ...{ privateIpv4Address: address, macAddress: "02:00:00:00:00:00", privateDnsName: "x", securityGroups: groups },
    };
    state.commit(() => state.table(tasks).put(taskRecord(id, { networkInterface, lastStatus: "PENDING" })));
    return address;
  };
  const start = (): AsyncDisposable => {
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const loop = packetFiltering({
      state,
      clock,
      logger,
      enforcement: { filter, inPlace, networks, resolvers: [], doors: [80, 4566], trouble: (text) => void troubles.push(text) },
    });
    onTestFinished(() => loop[Symbol.asyncDispose]());
    return loop;
  };
  /** What the filter would hold if all records were read now. */
  const wanted = () => {
    const compiler = new FilterCompiler();
    followWorld(state, compiler, () => undefined)[Symbol.dispose]();
    networks
      .follow(({ networks: seen }) => {
        for (const { vpcId: id, vpcCidr: block, bridge = "" } of seen) compiler.tell("networks", { id, bridge, block });
      })
      [Symbol.dispose]();
    for (const id of ["80", "4566"]) compiler.tell("doors", { id });
    compiler.change();
    return compiler.contents();
  };
  const elements = (set: string) => [...(filter.held.sets.get(set)?.elements.keys() ?? [])];
  return { state, clock, networks, filter, inPlace, troubles, vpc, own, securityGroup, putTask, start, wanted, elements };
}

const sorted = ({ chains, sets }: FakePacketFilter["held"]) => ({
  chains: [...chains].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  sets: [...sets]
    .map(
      ([name, { elements }]) =>
        [name, [...elements.keys()].toSorted((a, b) => (a < b ? -1 : 1)).map((key) => [key, elements.get(key)])] as const,
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1)),
});

test("what is there at the start is in the kernel, and what comes later is a change of what it is about", async () => {
  const { clock, filter, inPlace, putTask, start, wanted, elements, securityGroup } = world();
  const first = putTask(10);
  start();
  await clock.settled();
  expect([filter.adopted, elements("tasks")]).toEqual([1, [first]]);
  expect(inPlace.wait("eni-10")).toBeUndefined();
  const second = putTask(11);
  const placed = inPlace.wait("eni-11");
  await clock.settled();
  await placed;
  expect([filter.adopted, filter.changes.length]).toEqual([1, 1]);
  const change = filter.changes[0]!;
  expect([change.chains.size, change.sets.size, change.gone.size]).toEqual([0, 0, 0]);
  expect(change.added.get(`members.${securityGroup.id}`)).toEqual(new Map([[second, ""]]));
  expect(sorted(filter.held)).toEqual(sorted(wanted()));
});

test("a rule of a group with many members is one element", async () => {
  const { state, clock, filter, putTask, start, securityGroup } = world();
  for (let at = 10; at < 60; at += 1) putTask(at);
  start();
  await clock.settled();
  const rule = { id: "sgr-9", isEgress: false, ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIpv4: "192.0.2.0/24", tags: [] };
  state.commit(() => state.table(securityGroups).update(securityGroup.id, (group) => ({ ...group, rules: [...group.rules, rule] })));
  await clock.settled();
  const { added, chains } = filter.changes.at(-1)!;
  expect([...added].map(([name, elements]) => [name, [...elements.keys()]])).toEqual([
    [`group.${securityGroup.id}.in.ports`, ["192.0.2.0/24 . 6 . 80"]],
  ]);
  expect([...chains.keys()]).toEqual([`group.${securityGroup.id}.in`]);
});

test("a task that has stopped is nobody any more, and so is what comes to it", async () => {
  const { state, clock, putTask, start, elements } = world();
  const address = putTask(10);
  start();
  await clock.settled();
  expect(elements("ingress")).toContain(address);
  state.commit(() => state.table(tasks).update(taskRecord("10".padStart(32, "0")).arn, (task) => ({ ...task, lastStatus: "STOPPED" })));
  await clock.settled();
  for (const set of ["tasks", "interfaces", "ingress"]) expect(elements(set)).not.toContain(address);
});

test("what only a stopped task had stays for the next one, which is some elements, and goes when there is none", async () => {
  const { state, clock, filter, putTask, start, wanted } = world();
  const own = "sg-own";
  const [some] = state.table(securityGroups).values();
  state.commit(() => state.table(securityGroups).put({ ...some!, id: own, rules: [] }));
  start();
  await clock.settled();
  const change = async (at: number, lastStatus: "PENDING" | "STOPPED") => {
    if (lastStatus === "PENDING") putTask(at, [own]);
    else state.commit(() => state.table(tasks).update(taskRecord(String(at).padStart(32, "0")).arn, (task) => ({ ...task, lastStatus })));
    await clock.settled();
    const { chains, sets, chainsGone, setsGone } = filter.changes.at(-1)!;
    return chains.size + sets.size + chainsGone.length + setsGone.length;
  };
  expect(await change(10, "PENDING")).toBeGreaterThan(0);
  expect(await change(10, "STOPPED")).toBe(0);
  await clock.pass(59_000);
  expect(await change(11, "PENDING")).toBe(0);
  expect(await change(11, "STOPPED")).toBe(0);
  expect(filter.held.chains.has(`group.${own}.in`)).toBe(true);
  await clock.pass(300_000);
  expect(sorted(filter.held)).toEqual(sorted(wanted()));
  expect(filter.held.chains.has(`group.${own}.in`)).toBe(false);
  const before = filter.changes.length;
  await clock.pass(300_000);
  expect(filter.changes.length).toBe(before);
});

test("a subnet whose ACL is another one is looked at by that one", async () => {
  const { state, clock, filter, own, vpc, putTask, start, wanted, elements } = world();
  const address = putTask(10);
  start();
  await clock.settled();
  expect(elements("plain")).toContain(address);
  const associations = [{ id: "aclassoc-1", subnetId: own[0]!.id }];
  state.commit(() =>
    state.table(networkAcls).put({ ...SCOPE, id: "acl-own", vpcId: vpc.id, isDefault: false, entries: [], associations, tags: [] }),
  );
  await clock.settled();
  expect(elements("plain")).not.toContain(address);
  expect(elements("acls-in")).toContain(address);
  expect(sorted(filter.held)).toEqual(sorted(wanted()));
  state.commit(() => state.table(networkAcls).delete("acl-own"));
  await clock.settled();
  expect(elements("plain")).toContain(address);
  state.commit(() => state.table(subnets).delete(own[0]!.id));
  await clock.settled();
  expect(elements("plain")).not.toContain(address);
});

test("what the kernel refuses is told, new tasks wait, and a look at all comes next", async () => {
  const { clock, filter, inPlace, troubles, putTask, start, wanted } = world();
  start();
  await clock.settled();
  filter.refusal = new Error("no room");
  putTask(10);
  let isPlaced = false;
  void inPlace.wait("eni-10")?.then(() => (isPlaced = true));
  await clock.settled();
  await clock.settled();
  expect([isPlaced, troubles.at(-1)]).toEqual([
    false,
    expect.stringMatching(/does not hold what security groups, .* new tasks wait: no room$/),
  ]);
  filter.refusal = undefined;
  await clock.pass(1000);
  expect([isPlaced, troubles.at(-1), filter.adopted]).toEqual([true, undefined, 2]);
  expect(sorted(filter.held)).toEqual(sorted(wanted()));
});

test("a network that is made anew is looked at by its new bridge", async () => {
  const { clock, networks, vpc, start, elements } = world();
  start();
  await clock.settled();
  expect(elements("bridges")).toEqual([`br-${vpc.id}`]);
  networks.lose(vpc.id);
  await clock.settled();
  expect(elements("bridges")).toEqual([]);
});

test("each block of a VPC has a bridge of its own, and what comes over any of them is looked at", async () => {
  const { clock, vpc, networks, start, elements } = world();
  start();
  networks.make({ vpcId: vpc.id, vpcCidr: "172.30.0.0/20", isFurther: true });
  await clock.settled();
  expect(elements("bridges")).toEqual([`br-${vpc.id}`, `br-${vpc.id}-172.30.0.0/20`]);
  expect(elements("gateways")).toEqual(expect.arrayContaining(["172.31.0.1", "172.30.0.1"]));
  networks.make({ vpcId: vpc.id, vpcCidr: "172.31.0.0/16" });
  await clock.settled();
  expect(elements("bridges")).toHaveLength(2);
});
