import { expect, test } from "vitest";
import type { ContainerSpec, TaskNetwork, TaskSpec } from "../../ports/task-runner.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { EngineError } from "./engine.ts";
import { Sandboxes } from "./sandboxes.ts";
import { Slots } from "./slots.ts";
import type { TaskSurroundings } from "./surroundings.ts";
import { LABELS } from "./task-plan.ts";
import { PLAIN_CONTAINER } from "../../testing/container-spec.ts";

type VpcNetwork = Extract<TaskNetwork, { readonly mode: "awsvpc" }>;

const network = (at: number, changes: Partial<VpcNetwork> = {}): VpcNetwork => ({
  mode: "awsvpc",
  vpcId: "vpc-1",
  vpcCidr: "10.0.0.0/16",
  address: `10.0.0.${at}`,
  macAddress: `02:42:0a:00:00:0${at}`,
  hostname: `ip-10-0-0-${at}.ec2.internal`,
  ...changes,
});

function task(of: TaskNetwork, changes: Partial<TaskSpec> = {}, container: Partial<ContainerSpec> = {}): TaskSpec {
  const app: ContainerSpec = {
    name: "app",
    image: "app:1",
    pullReference: "app:1",
    ...PLAIN_CONTAINER,
    ...container,
  };
  return { taskArn: "arn:task/1", taskId: "1", clusterName: "c", family: "f", network: of, containers: [app], volumes: [], ...changes };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** An engine that has what is created on it, and refuses what `refuses` says. */
function world(refuses: (method: string, path: string) => EngineError | undefined = () => undefined) {
  const containers = new Map<string, { name: string; readonly body: { readonly Labels: Readonly<Record<string, string>> } }>();
  const warnings: string[] = [];
  const held: (() => void)[] = [];
  let holding = false;
  let count = 0;
  const call = async (method: string, path: string, { query = {}, body }: { query?: { name?: string }; body?: never } = {}) => {
    const refused = refuses(method, path);
    if (refused) throw refused;
    if (path === "/containers/create") {
      const id = `id-${(count += 1)}`;
      containers.set(id, { name: query.name ?? "", body: body as never });
      return { Id: id };
    }
    const id = path.split("/")[2] ?? "";
    if (method === "DELETE") {
      if (holding) await new Promise<void>((resolve) => held.push(resolve));
      containers.delete(id);
      return undefined;
    }
    const found = containers.get(id);
    if (!found) throw new EngineError(404, `No such container: ${id}`);
    if (path.endsWith("/rename")) found.name = query.name ?? "";
    return { Id: id, Name: `/${found.name}`, State: { Status: "running" } };
  };
  const slots = new Slots(2);
  const clock = new ManualClock();
  const at = {
    engine: { call },
    networks: { ensure: () => Promise.resolve(), nameOf: ({ vpcId }: { readonly vpcId: string }) => `net-${vpcId}` },
    slots,
    clock,
    settings: { instance: "i", publishOn: "127.0.0.1", dnsServers: [], gatewayNames: true, extraHosts: [] },
    pauseImage: () => Promise.resolve("pause"),
    warn: (message: string) => void warnings.push(message),
    closed: () => false,
  } as unknown as TaskSurroundings;
  const sandboxes = new Sandboxes(at);
  const names = (): readonly string[] => [...containers.values()].map(({ name }) => name);
  return {
    sandboxes,
    slots,
    clock,
    containers,
    warnings,
    names,
    /** Removals wait until they are let go. */
    hold: () => void (holding = true),
    letGo: () => held.splice(0).forEach((go) => go()),
  };
}

const waiting = (at: number): string => `airfield-i-_sandbox-vpc-1-10-0-0-${at}`;

test("what is foreseen is made ready with its address, name and resolver, and is the task's that has them", async () => {
  const { sandboxes, containers, names } = world();
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  expect(names()).toEqual([waiting(5)]);
  expect([...containers.values()][0]?.body).toMatchObject({
    Hostname: "ip-10-0-0-5.ec2.internal",
    MacAddress: "02:42:0a:00:00:05",
    NetworkingConfig: { EndpointsConfig: { "net-vpc-1": { IPAMConfig: { IPv4Address: "10.0.0.5" } } } },
    HostConfig: { NetworkMode: "net-vpc-1", Dns: ["10.0.0.1"] },
    Labels: { [LABELS.instance]: "i", [LABELS.role]: "sandbox" },
  });
  const spec = task(network(5));
  expect(sandboxes.reserve(spec)).toBe(true);
  expect(await sandboxes.take(spec, "airfield-i-1-_pause")).toBe("id-1");
  expect(names()).toEqual(["airfield-i-1-_pause"]);
  expect(sandboxes.ownerOf("id-1")).toBe(spec.taskArn);
  sandboxes.forget(spec.taskArn);
  expect(sandboxes.ownerOf("id-1")).toBeUndefined();
});

test("it is made when no container is being started", async () => {
  const { sandboxes, slots, names } = world();
  const [one, other] = [await slots.take(), await slots.take()];
  sandboxes.foresee("subnet-1", network(5));
  one();
  await settle();
  expect(names()).toEqual([]);
  other();
  await settle();
  expect(names()).toEqual([waiting(5)]);
});

test.each<[string, TaskSpec]>([
  ["another address", task(network(6))],
  ["another VPC", task(network(5, { vpcId: "vpc-2" }))],
  ["another name", task(network(5, { hostname: "other" }))],
  ["another hardware address", task(network(5, { macAddress: "02:42:0a:00:00:99" }))],
  ["no network of its own", task({ mode: "bridge" })],
  ["processes that its containers share", task(network(5), { pidMode: "task" })],
  ["memory that its containers share", task(network(5), { ipcMode: "task" })],
  ["name servers of its own", task(network(5), {}, { dnsServers: ["192.0.2.1"] })],
  ["search domains of its own", task(network(5), {}, { dnsSearchDomains: ["lan"] })],
  ["hosts of its own", task(network(5), {}, { extraHosts: [{ hostname: "a", ipAddress: "192.0.2.1" }] })],
  ["a container without network", task(network(5), {}, { networkDisabled: true })],
  ["settings of the kernel", task(network(5), {}, { systemControls: { "net.core.somaxconn": "9" } })],
])("a task with %s does not get it", async (_what, spec) => {
  const { sandboxes } = world();
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  expect(sandboxes.reserve(spec)).toBe(false);
});

test("a task that needs one of its own waits until the address is free", async () => {
  const { sandboxes, names, hold, letGo } = world();
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  hold();
  let free = false;
  const vacated = sandboxes.vacate(task(network(5))).then(() => (free = true));
  await settle();
  expect([free, names()]).toEqual([false, [waiting(5)]]);
  letGo();
  await vacated;
  expect(names()).toEqual([]);
});

test("a place has one, and there are six", async () => {
  const { sandboxes, names } = world();
  for (const at of [1, 2]) {
    sandboxes.foresee("subnet-0", network(at));
    await settle();
  }
  expect(names()).toEqual([waiting(2)]);
  for (const at of [3, 4, 5, 6, 7, 8]) sandboxes.foresee(`subnet-${at}`, network(at));
  await settle();
  expect(names().toSorted()).toEqual([3, 4, 5, 6, 7, 8].map(waiting));
});

test("what is foreseen again is not made again", async () => {
  const { sandboxes, containers } = world();
  for (let count = 0; count < 2; count += 1) {
    sandboxes.foresee("subnet-1", network(5));
    await settle();
  }
  expect([...containers.keys()]).toEqual(["id-1"]);
});

test("another one that is foreseen does not take away what a task will take", async () => {
  const { sandboxes, names } = world();
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  const spec = task(network(5));
  sandboxes.reserve(spec);
  sandboxes.foresee("subnet-1", network(6));
  await settle();
  expect(await sandboxes.take(spec, "mine")).toBe("id-1");
  expect(names()).toEqual(["mine", waiting(6)]);
});

test("a task that ends before it took its sandbox gives it back", async () => {
  const { sandboxes, names } = world();
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  const spec = task(network(5));
  sandboxes.reserve(spec);
  sandboxes.forget(spec.taskArn);
  await settle();
  expect(names()).toEqual([]);
  expect(await sandboxes.take(spec, "mine")).toBeUndefined();
});

test("one that cannot be named is removed, and its task has one of its own", async () => {
  const { sandboxes, names } = world((_method, path) => (path.endsWith("/rename") ? new EngineError(409, "in use") : undefined));
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  const spec = task(network(5));
  sandboxes.reserve(spec);
  expect(await sandboxes.take(spec, "mine")).toBeUndefined();
  expect(names()).toEqual([]);
  expect(sandboxes.ownerOf("id-1")).toBeUndefined();
});

test("one that cannot be started is told of, removed, and not asked for again", async () => {
  const { sandboxes, names, warnings } = world((_method, path) => (path.endsWith("/start") ? new EngineError(500, "no room") : undefined));
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  expect(names()).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining("10.0.0.5 of vpc-1: EngineError: no room")]);
  expect(sandboxes.reserve(task(network(5)))).toBe(false);
});

