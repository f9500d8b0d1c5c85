import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { subnets, vpcs } from "../../state/ec2.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { FakeVpcNetworks } from "../../testing/fake-vpc-networks.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { keepHostBlocks } from "./follow-networks.ts";
import { networkForTask } from "./network-for-task.ts";

function world() {
  const state = new JournaledState(memoryJournal());
  const networks = new FakeVpcNetworks();
  keepHostBlocks(state, networks);
  const told: unknown[] = [];
  const said: string[] = [];
  const warn = (message: string, fields: unknown): void => {
    said.push(message);
    told.push(fields);
  };
  const logger = { info: () => undefined, warn, error: () => undefined };
  const { vpc, subnets: own } = defaultNetwork(state, systemIds, { account: "123456789012", region: "us-east-1" }, 1);
  const task = taskRecord("1".repeat(32), {
    lastStatus: "PROVISIONING",
    networkConfiguration: { awsvpcConfiguration: { subnets: [own[0]!.id] } },
  });
  const cidrs = () => ({
    vpc: state.table(vpcs).get(vpc.id)?.cidrBlock,
    subnets: state
      .table(subnets)
      .by("vpc", vpc.id)
      .map(({ id, cidrBlock }) => [id, cidrBlock]),
  });
  return { state, networks, told, said, vpc, own, task, cidrs, make: networkForTask({ state, networks, logger }) };
}

test("the network is made before a task has an address, and once it is there nothing is asked", async () => {
  const { networks, task, make, vpc } = world();
  expect(await make(task)).toBeUndefined();
  expect(networks.has({ vpcId: vpc.id, vpcCidr: "172.31.0.0/16" })).toBe(true);
  expect(make(task)).toBeUndefined();
  expect(networks.asked).toHaveLength(1);
});

test("where the block was taken meanwhile and nothing runs there, the VPC moves, with the same subnets", async () => {
  const { networks, task, make, vpc, own, told, said, cidrs } = world();
  networks.use(["172.31.7.0/24", "10.200.0.0/16"]);
  expect(await make(task)).toBeUndefined();
  expect(cidrs().vpc).toBe("10.201.0.0/16");
  expect(cidrs().subnets).toEqual(own.map(({ id }, at) => [id, `10.201.${at * 16}.0/20`]));
  expect(networks.has({ vpcId: vpc.id, vpcCidr: "10.201.0.0/16" })).toBe(true);
  expect(told).toEqual([expect.objectContaining({ vpc: vpc.id, before: "172.31.0.0/16", after: "10.201.0.0/16" })]);
  expect(said).toEqual([expect.stringContaining("a default VPC has other addresses now")]);
});

test("blocks that the engine refuses, whoever has them, are each tried once", async () => {
  const { networks, task, make, cidrs } = world();
  networks.use([], ["172.31.0.0/16", "10.200.0.0/16", "10.201.0.0/16"]);
  expect(await make(task)).toBeUndefined();
  expect(networks.asked.map(({ vpcCidr }) => vpcCidr)).toEqual(["172.31.0.0/16", "10.200.0.0/16", "10.201.0.0/16", "10.202.0.0/16"]);
  expect(cidrs().vpc).toBe("10.202.0.0/16");
});

test("an engine that refuses one block after the other is not asked for all of them", async () => {
  const { networks, task, make } = world();
  networks.use([], ["172.31.0.0/16", "10.0.0.0/8"]);
  expect(await make(task)).toEqual({ failure: expect.stringContaining("Pool overlaps") });
  expect(networks.asked).toHaveLength(9);
});

test("two tasks at once move the VPC once", async () => {
  const { networks, task, make, told } = world();
  networks.use(["172.31.0.0/16"]);
  expect(await Promise.all([make(task), make(task)])).toEqual([undefined, undefined]);
  expect(told).toHaveLength(1);
});

test("a VPC on which a task has an address stays, and the task is told why it cannot start", async () => {
  const { state, networks, task, make, vpc, cidrs } = world();
  putTask(state, taskRecord("2".repeat(32), { networkInterface: { ...interfaceOf("172.31.0.5"), vpcId: vpc.id } }));
  networks.use(["172.31.0.0/16"]);
  expect(await make(task)).toEqual({
    failure: "ResourceInitializationError: unable to make a network with the addresses 172.31.0.0/16: Pool overlaps",
  });
  expect(cidrs().vpc).toBe("172.31.0.0/16");

  putTask(state, taskRecord("2".repeat(32), { lastStatus: "STOPPED", networkInterface: { ...interfaceOf("172.31.0.5"), vpcId: vpc.id } }));
  expect(await make(task)).toBeUndefined();
  expect(cidrs().vpc).toBe("10.200.0.0/16");
});

