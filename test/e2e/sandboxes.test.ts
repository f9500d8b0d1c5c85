import { expect, onTestFinished, test, vi } from "vitest";
import { inspect } from "../../src/drivers/docker/container-start.ts";
import type { ContainerSpec, TaskNetwork, TaskSpec } from "../../src/ports/task-runner.ts";
import { follow, taskSpec } from "../../src/testing/task-runner-contract.ts";
import { taskWorld, type TaskWorld } from "./task-world.ts";

// Namespaces that wait for tasks on a real engine.

async function inWorld(options: Parameters<typeof taskWorld>[0] = {}): Promise<TaskWorld> {
  const world = await taskWorld(options);
  onTestFinished(() => world[Symbol.asyncDispose]());
  return world;
}

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}

function sandboxes({ engine, instance }: TaskWorld): Promise<readonly Listed[]> {
  const filters = JSON.stringify({ label: [`airfield.instance=${instance}`, "airfield.role=sandbox"] });
  return engine.call<readonly Listed[]>("GET", "/containers/json", { query: { all: true, filters } });
}

/** Has a sandbox made for a network, and gives its id when it runs. */
async function foreseen(world: TaskWorld, network: TaskNetwork): Promise<string> {
  world.runner().foresee("subnet-1", network);
  return vi.waitFor(
    async () => {
      const place = network.mode === "awsvpc" ? network.address.replaceAll(".", "-") : "";
      const [made] = (await sandboxes(world)).filter(({ State, Names }) => State === "running" && Names[0]?.endsWith(place));
      if (!made) throw new Error("not yet");
      return made.Id;
    },
    { timeout: 20_000, interval: 20 },
  );
}

const waits = (world: TaskWorld): Pick<ContainerSpec, "image" | "pullReference" | "command"> =>
  world.shell("trap 'exit 0' TERM; while :; do sleep 1000 & wait; done");

async function stop(world: TaskWorld, { taskArn }: TaskSpec): Promise<void> {
  const task = follow(world.runner(), taskArn);
  world.runner().stop(taskArn);
  await task.until("stopped");
  await world.runner().forget(taskArn);
}

async function running(world: TaskWorld, spec: TaskSpec): Promise<ReturnType<ReturnType<typeof follow>["until"]>> {
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  return task.until("running");
}

const NOTICED = [
  "hostname",
  "cat /etc/hosts /etc/hostname /etc/resolv.conf",
  "ip -o addr show eth0 | awk '{print $4}'",
  "cat /sys/class/net/eth0/address",
  "ip route",
  "cat /proc/self/status | grep CapEff",
].join("; ");

test("a task in a sandbox notices nothing of it", async () => {
  const world = await inWorld();
  const network = world.network();
  const seen: (readonly string[])[] = [];
  for (const ready of [true, false]) {
    if (ready) await foreseen(world, network);
    const log = { log: { account: "123456789012", region: "us-east-1", group: "e2e", stream: `seen-${ready}` } };
    const spec = taskSpec(world, [{ ...world.shell(`${NOTICED}; exit 3`), ...log }], { network });
    const task = follow(world.runner(), spec.taskArn);
    world.runner().start(spec);
    const stopped = await task.until("stopped");
    expect(stopped.containers[0]?.exitCode).toBe(3);
    expect((await sandboxes(world)).map(({ Names }) => Names[0]?.includes(spec.taskId))).toEqual(ready ? [true] : []);
    seen.push(world.lines(`seen-${ready}`));
    await world.runner().forget(spec.taskArn);
  }
  expect(seen[0]?.length).toBeGreaterThan(8);
  expect(seen[0]).toEqual(seen[1]);
  expect(await sandboxes(world)).toEqual([]);
});

