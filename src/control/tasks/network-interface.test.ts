import { expect, test, vi } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { attachInterface } from "./network-interface.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

function world() {
  const state = new JournaledState(memoryJournal());
  const { subnets } = defaultNetwork(state, ids, SCOPE);
  const [a, b] = subnets.map(({ id }) => id) as [string, string];
  let count = 0;
  const task = (changes: Partial<TaskRecord> = {}): TaskRecord => {
    count += 1;
    const networkConfiguration = { awsvpcConfiguration: { subnets: [a, b] } };
    return taskRecord(count.toString(16).padStart(32, "0"), { networkConfiguration, group: "service:web", ...changes });
  };
  /** A task that has this address. */
  const placed = (subnetId: string, address: string, changes: Partial<TaskRecord> = {}): TaskRecord =>
    putTask(state, task({ networkInterface: { ...interfaceOf(address), subnetId }, ...changes }));
  const attach = (one: TaskRecord = task()): readonly (string | undefined)[] => {
    const made = attachInterface(state, ids, one, new Map());
    return "failure" in made ? [made.failure] : [made.subnetId === a ? "a" : "b", made.privateIpv4Address];
  };
  return { state, a, b, task, placed, attach };
}

test("an address is given to one task at a time, and is free when its task has stopped", () => {
  const { state, a, task, placed, attach } = world();
  const here = task({ preferredSubnetId: a });
  expect(attach(here)).toEqual(["a", "172.31.0.4"]);
  const first = placed(a, "172.31.0.4");
  placed(a, "172.31.0.5");
  expect(attach(here)).toEqual(["a", "172.31.0.6"]);
  state.commit(() => state.table(tasks).put({ ...first, lastStatus: "STOPPED" }));
  expect(attach(here)).toEqual(["a", "172.31.0.4"]);
  placed(a, "172.31.0.4");
  expect(attach(here)).toEqual(["a", "172.31.0.6"]);
});

test("without a preference it is where the group has fewest tasks, and then all have", () => {
  const { a, b, placed, attach } = world();
  placed(a, "172.31.0.10");
  expect(attach()[0]).toBe("b");
  placed(b, "172.31.16.10");
  placed(a, "172.31.0.11", { group: "family:other" });
  expect(attach()[0]).toBe("b");
  placed(b, "172.31.16.11", { group: "family:other" });
  placed(b, "172.31.16.12", { group: "family:other" });
  expect(attach()[0]).toBe("a");
  placed(a, "172.31.0.12");
  placed(a, "172.31.0.13", { lastStatus: "STOPPED" });
  expect(attach()[0]).toBe("b");
});

test("costs the same where there are many tasks", () => {
  const { state, a, b, placed, attach } = world();
  for (let at = 4; at < 200; at += 1) placed(at % 2 === 0 ? a : b, `172.31.${at % 2 === 0 ? 8 : 24}.${at}`);
  const look = vi.spyOn(state.table(tasks), "by");
  attach();
  const found = look.mock.results.reduce((sum, { value }) => sum + (value as readonly TaskRecord[]).length, 0);
  expect([look.mock.calls.length, found]).toEqual([1, 0]);
});
