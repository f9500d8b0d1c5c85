import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import type { TaskObservation, TaskRunner } from "../../ports/task-runner.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { taskLoop } from "./task-loop.ts";
import type { Resolver, TaskResources } from "./task-resources.ts";

const ID = "0".repeat(32);

/** One task, and a runner and a resolver of which each answer waits until the test gives it. */
async function world(task: TaskRecord, refusal?: string) {
  const journal = memoryJournal();
  let slow = false;
  const append: typeof journal.append = async (changes) => {
    if (slow) await gate("durable");
    await journal.append(changes);
  };
  const state = new JournaledState({ ...journal, append });
  const clock = new ManualClock();
  putTask(state, task);
  const asked: string[] = [];
  let waiting: { readonly name: string; readonly go: () => void }[] = [];
  let over = false;
  const gate = (name: string): Promise<void> => new Promise((go) => void (over ? go() : waiting.push({ name, go })));
  let report: (observation: TaskObservation) => void = () => undefined;
  let adopt: (found: readonly TaskObservation[]) => void = () => undefined;
  const runner: TaskRunner = {
    start: ({ taskArn }) => void asked.push(`start ${taskArn}`),
    foresee: (place, network) => void asked.push(`foresee ${place} ${JSON.stringify(network)}`),
    stop: (taskArn) => void asked.push(`stop ${taskArn}`),
    forget: async (taskArn) => {
      asked.push(`forget ${taskArn}`);
      await gate("forget");
    },
    adopt: () => new Promise((resolve) => (adopt = resolve)),
    addressesOf: () => Promise.resolve([]),
    onChange: (listener) => {
      report = listener;
      return { [Symbol.dispose]: () => undefined };
    },
    close: () => Promise.resolve(),
  };
  const resources: TaskResources = {
    image: (reference) => ({ pullReference: reference }),
    secret: () => ({ value: "" }),
    logStream: () => ({ delivered: true }),
    environment: () => ({}),
  };
  const resolver: Resolver = {
    ready: () => gate("ready"),
    open: () => (refusal === undefined ? resources : { failure: refusal }),
  };
  const logger = { info: () => undefined, warn: () => undefined, error: (...told: unknown[]) => expect.unreachable(JSON.stringify(told)) };
  const begun = taskLoop({ state, clock, ids: systemIds, runner, resolver, logger });
  onTestFinished(async () => {
    over = true;
    for (const { go } of waiting) go();
    await (await begun)[Symbol.asyncDispose]();
  });
  await clock.settled();
  return {
    clock,
    state,
    asked,
    adopted: async (...found: readonly TaskObservation[]) => {
      adopt(found);
      await begun;
      await clock.settled();
    },
    report: async (observation: TaskObservation) => {
      report(observation);
      await clock.settled();
    },
    /** From now on, what is written is not durable before the test says so. */
    slowDisk: () => void (slow = true),
    open: async (name: "ready" | "forget" | "durable") => {
      const opened = waiting.filter((one) => one.name === name);
      waiting = waiting.filter((one) => one.name !== name);
      for (const { go } of opened) go();
      await clock.settled();
    },
    change: async (changes: Partial<TaskRecord>) => {
      state.commit(() => state.table(tasks).update(task.arn, (current) => ({ ...current, ...changes })));
      await clock.settled();
    },
    remove: async () => {
      state.commit(() => state.table(tasks).delete(task.arn));
      await clock.settled();
    },
    get record() {
      return state.table(tasks).get(task.arn);
    },
  };
}

const STOPPED_BY_USER = { desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "enough" } as const;
const pending = taskRecord(ID, { lastStatus: "PENDING", networkMode: "bridge" });
const observation = (phase: TaskObservation["phase"], taskArn = pending.arn): TaskObservation => ({
  taskArn,
  phase,
  containers: [],
  endpoints: [],
});

test("a task that is stopped and tagged while it is prepared keeps both, also where it could not have started", async () => {
  const at = await world(pending, "no such role");
  await at.adopted();
  const tags = [{ key: "a", value: "b" }];
  await at.change({ ...STOPPED_BY_USER, tags });
  await at.open("ready");
  expect(at.record).toMatchObject({ ...STOPPED_BY_USER, tags, lastStatus: "STOPPED" });
  expect(at.asked).toEqual([]);
});

test("a task that cannot start keeps the tags that it got meanwhile", async () => {
  const at = await world(pending, "no such role");
  await at.adopted();
  const tags = [{ key: "a", value: "b" }];
  await at.change({ tags });
  await at.open("ready");
  expect(at.record).toMatchObject({ tags, stopCode: "TaskFailedToStart", stoppedReason: "no such role" });
});

test("what is written to a task while its containers are removed is not lost, and a record that was deleted does not come back", async () => {
  const running = taskRecord(ID, { ...STOPPED_BY_USER, networkMode: "bridge" });
  const at = await world(running);
  await at.adopted(observation("stopped"));
  expect(at.asked).toEqual([`forget ${running.arn}`]);
  const tags = [{ key: "a", value: "b" }];
  await at.change({ tags });
  await at.open("forget");
  expect(at.record).toMatchObject({ lastStatus: "STOPPED", tags });

  const other = await world(running);
  await other.adopted(observation("stopped"));
  await other.remove();
  await other.open("forget");
  expect(other.record).toBeUndefined();
});

test("a task that is told to stop before the engine has said what it has is not stopped until its containers are", async () => {
  const running = taskRecord(ID, { networkMode: "bridge" });
  const at = await world(running);
  await at.change(STOPPED_BY_USER);
  expect(at.record?.lastStatus).toBe("RUNNING");
  await at.adopted(observation("running"));
  expect([...new Set(at.asked)]).toEqual([`stop ${running.arn}`]);
  expect(at.record?.lastStatus).toBe("STOPPING");
  await at.report(observation("stopped"));
  await at.open("forget");
  expect(at.record).toMatchObject({ ...STOPPED_BY_USER, lastStatus: "STOPPED" });
});

test("nothing is started before the engine has said what it has", async () => {
  const at = await world(pending);
  await at.change({ tags: [] });
  await at.open("ready");
  expect(at.asked).toEqual([]);
  await at.adopted();
  await at.open("ready");
  expect(at.asked).toEqual([`start ${pending.arn}`]);
});

test("a task that is told to stop while its record becomes durable is not started", async () => {
  const at = await world(pending);
  await at.adopted();
  at.slowDisk();
  await at.change({ tags: [] });
  await at.open("ready");
  expect(at.asked).toEqual([]);
  await at.change(STOPPED_BY_USER);
  await at.open("durable");
  expect(at.asked).toEqual([]);
});

test("when a task runs, the runner hears where the next one of its subnet will be", async () => {
  const at = await world({ ...pending, networkMode: "awsvpc", networkInterface: interfaceOf("172.31.0.4") });
  const [subnet] = defaultNetwork(at.state, systemIds, { account: "123456789012", region: "us-east-1" }).subnets;
  await at.change({ networkInterface: { ...interfaceOf("172.31.0.4"), subnetId: subnet?.id ?? "" } });
  expect(at.asked).toEqual([]);
  await at.adopted(observation("running"));
  expect(at.record?.lastStatus).toBe("RUNNING");
  const next = {
    mode: "awsvpc",
    vpcId: subnet?.vpcId,
    vpcCidr: "172.31.0.0/16",
    address: "172.31.0.5",
    macAddress: "02:42:ac:1f:00:05",
    hostname: "ip-172-31-0-5.ec2.internal",
  };
  expect(at.asked).toEqual([`foresee ${subnet?.id} ${JSON.stringify(next)}`]);
});
