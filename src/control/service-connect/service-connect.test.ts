import { expect, test } from "vitest";
import { ListenerBindError } from "../../ports/traffic-proxy.ts";
import { instances } from "../../state/cloud-map.ts";
import { tasks, type DeploymentRecord, type TaskRecord } from "../../state/ecs.ts";
import { connectAddresses, connectServers } from "../../state/ecs-connect.ts";
import { ADDRESS, connectWorld, ENDPOINT, HELD, NAMESPACE, serviceOf } from "../../testing/connect-world.ts";
import { putTask, taskRecord } from "../../testing/task-record.ts";
import { isOffered } from "./connect-servers.ts";

test("an alias is a port of its own address, for tasks of its namespace alone", async () => {
  const { proxy, run, taskOf, state, clients, settled, stop } = await connectWorld();
  expect(proxy.configuration.aliases).toEqual([
    { id: "srv-api-backend-8080", addresses: [ADDRESS], port: 8080, clientSet: NAMESPACE, barredSet: "barred-srv-api", backend: "srv-api" },
  ]);
  expect(proxy.configuration.backends[0]).toMatchObject({
    id: "srv-api",
    connect: { kind: "requests", idleTimeout: 300, requestTimeout: 15 },
  });
  const client = await run("client", 5);
  // Also before it runs: it may ask with its first breath.
  putTask(state, taskOf("client", 6, { lastStatus: "PENDING" }));
  putTask(state, taskOf("stranger", 7, { connect: undefined } as never));
  putTask(state, taskOf("other", 8, { connect: { namespaceId: "ns-other", names: [] } }));
  await settled();
  expect(clients()).toEqual(["10.0.0.5", "10.0.0.6"]);
  await stop(client);
  expect(clients()).toEqual(["10.0.0.6"]);
});

test("a task is in rotation once something listens there, and known to Cloud Map while it is offered", async () => {
  const { proxy, run, servers, state, settled, withdraw } = await connectWorld();
  const task = await run("backend", 4);
  expect(servers()).toEqual(["10.0.0.4 initial"]);
  expect(state.table(instances).by("service", "srv-api")).toMatchObject([
    { id: task.id, health: "HEALTHY", taskArn: task.arn, attributes: { AWS_INSTANCE_IPV4: "10.0.0.4", AWS_INSTANCE_PORT: "80" } },
  ]);
  proxy.see("srv-api", task.id, "healthy");
  await settled();
  expect([...state.table(connectServers).values()]).toMatchObject([{ passed: true }]);
  proxy.carry("srv-api", task.id, 1);
  await withdraw(task);
  expect(servers()).toEqual(["10.0.0.4 draining"]);
});

const CHECKED = (healthStatus: TaskRecord["healthStatus"]): Partial<TaskRecord> => {
  const { containers } = taskRecord("0".repeat(32));
  return { containers: containers.map((container) => ({ ...container, hasHealthCheck: true })), healthStatus };
};

test("a task with a health check of its own gets nothing before it passes, and nothing more while others are well", async () => {
  const { run, change, servers } = await connectWorld();
  const first = await run("backend", 4, CHECKED("UNKNOWN"));
  expect(servers()).toEqual([]);
  await change(first, { healthStatus: "HEALTHY" });
  // Its own word counts: nobody waits for a probe.
  expect(servers()).toEqual(["10.0.0.4 healthy"]);
  await run("backend", 5, CHECKED("HEALTHY"));
  await change(first, { healthStatus: "UNHEALTHY" });
  expect(servers()).toEqual(["10.0.0.5 healthy"]);
});

test("where all are unwell, those get something that were well once", async () => {
  const { run, change, servers, proxy, settled } = await connectWorld();
  const task = await run("backend", 4, CHECKED("HEALTHY"));
  proxy.see("srv-api", task.id, "healthy");
  await settled();
  await run("backend", 5, CHECKED("UNKNOWN"));
  await change(task, { healthStatus: "UNHEALTHY" });
  expect(servers()).toEqual(["10.0.0.4 healthy"]);
});

test("a task that leaves is let go when its last request is answered, or when its time is over", async () => {
  const { proxy, run, withdraw, state, clock, settled } = await connectWorld();
  const [one, two] = [await run("backend", 4), await run("backend", 5)];
  proxy.carry("srv-api", one.id, 1);
  proxy.carry("srv-api", two.id, 1);
  await withdraw(one);
  await withdraw(two);
  expect([isOffered(state, one), isOffered(state, two)]).toEqual([true, true]);
  proxy.carry("srv-api", one.id, 0);
  await clock.pass(500);
  await settled();
  expect([isOffered(state, one), isOffered(state, two)]).toEqual([false, true]);
  await clock.pass(29_000);
  await settled();
  expect(isOffered(state, two)).toBe(true);
  await clock.pass(1000);
  await settled();
  expect(isOffered(state, two)).toBe(false);
});