test.each<[string, (sandboxes: Sandboxes) => void]>([
  ["ends", (sandboxes) => sandboxes.hear({ kind: "die", containerId: "id-1", attributes: {}, at: 0 })],
  ["is not there after a reconnection", (sandboxes) => sandboxes.resync(() => false)],
])("one that %s while it waits is forgotten, and its address given back", async (_what, happens) => {
  const { sandboxes, names } = world();
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  happens(sandboxes);
  expect(sandboxes.reserve(task(network(5)))).toBe(false);
  await settle();
  expect(names()).toEqual([]);
});

test("closing removes those that wait, and none that a task has", async () => {
  const { sandboxes, names } = world();
  sandboxes.foresee("subnet-1", network(5));
  sandboxes.foresee("subnet-2", network(6));
  await settle();
  const spec = task(network(5));
  sandboxes.reserve(spec);
  await sandboxes.take(spec, "mine");
  await sandboxes.close();
  expect(names()).toEqual(["mine"]);
});

test("closing does not wait for containers that are being started, nor long for an engine that does not answer", async () => {
  const { sandboxes, slots, clock, hold } = world();
  sandboxes.foresee("subnet-1", network(5));
  await settle();
  await slots.take();
  sandboxes.foresee("subnet-2", network(6));
  hold();
  let closed = false;
  const closing = sandboxes.close().then(() => (closed = true));
  await settle();
  expect(closed).toBe(false);
  clock.advance(2_000);
  await closing;
});
