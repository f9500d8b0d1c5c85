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
  const logger = { info: () => undefined, warn: (_message: string, fields: unknown) => void told.push(fields), error: () => undefined };
  const { vpc, subnets: own } = defaultNetwork(state, systemIds, { account: "123456789012", region: "us-east-1" });
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
  return { state, networks, told, vpc, own, task, cidrs, make: networkForTask({ state, networks, logger }) };
}

test("the network is made before a task has an address, and once it is there nothing is asked", async () => {
  const { networks, task, make, vpc } = world();
  expect(await make(task)).toBeUndefined();
  expect(networks.has({ vpcId: vpc.id, vpcCidr: "172.31.0.0/16" })).toBe(true);
  expect(make(task)).toBeUndefined();
  expect(networks.asked).toHaveLength(1);
});

test("where the block was taken meanwhile and nothing runs there, the VPC moves, with the same subnets", async () => {
  const { networks, task, make, vpc, own, told, cidrs } = world();
  networks.use(["172.31.7.0/24", "10.200.0.0/16"]);
  expect(await make(task)).toBeUndefined();
  expect(cidrs().vpc).toBe("10.201.0.0/16");
  expect(cidrs().subnets).toEqual(own.map(({ id }, at) => [id, `10.201.${at * 16}.0/20`]));
  expect(networks.has({ vpcId: vpc.id, vpcCidr: "10.201.0.0/16" })).toBe(true);
  expect(told).toEqual([expect.objectContaining({ vpc: vpc.id, before: "172.31.0.0/16", after: "10.201.0.0/16" })]);
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
