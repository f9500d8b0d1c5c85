import { beforeEach, afterEach, expect, test, vi } from "vitest";
import type { PortGuard } from "../../ports/port-guard.ts";
import type { TaskNetwork, TaskRunner, TaskSpec } from "../../ports/task-runner.ts";
import { containerEngine, type ContainerEngine } from "../../testing/container-engine.ts";
import { follow } from "../../testing/task-runner-contract.ts";
import { systemClock as clock } from "../system/clock.ts";
import { dockerTaskRunner, type DockerTaskRunnerOptions } from "./runner.ts";
import { PLAIN_CONTAINER } from "../../testing/container-spec.ts";

// What a runner does with sandboxes, told by what it asks of an engine.

let engine: ContainerEngine;
let runners: TaskRunner[];
beforeEach(async () => {
  engine = await containerEngine();
  runners = [];
});
afterEach(async () => {
  for (const runner of runners) await runner.close();
  await engine[Symbol.asyncDispose]();
});

async function newRunner(options: Pick<DockerTaskRunnerOptions, "guard"> = {}): Promise<TaskRunner> {
  const logSink = { write: () => Promise.resolve() };
  const runner = await dockerTaskRunner({ socketPath: engine.socketPath, instance: "i", clock, logSink, reach: "direct", ...options });
  runners.push(runner);
  return runner;
}

const IMAGE = `localhost:4566/app@sha256:${"1".repeat(64)}`;
const network = (at: number): TaskNetwork => ({
  mode: "awsvpc",
  vpcId: "vpc-1",
  vpcCidr: "10.0.0.0/16",
  address: `10.0.0.${at}`,
  hostname: `ip-10-0-0-${at}`,
});

function task(id: string, at: number, containers = 1, dnsServers: readonly string[] = []): TaskSpec {
  return {
    taskArn: `arn:aws:ecs:us-east-1:123456789012:task/c/${id}`,
    taskId: id,
    clusterName: "c",
    family: "f",
    network: network(at),
    volumes: [],
    containers: Array.from({ length: containers }, (_, of) => ({
      name: `app${of}`,
      image: "app:1",
      pullReference: IMAGE,
      storedImage: "granted" as const,
      ...PLAIN_CONTAINER,
      stopTimeout: 1,
      dnsServers,
    })),
  };
}

/** Has a sandbox made ready. */
async function foreseen(runner: TaskRunner, at: number, place = "subnet-1"): Promise<void> {
  runner.foresee(place, network(at));
  await vi.waitFor(() => expect(engine.asked).toContain(`start airfield-i-_sandbox-vpc-1-10-0-0-${at}`), { interval: 2 });
}

async function run(runner: TaskRunner, spec: TaskSpec): Promise<ReturnType<typeof follow>> {
  const following = follow(runner, spec.taskArn);
  runner.start(spec);
  await following.until("running");
  return following;
}

const names = (): readonly string[] => [...engine.containers.values()].map(({ name }) => name).toSorted();
const SANDBOX = "airfield-i-_sandbox-vpc-1-10-0-0-5";

test.each([1, 2])("a task of %i containers joins the network that was made ready for it", async (containers) => {
  const runner = await newRunner();
  await foreseen(runner, 5);
  const spec = task("t1", 5, containers);
  await run(runner, spec);
  const apps = Array.from({ length: containers }, (_, of) => `airfield-i-t1-app${of}`);
  expect(names()).toEqual(["airfield-i-t1-_pause", ...apps]);
  expect(engine.asked).toContain(`rename ${SANDBOX}`);
  const modes = [...engine.containers.values()].filter(({ name }) => apps.includes(name)).map(({ networkMode }) => networkMode);
  expect(modes).toEqual(apps.map(() => "container:airfield-i-t1-_pause"));
  runner.stop(spec.taskArn);
  await runner.forget(spec.taskArn);
  expect(names()).toEqual([]);
});

test.each([1, 2])("%i containers are made while their task is not admitted, and started after", async (containers) => {
  const runner = await newRunner();
  let admit: () => void = () => undefined;
  const spec = task("t1", 5, containers);
  const following = follow(runner, spec.taskArn);
  runner.start(spec, new Promise<void>((resolve) => (admit = resolve)));
  const apps = Array.from({ length: containers }, (_, of) => `airfield-i-t1-app${of}`);
  await vi.waitFor(() => expect(engine.asked).toEqual(expect.arrayContaining(apps.map((app) => `create ${app}`))), { interval: 2 });
  await run(runner, task("t2", 6));
  expect(engine.asked.filter((one) => apps.some((app) => one === `start ${app}`))).toEqual([]);
  admit();
  await following.until("running");
});