test("where no block is left, the task is told so", async () => {
  const { networks, task, make } = world();
  networks.use(["172.31.0.0/16", "10.0.0.0/8"]);
  expect(await make(task)).toEqual({ failure: expect.stringContaining("no block of addresses is left on this host") });
});

test("a VPC stays where the engine refuses its network for another reason, and where its owner has chosen the block", async () => {
  const { networks, task, make, cidrs, told } = world();
  networks.ensure = () => Promise.resolve({ kind: "refused", reason: "no such driver" });
  expect(await make(task)).toEqual({ failure: "ResourceInitializationError: no such driver" });
  expect([cidrs().vpc, told]).toEqual(["172.31.0.0/16", []]);

  const chosen = world();
  chosen.state.commit(() => chosen.state.table(vpcs).update(chosen.vpc.id, (vpc) => ({ ...vpc, isDefault: false })));
  chosen.networks.use(["172.31.0.0/16"]);
  expect(await chosen.make(chosen.task)).toEqual({ failure: expect.stringContaining("172.31.0.0/16: Pool overlaps") });
  expect(chosen.cidrs().vpc).toBe("172.31.0.0/16");
});

test("a task with an address elsewhere, or with none, does not keep a VPC where it is", async () => {
  const { state, networks, task, make, cidrs } = world();
  putTask(state, taskRecord("2".repeat(32), { networkInterface: { ...interfaceOf("172.31.0.5"), vpcId: "vpc-9" } }));
  putTask(state, taskRecord("3".repeat(32)));
  networks.use(["172.31.0.0/16"]);
  expect(await make(task)).toBeUndefined();
  expect(cidrs().vpc).toBe("10.200.0.0/16");
});

test.each<[string, object | undefined]>([
  ["no network", undefined],
  ["no VPC", {}],
  ["a subnet that is gone", { awsvpcConfiguration: { subnets: ["subnet-gone"] } }],
])("a task of %s has none made", (_what, networkConfiguration) => {
  const { networks, task, make } = world();
  expect(make({ ...task, networkConfiguration: networkConfiguration as never })).toBeUndefined();
  expect(networks.asked).toEqual([]);
});

test("a subnet that is gone beside one that is there counts for nothing", async () => {
  const { networks, own, task, make } = world();
  const awsvpcConfiguration = { subnets: ["subnet-gone", own[0]?.id ?? ""] };
  expect(await make({ ...task, networkConfiguration: { awsvpcConfiguration } })).toBeUndefined();
  expect(networks.asked).toHaveLength(1);
});

test("a failure that is no lack of blocks is none of the task's", async () => {
  const { state, networks, task, make } = world();
  networks.use(["172.31.0.0/16"]);
  state.commit = () => {
    throw new Error("the disk is gone");
  };
  await expect(make(task)).rejects.toThrow("the disk is gone");
});

test("a task waits until it is known where names are answered, also where the network is there", async () => {
  const { state, networks, task, vpc } = world();
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const waited: string[] = [];
  let isKnown = false;
  const namesReady = (vpcId: string): Promise<void> | undefined => {
    if (isKnown) return undefined;
    waited.push(vpcId);
    isKnown = true;
    return Promise.resolve();
  };
  const make = networkForTask({ state, networks, logger, namesReady });
  networks.make({ vpcId: vpc.id, vpcCidr: vpc.cidrBlock });
  expect(await make(task)).toBeUndefined();
  expect(waited).toEqual([vpc.id]);
  expect(make(task)).toBeUndefined();
});

test("a task in a block that its VPC got later has that block's network made, after that of the first, in which load balancers and names are", async () => {
  const { state, networks, task, vpc, own, make } = world();
  const moreBlocks = [{ associationId: "a", cidrBlock: "172.30.0.0/20" }];
  state.commit(() => {
    state.table(vpcs).update(vpc.id, (one) => ({ ...one, moreBlocks }));
    state.table(subnets).put({ ...own[0]!, id: "subnet-later", cidrBlock: "172.30.1.0/24", defaultForAz: false });
  });
  const later = { ...task, networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-later"] } } };
  expect(await make(later)).toBeUndefined();
  expect(networks.asked).toEqual([
    { vpcId: vpc.id, vpcCidr: "172.31.0.0/16" },
    { vpcId: vpc.id, vpcCidr: "172.30.0.0/20", isFurther: true },
  ]);
  expect(make(later)).toBeUndefined();
  networks.lose(vpc.id);
  networks.use(["172.30.4.0/24"]);
  expect(await make(later)).toEqual({ failure: expect.stringMatching(/^ResourceInitializationError: .*172\.30\.0\.0\/20/) });
});
