import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { elasticAddresses } from "../../state/ec2-gateways.ts";
import { tasks } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { drawPublicAddress, notePublicRange, releasePublicAddresses } from "../../state/public-addresses.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { leadPublicAddresses, openToLoopback } from "./lead-public-addresses.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function world(prepare: (state: JournaledState) => void = () => undefined) {
  const state = new JournaledState(memoryJournal());
  notePublicRange(state, { cidr: "203.0.113.0/24", reachable: true });
  prepare(state);
  const clock = new ManualClock();
  const led = new Map<string, string>();
  const ways = {
    adopt: async (all: ReadonlyMap<string, string>) => all.forEach((to, from) => led.set(from, to)),
    lead: async (from: string, to: string | undefined) => void (to === undefined ? led.delete(from) : led.set(from, to)),
    open: async () => undefined,
  };
  const leading = await leadPublicAddresses({ state, clock, logger: quiet, ways });
  onTestFinished(() => leading[Symbol.asyncDispose]());
  return { state, clock, led };
}

function putPublicTask(state: JournaledState, digit: string, address: string): string {
  const task = taskRecord(digit.repeat(32), { networkInterface: interfaceOf(address) });
  return state.commit(() => {
    putTask(state, task);
    return drawPublicAddress(state, ids, SCOPE, task.arn);
  });
}

test("what there is at the start is led to, and then who comes and who goes", async () => {
  let first = "";
  const { state, clock, led } = await world((before) => (first = putPublicTask(before, "1", "10.0.0.5")));
  expect([...led]).toEqual([[first, "10.0.0.5"]]);
  const second = putPublicTask(state, "2", "10.0.0.6");
  await clock.settled();
  expect(led.get(second)).toBe("10.0.0.6");
  const [task] = [...state.table(tasks).values()];
  state.commit(() => releasePublicAddresses(state, task!.arn));
  await clock.settled();
  expect([...led]).toEqual([[second, "10.0.0.6"]]);
});

test("an Elastic IP address leads where it is associated", async () => {
  const { state, clock, led } = await world();
  const publicIp = state.commit(() => drawPublicAddress(state, ids, SCOPE, "eipalloc-1"));
  const record = { ...SCOPE, allocationId: "eipalloc-1", publicIp, tags: [] };
  state.commit(() => state.table(elasticAddresses).put(record));
  await clock.settled();
  expect([...led]).toEqual([]);
  const association = { id: "eipassoc-1", networkInterfaceId: "eni-1", privateIp: "10.0.0.9" };
  state.commit(() => state.table(elasticAddresses).put({ ...record, association }));
  await clock.settled();
  expect([...led]).toEqual([[publicIp, "10.0.0.9"]]);
  state.commit(() => state.table(elasticAddresses).put(record));
  await clock.settled();
  expect([...led]).toEqual([]);
});

test("a network that cannot be opened to loopback is told of, and the next one is opened all the same", async () => {
  const told: unknown[] = [];
  const opened: string[] = [];
  const ways = {
    adopt: async () => undefined,
    lead: async () => undefined,
    open: async (gateway: string) => {
      if (gateway === "10.0.0.1") throw new Error("no");
      opened.push(gateway);
    },
  };
  await openToLoopback(ways, [{ address: "10.0.0.1" }, { address: "10.1.0.1" }], {
    ...quiet,
    warn: (...all: unknown[]) => void told.push(all),
  });
  expect([told.length, opened]).toEqual([1, ["10.1.0.1"]]);
});