test.each([1, 2])("one of %i containers that needs a network of its own has the sandbox removed before", async (containers) => {
  const runner = await newRunner();
  await foreseen(runner, 5);
  await run(runner, task("t1", 5, containers, ["192.0.2.1"]));
  const own = containers === 1 ? "airfield-i-t1-app0" : "airfield-i-t1-_pause";
  const removed = engine.asked.indexOf(`remove ${SANDBOX}`);
  expect(removed).toBeGreaterThan(0);
  expect(engine.asked.indexOf(`create ${own}`)).toBeGreaterThan(removed);
});

test.each(["the runner that started it", "the next one"])("a task ends with its sandbox, for %s", async (which) => {
  const first = await newRunner();
  await foreseen(first, 5);
  const spec = task("t1", 5);
  await run(first, spec);
  const pause = [...engine.containers.values()].find(({ name }) => name.endsWith("_pause"))?.id ?? "";
  let runner = first;
  if (which === "the next one") {
    await first.close();
    runner = await newRunner();
    await runner.adopt();
  }
  const following = follow(runner, spec.taskArn);
  engine.kill(pause);
  expect((await following.until("stopped")).stop).toBeDefined();
});

test("a sandbox that ends while it waits is given up", async () => {
  const runner = await newRunner();
  await foreseen(runner, 5);
  engine.kill([...engine.containers.keys()][0] ?? "");
  await vi.waitFor(() => expect(names()).toEqual([]), { interval: 2 });
  await run(runner, task("t1", 5));
  expect(names()).toEqual(["airfield-i-t1-app0"]);
});

test("sandboxes of an earlier life that no task has are removed before anything is adopted", async () => {
  await foreseen(await newRunner(), 5);
  await (await newRunner()).adopt();
  expect(names()).toEqual([]);
});

test("what an earlier life asked for, and came late, is not in the way", async () => {
  await foreseen(await newRunner(), 5);
  const runner = await newRunner();
  const before = engine.asked.length;
  runner.foresee("subnet-1", network(5));
  await vi.waitFor(() => expect(engine.asked.slice(before)).toContain(`start ${SANDBOX}`), { interval: 2 });
  expect(names()).toEqual([SANDBOX]);
});

test("a task that is forgotten before it took its sandbox gives it back; closing removes those that wait", async () => {
  const runner = await newRunner();
  await foreseen(runner, 5);
  const spec = task("t1", 5);
  runner.start(spec);
  await runner.forget(spec.taskArn);
  await foreseen(runner, 6);
  await vi.waitFor(() => expect(names()).toEqual(["airfield-i-_sandbox-vpc-1-10-0-0-6"]), { interval: 2 });
  await runner.close();
  expect(names()).toEqual([]);
});

test("a task that could send in others' names is bound to its own before it runs, and no other is", async () => {
  const guard: PortGuard = { bind: (_pid, address) => Promise.resolve(void bound.push(`${address} ${engine.asked.at(-1)}`)) };
  const bound: string[] = [];
  const runner = await newRunner({ guard });
  await run(runner, task("t1", 5));
  expect([bound, names()]).toEqual([[], ["airfield-i-t1-app0"]]);
  const spec = task("t2", 6);
  await run(runner, { ...spec, containers: spec.containers.map((one) => ({ ...one, linux: { addCapabilities: ["NET_RAW"] } })) });
  expect(bound).toEqual(["10.0.0.6 start airfield-i-t2-_pause"]);
  expect(engine.asked.at(-1)).toBe("start airfield-i-t2-app0");
});

test("so it is in a network that was made ready for it, and where an earlier life had not come to it", async () => {
  const spec = task("t1", 5, 2);
  const forging = { ...spec, containers: spec.containers.map((one) => ({ ...one, privileged: true })) };
  let isAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const first = await newRunner({ guard: { bind: () => new Promise(() => isAsked()) } });
  await foreseen(first, 5);
  first.start(forging);
  await asked;
  expect(names()).toEqual(["airfield-i-t1-_pause"]);
  await first.close();
  const bound: string[] = [];
  const next = await newRunner({ guard: { bind: (_pid, address) => Promise.resolve(void bound.push(address)) } });
  await next.adopt();
  await run(next, forging);
  expect([bound, names()]).toEqual([["10.0.0.5"], ["airfield-i-t1-_pause", "airfield-i-t1-app0", "airfield-i-t1-app1"]]);
});

test("one that cannot be bound does not run", async () => {
  const runner = await newRunner({ guard: { bind: () => Promise.reject(new Error("nft refuses")) } });
  const spec = task("t1", 5);
  const following = follow(runner, spec.taskArn);
  runner.start({ ...spec, containers: spec.containers.map((one) => ({ ...one, privileged: true })) });
  const { stop } = await following.until("stopped");
  expect(stop).toMatchObject({ code: "TaskFailedToStart", reason: expect.stringMatching(/^ResourceInitializationError: .*nft refuses$/) });
  expect(engine.asked).not.toContain("start airfield-i-t1-app0");
});