test("an alias that only an earlier deployment has stays as long as that is there", async () => {
  const { put, proxy, settled } = await connectWorld();
  const [primary] = serviceOf("backend", [{ ...ENDPOINT, alias: { dnsName: "newer", port: 80 } }]).deployments;
  const [earlier] = serviceOf("backend", [ENDPOINT]).deployments;
  put(serviceOf("backend", [], { deployments: [primary, { ...earlier, id: "backend-0", status: "ACTIVE" }] as DeploymentRecord[] }));
  await settled();
  expect(proxy.configuration.aliases?.map(({ id }) => id)).toEqual(["srv-api-backend-8080", "srv-api-newer-80"]);
  expect(proxy.configuration.backends).toHaveLength(1);
  put(serviceOf("backend", [], { deployments: [primary] as DeploymentRecord[] }));
  await settled();
  expect(proxy.configuration.aliases?.map(({ id }) => id)).toEqual(["srv-api-newer-80"]);
});

test("a task waits until it is served at the addresses that its names lead to", async () => {
  const { connecting, state, taskOf, settled, clients } = await connectWorld([]);
  const task = putTask(state, taskOf("client", 5, { lastStatus: "PENDING" }));
  let outcome: unknown = "waits";
  void connecting.ready(task)?.then((told) => (outcome = told));
  await settled();
  expect([outcome, clients()]).toEqual(["waits", ["10.0.0.5"]]);
  connecting.hold(HELD, new Map());
  await settled();
  expect(outcome).toBeUndefined();
  expect(connecting.ready(task)).toBeUndefined();
  const { connect: _none, ...plain } = taskOf("stranger", 6);
  expect(connecting.ready(plain)).toBeUndefined();
});

test("a task that gets the address of a client waits until the proxy takes it for one no longer", async () => {
  const { connecting, state, taskOf, run, proxy, settled, clients } = await connectWorld();
  const client = await run("client", 5);
  const { connect: _none, ...heir } = taskOf("stranger", 5, { id: "9".repeat(32), arn: "arn:heir", lastStatus: "PENDING" });
  let applied: (() => void) | undefined;
  const apply = proxy.apply.bind(proxy);
  proxy.apply = async (configuration) => {
    await new Promise<void>((resolve) => (applied = resolve));
    return apply(configuration);
  };
  state.commit(() => state.table(tasks).update(client.arn, (task) => ({ ...task, lastStatus: "STOPPED" })));
  putTask(state, heir);
  let over = false;
  void connecting.ready(heir)?.then(() => (over = true));
  await settled();
  expect([over, clients()]).toEqual([false, ["10.0.0.5"]]);
  applied?.();
  await settled();
  expect([over, clients()]).toEqual([true, []]);
});

test("a task does not start where this host cannot have the addresses, or the proxy takes too long", async () => {
  const { connecting, state, taskOf, settled, clock } = await connectWorld([]);
  const task = putTask(state, taskOf("client", 5, { lastStatus: "PENDING" }));
  const told: unknown[] = [];
  void connecting.ready(task)?.then((outcome) => told.push(outcome));
  await clock.pass(60_000);
  expect(told).toEqual([{ failure: "ResourceInitializationError: Service Connect was not ready within a minute." }]);
  connecting.hold([], new Map([["vpc-0", "there is no ip"]]));
  void connecting.ready(task)?.then((outcome) => told.push(outcome));
  await settled();
  expect(told[1]).toEqual({ failure: "ResourceInitializationError: Service Connect cannot work here: there is no ip" });
});

test("addresses go with the last service and the last task of their namespace", async () => {
  const { put, run, stop, state, settled, proxy } = await connectWorld();
  const client = await run("client", 5);
  put(serviceOf("backend", [], { status: "INACTIVE", deployments: [] }));
  put(serviceOf("client", [], { status: "INACTIVE", deployments: [] }));
  await settled();
  expect(proxy.configuration.aliases).toEqual([]);
  expect(state.table(connectAddresses).size).toBe(1);
  await stop(client);
  expect(state.table(connectAddresses).size).toBe(0);
});

test("a port that somebody has is told of, tried anew, and keeps nothing else from coming about", async () => {
  const { proxy, run, clients, clock, troubles, settled } = await connectWorld();
  proxy.failNext(new ListenerBindError([{ listener: "srv-api-backend-8080", address: ADDRESS, port: 8080 }]));
  await run("client", 5);
  expect(troubles.at(-1)).toContain("cannot bind 240.0.0.1:8080");
  await clock.pass(10_000);
  await settled();
  expect([troubles.at(-1), clients()]).toEqual([undefined, ["10.0.0.5"]]);
});
