import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { ListenerBindError } from "../../ports/traffic-proxy.ts";
import { discoveryServices, instances, type DiscoveryServiceRecord } from "../../state/cloud-map.ts";
import { services, tasks, type ConnectEndpoint, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { connectAddresses, connectServers } from "../../state/ecs-connect.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { FakeTrafficProxy } from "../../testing/fake-traffic-proxy.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { forgetTask, isOffered, offerTask, withdrawTask } from "./connect-servers.ts";
import { serviceConnect } from "./service-connect.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const NAMESPACE = "ns-shop";
const ADDRESS = "240.0.0.1";
const HELD = [{ vpcId: "vpc-0", vpcCidr: "10.0.0.0/16", addresses: new Set([ADDRESS]) }];

const ENDPOINT: ConnectEndpoint = {
  ...{ namespaceId: NAMESPACE, discoveryServiceId: "srv-api", discoveryArn: "arn", discoveryName: "api" },
  ...{ containerName: "app", containerPort: 80, protocol: "http", alias: { dnsName: "backend", port: 8080 } },
  ...{ idleTimeout: 300, requestTimeout: 15 },
};

function serviceOf(name: string, endpoints: readonly ConnectEndpoint[], changes: Partial<ServiceRecord> = {}): ServiceRecord {
  const connect = { configuration: { enabled: true }, namespaceId: NAMESPACE, endpoints, names: [] };
  const deployments = [{ id: `${name}-1`, status: "PRIMARY", connect }] as unknown as DeploymentRecord[];
  return { ...SCOPE, arn: `arn:${name}`, name, clusterArn: "c", status: "ACTIVE", deployments, ...changes } as ServiceRecord;
}

/** Services `backend`, which offers `backend:8080`, and `client`; and no task yet. */
async function world(held: Parameters<ReturnType<typeof serviceConnect>["hold"]>[0] = HELD) {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const proxy = new FakeTrafficProxy();
  const troubles: (string | undefined)[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: (...told: unknown[]) => expect.unreachable(JSON.stringify(told)) };
  const put = (service: ServiceRecord): void => void state.commit(() => state.table(services).put(service));
  put(serviceOf("backend", [ENDPOINT]));
  put(serviceOf("client", []));
  state.commit(() => {
    state.table(connectAddresses).put({ ...SCOPE, namespaceId: NAMESPACE, vpcId: "vpc-0", name: "backend", address: ADDRESS });
    const own = { customHealth: true, attributes: {}, tags: [], createdAt: 0, revision: 0 };
    state
      .table(discoveryServices)
      .put({ ...SCOPE, ...own, id: "srv-api", arn: "arn", namespaceId: NAMESPACE, name: "api" } as DiscoveryServiceRecord);
  });
  const connecting = serviceConnect({ state, clock, proxy, logger, trouble: (text) => void troubles.push(text) });
  onTestFinished(() => connecting[Symbol.asyncDispose]());
  connecting.hold(held, new Map());
  const settled = (): Promise<void> => clock.settled();
  await settled();

  const taskOf = (service: string, at: number, changes: Partial<TaskRecord> = {}): TaskRecord => {
    const address = `10.0.0.${at}`;
    return taskRecord(String(at).padStart(32, "0"), {
      ...{ serviceArn: `arn:${service}`, deploymentId: `${service}-1`, networkInterface: interfaceOf(address) },
      connect: { namespaceId: NAMESPACE, names: [{ hostname: "backend", ipAddress: ADDRESS }] },
      endpoints: [{ containerName: "app", containerPort: 80, address, port: 80 }],
      ...changes,
    });
  };
  const change = async (task: TaskRecord, changes: Partial<TaskRecord>): Promise<void> => {
    state.commit(() => state.table(tasks).update(task.arn, (now) => ({ ...now, ...changes })));
    await settled();
  };
  const latest = ({ arn }: TaskRecord): TaskRecord => state.table(tasks).get(arn) as TaskRecord;
  return {
    ...{ state, clock, proxy, troubles, connecting, settled, put, change, taskOf },
    /** A task that runs, and is offered. */
    run: async (service: string, at: number, changes: Partial<TaskRecord> = {}): Promise<TaskRecord> => {
      const task = putTask(state, taskOf(service, at, changes));
      state.commit(() => offerTask(state, task));
      await settled();
      return task;
    },
    withdraw: async (task: TaskRecord): Promise<void> => {
      state.commit(() => withdrawTask(state, latest(task), clock.now()));
      await settled();
    },
    stop: async (task: TaskRecord): Promise<void> => {
      state.commit(() => forgetTask(state, latest(task)));
      await change(task, { lastStatus: "STOPPED" });
    },
    clients: () => proxy.configuration.clientSets?.find(({ id }) => id === NAMESPACE)?.addresses,
    servers: () =>
      proxy.configuration.backends[0]?.servers.map(({ address, health, draining }) => `${address} ${draining ? "draining" : health}`),
  };
}

test("an alias is a port of its own address, for tasks of its namespace alone", async () => {
  const { proxy, run, taskOf, state, clients, settled, stop } = await world();
  expect(proxy.configuration.aliases).toEqual([
    { id: "srv-api-backend-8080", addresses: [ADDRESS], port: 8080, clientSet: NAMESPACE, backend: "srv-api" },
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
  const { proxy, run, servers, state, settled, withdraw } = await world();
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
  const { run, change, servers } = await world();
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
  const { run, change, servers, proxy, settled } = await world();
  const task = await run("backend", 4, CHECKED("HEALTHY"));
  proxy.see("srv-api", task.id, "healthy");
  await settled();
  await run("backend", 5, CHECKED("UNKNOWN"));
  await change(task, { healthStatus: "UNHEALTHY" });
  expect(servers()).toEqual(["10.0.0.4 healthy"]);
});

test("a task that leaves is let go when its last request is answered, or when its time is over", async () => {
  const { proxy, run, withdraw, state, clock, settled } = await world();
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
  const { put, proxy, settled } = await world();
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
  const { connecting, state, taskOf, settled, clients } = await world([]);
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
  const { connecting, state, taskOf, run, proxy, settled, clients } = await world();
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
  const { connecting, state, taskOf, settled, clock } = await world([]);
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
  const { put, run, stop, state, settled, proxy } = await world();
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
  const { proxy, run, clients, clock, troubles, settled } = await world();
  proxy.failNext(new ListenerBindError([{ listener: "srv-api-backend-8080", address: ADDRESS, port: 8080 }]));
  await run("client", 5);
  expect(troubles.at(-1)).toContain("cannot bind 240.0.0.1:8080");
  await clock.pass(10_000);
  await settled();
  expect([troubles.at(-1), clients()]).toEqual([undefined, ["10.0.0.5"]]);
});