test("containers of a task meet in it; what comes from its address is the task's", async () => {
  const world = await inWorld();
  const network = world.network();
  const id = await foreseen(world, network);
  const port = { portMappings: [{ containerPort: 80, protocol: "tcp" as const }] };
  const spec = taskSpec(
    world,
    [
      { ...world.shell("mkdir /www; echo here > /www/index.html; exec httpd -f -p 80 -h /www"), ...port, stopTimeout: 1 },
      { ...world.shell("until wget -q -O - http://127.0.0.1:80/; do sleep 0.1; done; exit 0"), essential: false },
    ],
    { network },
  );
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  const seen = await task.until(({ containers }) => containers[1]?.exitCode === 0);
  const address = network.mode === "awsvpc" ? network.address : "";
  expect(seen.endpoints).toEqual([{ containerName: "app", containerPort: 80, address, port: 80 }]);
  expect(await (await fetch(`http://${address}/`)).text()).toBe("here\n");
  expect(await world.runner().addressesOf(spec.taskArn)).toContain(address);
  // Whoever ends the sandbox ends the task.
  await world.engine.call("POST", `/containers/${id}/kill`);
  expect((await task.until("stopped")).stop).toBeDefined();
});

test("a task that needs a namespace of its own kind gets the address", async () => {
  const world = await inWorld();
  const network = world.network();
  const id = await foreseen(world, network);
  const spec = taskSpec(world, [{ ...waits(world), dnsServers: ["192.0.2.1"] }], { network });
  await running(world, spec);
  const address = network.mode === "awsvpc" ? network.address : "";
  expect(await world.runner().addressesOf(spec.taskArn)).toEqual([address]);
  await expect(inspect(world.engine, id)).rejects.toThrow("No such container");
});

test("one that ended while it waited is not missed, and one that is replaced goes", async () => {
  const world = await inWorld();
  const [first, second] = [world.network(), world.network()];
  const old = await foreseen(world, first);
  const died = await foreseen(world, second);
  await vi.waitFor(() => expect(inspect(world.engine, old)).rejects.toThrow("No such container"), { timeout: 10_000 });
  await world.engine.call("POST", `/containers/${died}/kill`);
  const spec = taskSpec(world, [waits(world)], { network: second });
  await running(world, spec);
  await stop(world, spec);
  await vi.waitFor(async () => expect(await sandboxes(world)).toEqual([]), { timeout: 10_000 });
});

test("after a crash a task keeps its sandbox, and those that waited go", async () => {
  const world = await inWorld();
  const [taken, waiting] = [world.network(), world.network()];
  await foreseen(world, taken);
  const spec = taskSpec(world, [waits(world)], { network: taken });
  const before = await running(world, spec);
  await foreseen(world, waiting);
  expect(await sandboxes(world)).toHaveLength(2);
  const runner = await world.crash();
  const [adopted] = await runner.adopt();
  expect(adopted).toMatchObject({ taskArn: spec.taskArn, phase: "running", containers: [{ runtimeId: before.containers[0]?.runtimeId }] });
  expect(await sandboxes(world)).toHaveLength(1);
  await stop(world, spec);
  expect(await sandboxes(world)).toEqual([]);
});

test.each([0, 1, 2, 3, 4])(
  "killed after %i requests of a task's start: it starts all the same, once, and nothing is left",
  async (requests) => {
    const world = await inWorld();
    const network = world.network();
    await foreseen(world, network);
    const spec = taskSpec(world, [waits(world)], { network });
    const cut = world.line().cutAfter(requests);
    world.runner().start(spec);
    await cut;
    const runner = await world.crash();
    await runner.adopt();
    const task = follow(runner, spec.taskArn);
    runner.start(spec);
    await task.until("running");
    expect((await sandboxes(world)).length).toBeLessThanOrEqual(1);
    await stop(world, spec);
    expect(await sandboxes(world)).toEqual([]);
  },
);

test("a runner that closes leaves none that waits", async () => {
  const world = await inWorld();
  await foreseen(world, world.network());
  await world.runner().close();
  expect(await sandboxes(world)).toEqual([]);
});

test("where ports are published none is made ready", async () => {
  const world = await inWorld({ reach: "published" });
  const network = world.network();
  world.runner().foresee("subnet-1", network);
  await running(world, taskSpec(world, [waits(world)], { network }));
  expect(await sandboxes(world)).toEqual([]);
});
