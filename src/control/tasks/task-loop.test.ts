import { describe, expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import type { TaskObservation, TaskRunner } from "../../ports/task-runner.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { instances } from "../../state/cloud-map.ts";
import { registerInstance } from "../../state/cloud-map-instances.ts";
import { services, taskDefinitions, tasks, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { connectServers } from "../../state/ecs-connect.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import { listeners, targetKey, targets, type ListenerRecord } from "../../state/elb.ts";
import { notePublicRange, publicAddresses } from "../../state/public-addresses.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { putDiscoveryService } from "../../testing/discovery-service.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import type { BarredWays } from "../reachability/task-ways.ts";
import type { WaysOfTasks } from "../reachability/wait-for-ways.ts";
import { taskLoop, type TaskLoopParts } from "./task-loop.ts";
import type { Resolver, TaskResources } from "./task-resources.ts";

const ID = "0".repeat(32);

/** One task, and a runner and a resolver of which each answer waits until the test gives it. */
async function world(
  task: TaskRecord,
  refusal?: string,
  prepare: (state: JournaledState) => void = () => undefined,
  { ways, connectReady, isFiltered = false }: Pick<TaskLoopParts, "ways" | "connectReady"> & { readonly isFiltered?: boolean } = {},
) {
  const journal = memoryJournal();
  let slow = false;
  const append: typeof journal.append = async (changes) => {
    if (slow) await gate("durable");
    await journal.append(changes);
  };
  const state = new JournaledState({ ...journal, append });
  const clock = new ManualClock();
  putTask(state, task);
  prepare(state);
  const asked: string[] = [];
  let lookups = 0;
  let waiting: { readonly name: string; readonly go: () => void }[] = [];
  let over = false;
  const gate = (name: string): Promise<void> => new Promise((go) => void (over ? go() : waiting.push({ name, go })));
  let report: (observation: TaskObservation) => void = () => undefined;
  let adopt: (found: readonly TaskObservation[]) => void = () => undefined;
  const runner: TaskRunner = {
    start: ({ taskArn, containers }, admitted) => {
      asked.push([`start ${taskArn}`, ...containers.flatMap(({ pullFailure, unreachable }) => pullFailure ?? unreachable ?? [])].join(" "));
      void admitted?.then(() => asked.push(`admit ${taskArn}`));
    },
    foresee: (place, network) => void asked.push(`foresee ${place} ${JSON.stringify(network)}`),
    stop: (taskArn) => void asked.push(`stop ${taskArn}`),
    forget: async (taskArn) => {
      asked.push(`forget ${taskArn}`);
      await gate("forget");
    },
    adopt: () => new Promise((resolve) => (adopt = resolve)),
    addressesOf: () => Promise.resolve([]),
    isMadeHere: (image) => Promise.resolve(image === "made:here"),
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
    open: () => {
      lookups += 1;
      return refusal === undefined ? resources : { failure: refusal };
    },
  };
  const logger = { info: () => undefined, warn: () => undefined, error: (...told: unknown[]) => expect.unreachable(JSON.stringify(told)) };
  const given = { ...(ways && { ways }), ...(connectReady && { connectReady }), ...(isFiltered && { inPlace: gate }) };
  const begun = taskLoop({ state, clock, ids: systemIds, runner, resolver, logger, ...given });
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
    /** How often what a task needs was looked up. */
    lookups: () => lookups,
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
    open: async (name: "ready" | "forget" | "durable" | "eni-1") => {
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
    dispose: async () => (await begun)[Symbol.asyncDispose](),
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

test("what a task runs in is made at once, and its containers may start once the packet filter has its interface", async () => {
  const networkInterface = { ...interfaceOf("172.31.0.4"), networkInterfaceId: "eni-1" };
  const at = await world({ ...pending, networkMode: "awsvpc", networkInterface }, undefined, undefined, { isFiltered: true });
  await at.adopted();
  await at.open("ready");
  expect(at.asked).toEqual([`start ${pending.arn}`]);
  await at.open("eni-1");
  expect(at.asked).toEqual([`start ${pending.arn}`, `admit ${pending.arn}`]);
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

test("for a task that was told to stop while it is prepared nothing is looked up", async () => {
  const at = await world(pending);
  await at.adopted();
  await at.change(STOPPED_BY_USER);
  await at.open("ready");
  expect([at.asked, at.lookups()]).toEqual([[], 0]);
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

describe("a task with Service Connect", () => {
  test.each([
    [undefined, [`start ${pending.arn}`]],
    [{ failure: "ResourceInitializationError: not here" }, []],
  ])("starts when its names lead somewhere, and not where they cannot: %o", async (outcome, asked) => {
    let answer: (told: typeof outcome) => void = () => undefined;
    const ready = new Promise<typeof outcome>((resolve) => (answer = resolve));
    let calls = 0;
    const at = await world(pending, undefined, undefined, { connectReady: () => ((calls += 1) === 1 ? ready : undefined) });
    await at.adopted();
    await at.open("ready");
    await at.change({ tags: [] });
    await at.open("ready");
    expect([at.asked, calls]).toEqual([[], 1]);
    answer(outcome);
    await at.clock.settled();
    await at.open("ready");
    expect(at.asked).toEqual(asked);
    expect(at.record?.stoppedReason).toBe(outcome?.failure);
  });

  test("is offered when it is RUNNING, gets nothing new when it is to stop, and ends when it has finished", async () => {
    const service = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
    const endpoint = {
      ...{ namespaceId: "ns-1", discoveryServiceId: "srv-1", discoveryArn: "a", discoveryName: "api", requestTimeout: 15 },
      ...{ containerName: "app", containerPort: 80, protocol: "http", alias: { dnsName: "api", port: 80 }, idleTimeout: 300 },
    };
    const connect = { configuration: { enabled: true }, namespaceId: "ns-1", endpoints: [endpoint], names: [] };
    const task: TaskRecord = {
      ...pending,
      ...{ lastStatus: "ACTIVATING", serviceArn: service, deploymentId: "d", connect: { namespaceId: "ns-1", names: [] } },
      endpoints: [{ containerName: "app", containerPort: 80, address: "10.0.0.5", port: 80 }],
    };
    const at = await world(task, undefined, (state) =>
      state.commit(() =>
        state.table(services).put({
          arn: service,
          name: "web",
          deployments: [{ id: "d", loadBalancers: [], connect }],
          events: [],
        } as unknown as ServiceRecord),
      ),
    );
    await at.adopted({ ...observation("running"), endpoints: task.endpoints });
    const offered = () => [...at.state.table(connectServers).values()];
    expect([at.record?.lastStatus, offered()]).toMatchObject(["RUNNING", [{ discoveryServiceId: "srv-1", address: "10.0.0.5", port: 80 }]]);
    await at.change(STOPPED_BY_USER);
    expect([at.record?.lastStatus, at.asked.includes(`stop ${task.arn}`)]).toEqual(["DEACTIVATING", false]);
    expect(offered()).toMatchObject([{ drainingUntil: at.clock.now() + 30_000 }]);
    at.state.commit(() => at.state.table(connectServers).delete(`srv-1/${ID}`));
    await at.clock.settled();
    expect([at.record?.lastStatus, at.asked.includes(`stop ${task.arn}`)]).toEqual(["STOPPING", true]);
  });

  test("that has ended by itself is offered no longer, and waits for nobody", async () => {
    const at = await world(taskRecord(ID, { networkMode: "bridge" }), undefined, (state) =>
      state.commit(() =>
        state.table(connectServers).put({
          ...{ account: "123456789012", namespaceId: "ns-1", discoveryServiceId: "srv-1", taskArn: pending.arn, taskId: ID },
          ...{ address: "10.0.0.5", port: 80, passed: true },
        }),
      ),
    );
    await at.adopted({
      ...observation("stopped"),
      stop: { code: "EssentialContainerExited", reason: "Essential container in task exited" },
    });
    await at.open("forget");
    expect([at.record?.lastStatus, at.state.table(connectServers).size]).toEqual(["STOPPED", 0]);
  });
});

test("when a task runs, the runner hears where the next one of its subnet will be", async () => {
  const at = await world({ ...pending, networkMode: "awsvpc", networkInterface: interfaceOf("172.31.0.4") });
  const [subnet] = defaultNetwork(at.state, systemIds, { account: "123456789012", region: "us-east-1" }, 1).subnets;
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

describe("a task comes up", () => {
  test("into the names of its service, in the step in which it is RUNNING", async () => {
    const service = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
    const task = {
      ...pending,
      lastStatus: "ACTIVATING" as const,
      serviceArn: service,
      deploymentId: "d",
      networkInterface: interfaceOf("10.0.0.5"),
    };
    const at = await world(task, undefined, (state) => {
      const serviceRegistries = [{ registryArn: putDiscoveryService(state).arn }];
      const record = { arn: service, name: "web", deployments: [{ id: "d", loadBalancers: [], serviceRegistries }], events: [] };
      state.commit(() => state.table(services).put(record as unknown as ServiceRecord));
    });
    const statuses: unknown[] = [];
    using _watched = at.state.watch(instances, () => statuses.push(at.record?.lastStatus));
    await at.adopted(observation("running"));
    expect(statuses).toEqual(["RUNNING"]);
  });

  test("from what was asked for, to its containers being made, to RUNNING, each step a version", async () => {
    const at = await world({ ...pending, lastStatus: "PROVISIONING" });
    await at.adopted();
    expect(at.record).toMatchObject({ lastStatus: "PENDING", version: 2 });
    expect(at.record).not.toHaveProperty("networkInterface");
    await at.open("ready");
    expect(at.asked).toEqual([`start ${pending.arn}`]);
    await at.report({ ...observation("creating"), pullStartedAt: 1 });
    expect(at.record).toMatchObject({ lastStatus: "PENDING", pullStartedAt: 1 });
    await at.report({ ...observation("running"), startedAt: 5 });
    expect(at.record).toMatchObject({ lastStatus: "RUNNING", version: 4, startedAt: 5 });
    await at.change({ tags: [] });
    expect(at.asked).toEqual([`start ${pending.arn}`]);
  });

  test("with an interface where its network mode has one, in the zone of the subnet", async () => {
    const { networkConfiguration: _none, ...task } = { ...pending, lastStatus: "PROVISIONING" as const, networkMode: "awsvpc" as const };
    let subnetId = "";
    const at = await world(task, undefined, (state) => {
      const subnet = defaultNetwork(state, systemIds, { account: task.account, region: task.region }, 1).subnets[1];
      subnetId = subnet?.id ?? "";
      const awsvpcConfiguration = { subnets: [subnetId] };
      state.commit(() => state.table(tasks).put({ ...task, networkConfiguration: { awsvpcConfiguration } }));
    });
    await at.adopted();
    expect(at.record).toMatchObject({ lastStatus: "PENDING", availabilityZone: "us-east-1b", networkInterface: { subnetId } });
    await at.open("ready");
    expect(at.asked).toEqual([`start ${pending.arn}`]);
  });

  test("with a public address of the operator's block where it is to have one, until it has stopped", async () => {
    const networkConfiguration = { awsvpcConfiguration: { subnets: [] as string[], assignPublicIp: "ENABLED" as const } };
    const task = taskRecord(ID, { lastStatus: "PROVISIONING", networkConfiguration });
    const at = await world(task, undefined, (state) => {
      notePublicRange(state, { cidr: "203.0.113.0/30", reachable: true });
      networkConfiguration.awsvpcConfiguration.subnets.push(defaultNetwork(state, systemIds, task, 1).subnets[0]!.id);
    });
    await at.adopted();
    const publicIpv4Address = at.record?.networkInterface?.publicIpv4Address;
    expect(publicIpv4Address).toMatch(/^203\.0\.113\.[12]$/);
    expect(at.state.table(publicAddresses).get(publicIpv4Address!)?.holder).toBe(task.arn);
    await at.change(STOPPED_BY_USER);
    await at.open("ready");
    expect(at.record?.lastStatus).toBe("STOPPED");
    expect(at.state.table(publicAddresses).size).toBe(0);
  });

  test.each<[string, Partial<TaskRecord>, (state: JournaledState) => void, RegExp]>([
    [
      "no subnet",
      { lastStatus: "PROVISIONING", networkMode: "awsvpc" },
      () => undefined,
      /Create Network Interface: InvalidSubnetID\.NotFound$/,
    ],
    [
      "no definition",
      {},
      (state) => state.commit(() => void state.table(taskDefinitions).delete(pending.taskDefinitionArn)),
      /^The task definition .*app:1 is gone\.$/,
    ],
  ])("not at all with %s: it stops, says why, and nothing was asked of the engine", async (_what, changes, prepare, reason) => {
    const at = await world({ ...pending, ...changes }, undefined, prepare);
    await at.adopted();
    await at.open("ready");
    expect(at.record).toMatchObject({
      lastStatus: "STOPPED",
      desiredStatus: "STOPPED",
      stopCode: "TaskFailedToStart",
      stoppedAt: at.clock.now(),
    });
    expect(at.record?.stoppedReason).toMatch(reason);
    expect(at.record).not.toHaveProperty("executionStoppedAt");
    expect(at.asked).toEqual([]);
  });

  test("once: what is written to it while it is made does not start it again", async () => {
    const at = await world(pending);
    await at.adopted();
    await at.open("ready");
    for (const key of ["a", "b"]) await at.change({ tags: [{ key, value: "" }] });
    await at.open("ready");
    expect(at.asked).toEqual([`start ${pending.arn}`]);
  });
});

describe("a task goes", () => {
  const running = taskRecord(ID, { networkMode: "bridge", startedAt: 1 });
  const GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";
  const TARGET = { targetGroupArn: GROUP, targetId: "10.0.0.1", port: 80 };

  /** A task that a load balancer sends requests to. */
  const balanced = async () => {
    const at = await world({ ...running, targets: [TARGET] }, undefined, (state) => {
      const listener = { arn: "l", loadBalancerArn: "b", account: running.account, region: running.region };
      state.commit(() => {
        state.table(listeners).put({
          ...listener,
          certificates: [],
          defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }],
        } as unknown as ListenerRecord);
        registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, now: 0 });
      });
    });
    await at.adopted(observation("running"));
    const key = targetKey(GROUP, "10.0.0.1", 80);
    return {
      at,
      target: () => at.state.table(targets).get(key),
      drain: () => at.state.commit(() => void at.state.table(targets).delete(key)),
    };
  };

  test("when no target group has it any more: then its containers are stopped", async () => {
    const { at, target, drain } = await balanced();
    await at.change(STOPPED_BY_USER);
    expect([at.record?.lastStatus, target()?.health.state, at.asked]).toEqual(["DEACTIVATING", "draining", []]);
    at.state.commit(() => at.state.table(targets).update(targetKey(GROUP, "10.0.0.1", 80), (one) => ({ ...one, registeredAt: 3 })));
    await at.clock.settled();
    expect(at.asked).toEqual([]);
    drain();
    await at.clock.settled();
    expect(at.record).toMatchObject({ lastStatus: "STOPPING", stoppingAt: at.clock.now() });
    expect(new Set(at.asked)).toEqual(new Set([`stop ${running.arn}`]));
  });

  test("at once where its containers have ended by themselves, also with requests under way", async () => {
    const { at, target } = await balanced();
    const stop = { code: "EssentialContainerExited", reason: "Essential container in task exited" } as const;
    await at.report({ ...observation("stopping"), stop, executionStoppedAt: 4 });
    expect(new Set(at.asked)).toEqual(new Set([`stop ${running.arn}`]));
    expect([at.record?.lastStatus, target()?.health.state]).toEqual(["STOPPING", "draining"]);
  });

  /** A task that Cloud Map tells of. */
  const named = async () => {
    const at = await world(running, undefined, (state) => {
      const { id: serviceId, namespaceId } = putDiscoveryService(state);
      const instance = { serviceId, namespaceId, id: ID, account: running.account, attributes: { AWS_INSTANCE_IPV4: "10.0.0.1" } };
      state.commit(() => registerInstance(state, { ...instance, taskArn: running.arn, health: "UNHEALTHY" }));
    });
    await at.adopted(observation("running"));
    return { at, told: () => at.state.table(instances).by("task", running.arn) };
  };

  test("out of its names where its containers have ended by themselves", async () => {
    const { at, told } = await named();
    await at.report({ ...observation("stopped"), stop: { code: "EssentialContainerExited", reason: "r" } });
    expect([at.record?.lastStatus, told()]).toEqual(["DEPROVISIONING", []]);
  });

  test("out of the names that it is told of by first, then to its end", async () => {
    const { at, told } = await named();
    expect(told()).toMatchObject([{ health: "HEALTHY" }]);
    at.slowDisk();
    await at.change(STOPPED_BY_USER);
    expect([at.record?.lastStatus, told(), at.asked]).toEqual(["STOPPING", [], []]);
    await at.open("durable");
    expect(at.asked).toContain(`stop ${running.arn}`);
  });

  test("with what it held given back, and leaves what can be described of it", async () => {
    const { at, target } = await balanced();
    await at.change({ endpoints: [{ containerName: "app", containerPort: 80, address: "127.0.0.1", port: 1 }], stoppingAt: 2 });
    await at.report({ ...observation("stopped"), stop: { code: "EssentialContainerExited", reason: "r" } });
    expect([at.record?.lastStatus, target()?.health.state]).toEqual(["DEPROVISIONING", "draining"]);
    await at.open("forget");
    expect(at.record).toMatchObject({
      ...{
        lastStatus: "STOPPED",
        stoppingAt: 2,
        stoppedAt: at.clock.now(),
        executionStoppedAt: at.clock.now(),
        endpoints: [],
        targets: [],
      },
      ...{ containers: [{ name: "app", lastStatus: "STOPPED" }], stopCode: "EssentialContainerExited" },
    });
    expect(at.asked).toEqual([`forget ${running.arn}`]);
    await at.report(observation("stopped"));
    expect(at.asked).toEqual([`forget ${running.arn}`, `forget ${running.arn}`]);
  });

  test("with the end of its containers as the end of what it did", async () => {
    const at = await world(running);
    await at.adopted(observation("running"));
    await at.report({ ...observation("stopped"), executionStoppedAt: 4, stop: { code: "EssentialContainerExited", reason: "r" } });
    await at.open("forget");
    expect(at.record).toMatchObject({ executionStoppedAt: 4, stoppingAt: at.clock.now() });
  });

  test.each(["running", "stopped"] as const)("not before that is on the disk, with containers that are %s", async (phase) => {
    const at = await world(running);
    await at.adopted(observation("running"));
    at.slowDisk();
    await at.change(STOPPED_BY_USER);
    if (phase === "stopped") await at.report(observation("stopped"));
    expect(at.asked).toEqual([]);
    for (let turn = 0; turn < 3; turn += 1) await at.open("durable");
    expect(at.asked).toContain(phase === "running" ? `stop ${running.arn}` : `forget ${running.arn}`);
  });

  test("and is forgotten after an hour", async () => {
    const at = await world(running);
    await at.adopted(observation("stopped"));
    await at.change(STOPPED_BY_USER);
    await at.open("forget");
    await at.clock.pass(60 * 60_000 - 1);
    expect(at.record).toBeDefined();
    await at.clock.pass(1);
    expect(at.record).toBeUndefined();
  });
});

describe("at a start", () => {
  const running = taskRecord(ID, { networkMode: "bridge", startedAt: 1 });

  test("a task that ran and that the engine has no more has ended, and is not started again", async () => {
    const at = await world(running);
    await at.adopted();
    expect(at.record).toMatchObject({
      ...{ lastStatus: "STOPPED", stopCode: "EssentialContainerExited", stoppedReason: "Essential container in task exited" },
      ...{ executionStoppedAt: at.clock.now(), containers: [{ reason: "The container is gone from the engine." }] },
    });
    expect(at.asked).toEqual([]);
  });

  test("one of which more was known keeps what was", async () => {
    const containers = running.containers.map((one) => ({ ...one, reason: "OutOfMemoryError" }));
    const at = await world({ ...running, executionStoppedAt: 4, containers });
    await at.adopted();
    expect(at.record).toMatchObject({ executionStoppedAt: 4, containers: [{ reason: "OutOfMemoryError", lastStatus: "STOPPED" }] });
  });

  test("one that was told to stop keeps the reason", async () => {
    const at = await world({ ...running, ...STOPPED_BY_USER, lastStatus: "STOPPING" });
    await at.adopted();
    expect(at.record).toMatchObject({ ...STOPPED_BY_USER, lastStatus: "STOPPED" });
    expect(at.record?.containers[0]).not.toHaveProperty("reason");
  });

  test("one that is not up yet is told to the engine again, and one that runs is not", async () => {
    for (const [phase, expected] of [
      ["pulling", [`start ${pending.arn}`]],
      ["creating", [`start ${pending.arn}`]],
      ["starting", []],
      ["running", []],
    ] as const) {
      const at = await world(pending);
      await at.adopted(observation(phase as TaskObservation["phase"]));
      await at.open("ready");
      expect([phase, at.asked]).toEqual([phase, expected]);
    }
  });

  test("one that runs goes on, and has its health and times from the engine", async () => {
    const at = await world(running);
    const before = at.record;
    await at.adopted(observation("running"));
    expect(at.record).toEqual(before);
    expect(at.asked).toEqual([]);
  });

  test.each([
    ["no record knows", taskRecord("9".repeat(32)).arn, running],
    ["has stopped", running.arn, { ...running, lastStatus: "STOPPED" as const, desiredStatus: "STOPPED" as const }],
  ])("containers of a task that %s are stopped, and then removed", async (_what, arn, task) => {
    const at = await world(task);
    await at.adopted(observation("running", arn), ...(arn === task.arn ? [] : [observation("running")]));
    expect(at.asked).toEqual([`stop ${arn}`]);
    await at.report(observation("stopped", arn));
    expect(at.asked).toEqual([`stop ${arn}`, `forget ${arn}`]);
    await at.open("forget");
    expect(at.asked).toHaveLength(2);
  });
});

test("nothing happens to a task once the loop is over, and its containers are left", async () => {
  const at = await world(taskRecord(ID, { networkMode: "bridge" }));
  await at.adopted(observation("running"));
  await at.dispose();
  await at.change(STOPPED_BY_USER);
  expect([at.asked, at.record?.lastStatus]).toEqual([[], "RUNNING"]);
});

describe("a task that has no way to what it needs", () => {
  const waiting = async (first: Partial<BarredWays>) => {
    let barred: BarredWays | undefined = { vpcId: "vpc-0", pulls: new Map(), ...first };
    let open: (vpcId: string) => void = () => undefined;
    const ways: WaysOfTasks = {
      patience: 120_000,
      barred: () => barred,
      watch(wake) {
        open = wake;
        return { [Symbol.dispose]: () => undefined };
      },
    };
    const at = await world(pending, undefined, undefined, { ways });
    await at.adopted();
    await at.open("ready");
    return {
      at,
      change: async (now: BarredWays | undefined, vpcId: string) => {
        barred = now;
        open(vpcId);
        await at.clock.settled();
        await at.open("ready");
      },
      pass: async (milliseconds: number) => {
        await at.clock.pass(milliseconds);
        await at.clock.settled();
        await at.open("ready");
      },
    };
  };

  test("waits for one, and stops in the agent's words when its time is over", async () => {
    const { at, pass } = await waiting({ failure: "ResourceInitializationError: unable" });
    await pass(119_000);
    expect([at.record?.lastStatus, at.asked]).toEqual(["PENDING", []]);
    await pass(1000);
    expect(at.record).toMatchObject({
      lastStatus: "STOPPED",
      stopCode: "TaskFailedToStart",
      stoppedReason: "ResourceInitializationError: unable",
    });
    expect(at.asked).toEqual([]);
  });

  test("goes on at once where it opens, and not for what happens in another VPC", async () => {
    const { at, change } = await waiting({ failure: "ResourceInitializationError: unable" });
    await change(undefined, "vpc-1");
    expect(at.asked).toEqual([]);
    await change(undefined, "vpc-0");
    expect(at.asked).toEqual([`start ${pending.arn}`]);
  });

  test("to an image's registry alone is handed over with that, after its time", async () => {
    const { at, pass } = await waiting({ pulls: new Map([["app", { text: "CannotPullContainerError: x", fromEcr: true }]]) });
    await pass(119_000);
    expect(at.asked).toEqual([]);
    await pass(1000);
    expect(at.asked).toEqual([`start ${pending.arn} CannotPullContainerError: x`]);
  });

  const elsewhere = { text: "i/o timeout", fromEcr: false };

  test("does not wait for a registry where the engine made all that it runs", async () => {
    const local = ["app", "side"].map((name) => [name, { ...elsewhere, image: "made:here" }] as const);
    const { at } = await waiting({ pulls: new Map(local) });
    expect(at.asked).toEqual([`start ${pending.arn} i/o timeout`]);
  });

  test.each<[what: string, barred: Partial<BarredWays>]>([
    [
      "one image is from elsewhere",
      {
        pulls: new Map([
          ["app", { ...elsewhere, image: "made:here" }],
          ["side", { ...elsewhere, image: "nginx" }],
        ]),
      },
    ],
    ["it has credentials for the registry", { pulls: new Map([["app", elsewhere]]) }],
    ["its secrets have no way", { failure: "x", pulls: new Map([["app", { ...elsewhere, image: "made:here" }]]) }],
  ])("waits all the same where %s", async (_what, barred) => {
    const { at, pass } = await waiting(barred);
    await pass(119_000);
    expect([at.record?.lastStatus, at.asked]).toEqual(["PENDING", []]);
  });

  test("ends when it is told to, also while it waits", async () => {
    const { at } = await waiting({ failure: "ResourceInitializationError: unable" });
    await at.change(STOPPED_BY_USER);
    expect(at.record).toMatchObject({ ...STOPPED_BY_USER, lastStatus: "STOPPED" });
  });
});
