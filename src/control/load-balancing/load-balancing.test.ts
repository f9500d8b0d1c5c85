import { describe, expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { Logger } from "../../ports/logger.ts";
import type { PacketBalancer, PacketService } from "../../ports/packet-balancer.ts";
import { RefusedPartsError } from "../../ports/traffic-proxy.ts";
import { vpcs } from "../../state/ec2.ts";
import { tasks } from "../../state/ecs.ts";
import { deregisterTarget, registerTarget } from "../../state/elb-targets.ts";
import {
  listeners,
  loadBalancers,
  rules,
  targetGroups,
  targetKey,
  targets,
  type ListenerRecord,
  type LoadBalancerRecord,
  type RuleRecord,
  type TargetRecord,
} from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import {
  BALANCER_SCOPE as SCOPE,
  balancerArn,
  balancerRecord,
  FIXED,
  groupRecord,
  listenerRecord,
} from "../../testing/balancer-records.ts";
import { FakeTrafficProxy } from "../../testing/fake-traffic-proxy.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { taskRecord } from "../../testing/task-record.ts";
import { certificates, type CertificateRecord } from "../../state/acm.ts";
import type { CertificateMaterial } from "../../state/certificate-body.ts";
import { trustStores, type TrustStoreRecord } from "../../state/elb-trust-stores.ts";
import { targetSurroundings } from "./target-surroundings.ts";
import { loadBalancing, type LoadBalancing, type LoadBalancingParts } from "./load-balancing.ts";

const GROUP = balancerArn("targetgroup/web");
const BACKEND = "web-0123456789abcdef";
const TARGET = { targetGroupArn: GROUP, id: "10.0.0.1", port: 80 } as const;
const SERVER = "10.0.0.1-80";
const DELAY = 300_000;

const balancer = balancerRecord();
const listener = listenerRecord({
  defaultActions: [{ Type: "forward", TargetGroupArn: GROUP, ForwardConfig: { TargetGroups: [{ TargetGroupArn: GROUP, Weight: 1 }] } }],
});

const rule: RuleRecord = {
  ...SCOPE,
  arn: `${listener.arn.replace(":listener/", ":listener-rule/")}/0123456789abcdef`,
  listenerArn: listener.arn,
  loadBalancerArn: balancer.arn,
  priority: 1,
  conditions: [{ Field: "path-pattern", Values: ["/api/*"], PathPatternConfig: { Values: ["/api/*"] } }],
  actions: listener.defaultActions,
  tags: [],
  createdAt: 1,
};

const group = groupRecord(
  { port: 80, vpcId: "vpc-1", attributes: { "deregistration_delay.timeout_seconds": String(DELAY / 1000) } },
  { path: "/", matcher: "200", interval: 30, timeout: 5, healthyThreshold: 5, unhealthyThreshold: 2 },
);

class World {
  readonly clock = new ManualClock();
  readonly proxy = new FakeTrafficProxy();
  readonly complaints: string[] = [];
  readonly #records = new Map();
  state = new JournaledState(memoryJournal(this.#records), { records: this.#records.values() });
  loop: LoadBalancing | undefined;

  start(parts: Partial<LoadBalancingParts> = {}): void {
    const complain = (message: string): void => void this.complaints.push(message);
    const logger: Logger = { info: () => undefined, warn: complain, error: complain };
    const surroundings = targetSurroundings({ state: this.state, host: () => ({ ownBlocks: [], bridgedBlocks: [] }), openedBlocks: [] });
    this.loop = loadBalancing({ state: this.state, clock: this.clock, proxy: this.proxy, logger, surroundings, ...parts });
  }

  /** A load balancer with a listener, a target group and one target. */
  putAll(): void {
    const { state } = this;
    state.commit(() => {
      state.table(vpcs).put({ ...SCOPE, id: "vpc-1", cidrBlock: "172.31.0.0/16", isDefault: true, tags: [] });
      state.table(loadBalancers).put(balancer);
      state.table(targetGroups).put(group);
      state.table(listeners).put(listener);
      registerTarget(state, { ...TARGET, now: this.clock.now() });
    });
  }

  /** Ends this control plane's part and begins the next one's, over the same journal and the same proxy. */
  async restart(): Promise<void> {
    await this.loop?.[Symbol.asyncDispose]();
    this.proxy.reopen();
    this.state = new JournaledState(memoryJournal(this.#records), { records: this.#records.values() });
    this.start();
  }

  get target(): TargetRecord | undefined {
    return this.state.table(targets).get(targetKey(TARGET.targetGroupArn, TARGET.id, TARGET.port));
  }

  targetUntil(condition: (target: TargetRecord | undefined) => boolean): Promise<void> {
    return this.until(() => condition(this.target));
  }

  /** When nothing is under way any more, the condition holds: what never comes about fails here, and does not hang. */
  async until(condition: () => boolean): Promise<void> {
    await this.clock.settled();
    if (!condition()) throw new Error(`nothing is under way, and this has not come about: ${condition.toString()}`);
  }
}

function world(): World {
  const made = new World();
  onTestFinished(async () => made.loop?.[Symbol.asyncDispose]());
  return made;
}

/** A world in which the target is healthy. */
async function healthyWorld(): Promise<World> {
  const made = world();
  made.putAll();
  made.start();
  await made.targetUntil((target) => target?.health.reason === "Elb.InitialHealthChecking");
  made.proxy.see(BACKEND, SERVER, "healthy");
  await made.clock.settled();
  expect(made.target?.health).toEqual({ state: "healthy" });
  return made;
}

describe("coming up", () => {
  test("a load balancer is active when the proxy works by its configuration", async () => {
    const at = world();
    at.start();
    at.putAll();
    expect(at.target?.health.reason).toBe("Elb.RegistrationInProgress");
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
    expect(at.proxy.configuration.listeners).toMatchObject([{ port: 80, addresses: ["127.0.0.1"] }]);
    expect(at.proxy.configuration.backends).toMatchObject([
      { id: BACKEND, servers: [{ id: SERVER, address: "10.0.0.1", port: 80, health: "initial" }] },
    ]);
    expect(at.target?.health.reason).toBe("Elb.InitialHealthChecking");
  });

  test("one without listeners is active as well", async () => {
    const at = world();
    at.start();
    await at.clock.settled();
    at.state.commit(() => at.state.table(loadBalancers).put(balancer));
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
    expect(at.proxy.configuration).toEqual({ listeners: [], backends: [] });
  });

  test("one that the proxy refuses has failed, says why, and is active when a later try succeeds", async () => {
    const at = world();
    at.proxy.failNext(new Error("haproxy is not installed"));
    at.proxy.failNext(new Error("haproxy is not installed"));
    at.putAll();
    const troubles: (string | undefined)[] = [];
    at.start({ trouble: (text) => void troubles.push(text) });
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "failed");
    expect(at.state.table(loadBalancers).get(balancer.arn)?.state.reason).toBe("haproxy is not installed");
    // The pause doubles.
    await at.clock.pass(500);
    expect(at.state.table(loadBalancers).get(balancer.arn)?.state.code).toBe("failed");
    await at.clock.pass(1000);
    expect(at.state.table(loadBalancers).get(balancer.arn)?.state.code).toBe("active");
    expect(at.complaints).not.toEqual([]);
    expect(new Set(troubles)).toEqual(new Set(["changes of load balancers do not come about: haproxy is not installed", undefined]));
    expect(troubles.at(-1)).toBeUndefined();
  });
});

describe("what changes while it works reaches the proxy:", () => {
  test("a target group's checks", async () => {
    const at = await healthyWorld();
    await at.clock.settled();
    at.state.commit(() => at.state.table(targetGroups).put({ ...group, healthCheck: { ...group.healthCheck, path: "/other" } }));
    await at.clock.settled();
    expect(at.proxy.configuration.backends).toMatchObject([{ healthCheck: { path: "/other" } }]);
  });

  test("a target more, which is checked from then on", async () => {
    const at = await healthyWorld();
    at.state.commit(() => registerTarget(at.state, { ...TARGET, id: "10.0.0.2", now: at.clock.now() }));
    await at.clock.settled();
    const added = at.state.table(targets).get(targetKey(GROUP, "10.0.0.2", 80));
    expect(added?.health.reason).toBe("Elb.InitialHealthChecking");
    at.proxy.see(BACKEND, "10.0.0.2-80", "healthy");
    await at.clock.settled();
    expect(at.state.table(targets).get(targetKey(GROUP, "10.0.0.2", 80))?.health).toEqual({ state: "healthy" });
  });

  test("and after a change that the proxy refused also what was there before it: it may have taken up a part", async () => {
    const at = await healthyWorld();
    at.proxy.failNext(new Error("no"));
    at.state.commit(() => at.state.table(targetGroups).put({ ...group, healthCheck: { ...group.healthCheck, path: "/other" } }));
    await at.clock.settled();
    expect(at.complaints).toHaveLength(1);
    const applied = at.proxy.applied;
    at.state.commit(() => at.state.table(targetGroups).put(group));
    await at.clock.pass(500);
    expect(at.proxy.applied).toBe(applied + 1);
  });
});

describe("ports", () => {
  const record = (at: World): ListenerRecord | undefined => at.state.table(listeners).get(listener.arn);

  test("a port that cannot be had is replaced by one that can, and a tag tells which", async () => {
    const at = world();
    at.putAll();
    at.start({ canBind: (_address, port) => Promise.resolve(port !== 80 && port !== 8080) });
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
    expect(record(at)).toMatchObject({ port: 80, boundPort: 9080 });
    expect(at.proxy.configuration.listeners.map(({ port }) => port)).toEqual([9080]);
    expect(at.state.table(loadBalancers).get(balancer.arn)?.tags).toEqual([{ Key: "aws:airfield:listener-port:80", Value: "9080" }]);
  });

  test("a tag of 0.1.0 about a port is written anew under the reserved prefix", async () => {
    const at = world();
    at.putAll();
    const mine = { Key: "team", Value: "web" };
    at.state.commit(() =>
      at.state.table(loadBalancers).put({ ...balancer, tags: [{ Key: "airfield:listener-port:80", Value: "8080" }, mine] }),
    );
    at.start({ canBind: (_address, port) => Promise.resolve(port !== 80 && port !== 8080) });
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
    expect(at.state.table(loadBalancers).get(balancer.arn)?.tags).toEqual([mine, { Key: "aws:airfield:listener-port:80", Value: "9080" }]);
  });

  test("a port that is taken between the try and the proxy's is replaced as well", async () => {
    const at = world();
    at.proxy.take(80);
    at.putAll();
    at.start();
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
    expect(at.proxy.configuration.listeners.map(({ port }) => port)).toEqual([8080]);
  });

  test("a port that could not be had once is tried again for the next listener", async () => {
    const at = world();
    at.proxy.take(80);
    at.putAll();
    at.start();
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
    at.proxy.release(80);
    at.state.commit(() => at.state.table(listeners).delete(listener.arn));
    await at.clock.settled();
    at.state.commit(() => at.state.table(listeners).put(listener));
    await at.clock.settled();
    expect(at.proxy.configuration.listeners.map(({ port }) => port)).toEqual([80]);
  });

  test("a listener that comes while ports are looked for gets one, too", async () => {
    const at = world();
    const second = { ...listener, arn: `${listener.arn}2`, port: 81 };
    at.putAll();
    at.start({
      canBind(_address, port) {
        if (port === 80) at.state.commit(() => at.state.table(listeners).put(second));
        return Promise.resolve(true);
      },
    });
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
    expect(at.proxy.configuration.listeners.map(({ port }) => port)).toEqual([80, 81]);
  });

  test("at the gateway of a VPC its own load balancers listen, from when it is there", async () => {
    const at = await healthyWorld();
    for (const [vpcId, ids] of [
      ["vpc-2", ["port-80"]],
      ["vpc-1", ["port-80", "vpc-1-port-80"]],
    ] as const) {
      const applied = at.proxy.applied;
      at.loop?.bind([{ vpcId, vpcCidr: "10.0.0.0/16", address: "10.0.0.1" }]);
      await at.clock.settled();
      expect(at.proxy.applied).toBeGreaterThan(applied);
      expect(at.proxy.configuration.listeners.map(({ id }) => id)).toEqual(ids);
    }
    expect(at.proxy.configuration.listeners[1]).toMatchObject({ addresses: ["10.0.0.1"], clients: ["10.0.0.0/16"] });
  });
});

test("a part that the proxy refuses impairs its load balancer, says why, once, and nobody else's", async () => {
  const at = await healthyWorld();
  const troubles: (string | undefined)[] = [];
  await at.loop?.[Symbol.asyncDispose]();
  at.proxy.reopen();
  const other = {
    ...balancer,
    arn: balancerArn("loadbalancer/app/other"),
    name: "other",
    dnsName: "Other-1.us-east-1.elb.localhost",
  };
  at.state.commit(() => at.state.table(loadBalancers).put(other));
  const stateOf = (arn: string) => at.state.table(loadBalancers).get(arn)?.state;
  const backend = { kind: "backend", id: BACKEND, reason: "no such status" } as const;
  at.proxy.failNext(new RefusedPartsError([backend]));
  at.start({ trouble: (text) => void troubles.push(text) });
  await at.clock.pass(1000);
  expect(stateOf(balancer.arn)).toEqual({ code: "active_impaired", reason: "no such status" });
  expect(stateOf(other.arn)).toEqual({ code: "active" });
  expect(troubles.at(-1)).toContain(balancer.arn);
  expect(at.complaints.filter((text) => text.includes("refuses a part"))).toHaveLength(1);

  // Of a route it is told by its name. The same is not told again.
  at.proxy.failNext(new RefusedPartsError([backend, { kind: "route", listener: "port-80", owner: other.arn, reason: "bad body" }]));
  at.loop?.bind([]);
  await at.clock.pass(1000);
  expect(stateOf(other.arn)).toEqual({ code: "active_impaired", reason: "bad body" });
  expect(troubles.at(-1)).toBe(
    `HAProxy refuses a part of ${balancer.arn}, ${other.arn}: backend ${BACKEND}: no such status; route ${other.arn}: bad body`,
  );
  const { length } = at.complaints;
  at.proxy.failNext(new RefusedPartsError([backend, { kind: "route", listener: "port-80", owner: other.arn, reason: "bad body" }]));
  at.loop?.bind([]);
  await at.clock.pass(1000);
  expect(at.complaints).toHaveLength(length);

  at.loop?.bind([]);
  await at.clock.pass(1000);
  expect([stateOf(balancer.arn), stateOf(other.arn)]).toEqual([{ code: "active" }, { code: "active" }]);
  expect(troubles.at(-1)).toBeUndefined();
});

test("a part that the proxy refuses impairs its load balancer, also where no operator is told", async () => {
  const at = world();
  at.putAll();
  at.proxy.failNext(new RefusedPartsError([{ kind: "backend", id: BACKEND, reason: "no such status" }]));
  at.start();
  await at.clock.settled();
  expect(at.state.table(loadBalancers).get(balancer.arn)?.state).toEqual({ code: "active_impaired", reason: "no such status" });
});

test("targets of a group that the proxy refuses are told to be unhealthy by our fault, until it takes the group", async () => {
  const at = world();
  at.putAll();
  const health = () => [...at.state.table(targets).values()].map((target) => target.health.reason);
  at.proxy.failNext(new RefusedPartsError([{ kind: "backend", id: BACKEND, reason: "no such status" }]));
  at.start();
  await at.clock.settled();
  expect(health()).toEqual(["Elb.InternalError"]);
  at.loop?.bind([]);
  await at.clock.pass(1000);
  expect(health()).toEqual(["Elb.InitialHealthChecking"]);
});

describe("a port that a gateway does not have", () => {
  const gateway = { vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.0.1" };

  test("is told once, tried anew with a growing pause, and not any more when it is there", async () => {
    const at = await healthyWorld();
    at.proxy.take(80, "10.0.0.1");
    at.loop?.bind([gateway]);
    await at.clock.settled();
    const before = at.proxy.applied;
    await at.clock.pass(10 * 60_000);
    expect(at.complaints.filter((text) => text.includes("10.0.0.1:80"))).toHaveLength(1);
    const tries = at.proxy.applied - before;
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(20);

    at.proxy.release(80, "10.0.0.1");
    await at.clock.pass(61_000);
    const last = at.proxy.applied;
    expect(last).toBeGreaterThan(before + tries);
    await at.clock.pass(10 * 60_000);
    expect(at.proxy.applied).toBe(last);
  });

  test("is given up with the gateway", async () => {
    const at = await healthyWorld();
    at.proxy.take(80, "10.0.0.1");
    at.loop?.bind([gateway]);
    await at.clock.settled();
    at.loop?.bind([]);
    await at.clock.pass(2000);
    const { applied } = at.proxy;
    await at.clock.pass(10 * 60_000);
    expect(at.proxy.applied).toBe(applied);
  });
});

test("where no port is free, what was refused is tried again when it is", async () => {
  const at = world();
  at.putAll();
  at.proxy.take(80);
  at.start({ canBind: (_address, port) => Promise.resolve(port === 80) });
  await at.clock.pass(2000);
  expect(at.state.table(listeners).get(listener.arn)?.boundPort).toBeUndefined();
  at.proxy.release(80);
  await at.clock.pass(30_000);
  expect(at.state.table(listeners).get(listener.arn)?.boundPort).toBe(80);
});

describe("a port that load balancers share", () => {
  const OLDER = "aws:airfield:listener-host:80";

  /** A load balancer, older than the other one by its record, with a listener that gives its name. */
  function older(port = 80): { readonly balancer: LoadBalancerRecord; readonly listener: ListenerRecord } {
    const arn = balancerArn("loadbalancer/app/older");
    return {
      balancer: { ...balancer, arn, name: "older", account: "210987654321", dnsName: "older-1.us-east-1.elb.localhost", createdAt: 0 },
      listener: {
        ...listener,
        arn: `${balancerArn("listener/app/older")}/0123456789abcdef`,
        loadBalancerArn: arn,
        account: "210987654321",
        port,
        defaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", MessageBody: "older" } }],
        // As old as can be: what counts is when the port was taken.
        createdAt: 0,
      },
    };
  }

  /** What the proxy answers on port 80. */
  const answer = (at: World, host: string): string | undefined => {
    const { status, body } = at.proxy.answer(80, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`) ?? {};
    return body || (status === undefined ? undefined : String(status));
  };
  const tagsOf = (at: World, arn: string) => at.state.table(loadBalancers).get(arn)?.tags;

  /** The one of `putAll` came first, then the older one. */
  async function sharedWorld(): Promise<{ readonly at: World; readonly second: ReturnType<typeof older> }> {
    const at = await healthyWorld();
    const second = older();
    at.state.commit(() => {
      at.state.table(loadBalancers).put(second.balancer);
      at.state.table(listeners).put(second.listener);
    });
    await at.until(() => at.state.table(loadBalancers).get(second.balancer.arn)?.state.code === "active");
    return { at, second };
  }

  test("is also the first one's of those that begin with TLS: it is told of no name", async () => {
    const at = await healthyWorld();
    const { balancer: other, listener: encrypted } = older();
    at.state.commit(() => {
      at.state.table(loadBalancers).put(other);
      at.state.table(listeners).put({ ...encrypted, protocol: "HTTPS" });
    });
    await at.clock.pass(1000);
    expect(at.state.table(listeners).get(encrypted.arn)?.boundPort).toBe(80);
    expect(tagsOf(at, other.arn)).toEqual([]);
  });

  test("is the first listener's for every strange name, and the second is told", async () => {
    const { at, second } = await sharedWorld();
    expect(answer(at, "shop.example.com")).toBe("to web-0123456789abcdef");
    expect(answer(at, balancer.dnsName)).toBe("to web-0123456789abcdef");
    expect(answer(at, second.balancer.dnsName)).toBe("older");
    expect(tagsOf(at, second.balancer.arn)).toEqual([{ Key: OLDER, Value: second.balancer.dnsName }]);
    expect(tagsOf(at, balancer.arn)).toEqual([]);
  });

  test("stays so over a restart", async () => {
    const { at, second } = await sharedWorld();
    await at.restart();
    const applied = at.proxy.applied;
    await at.clock.settled();
    expect(at.proxy.applied).toBeGreaterThan(applied);
    expect(answer(at, "shop.example.com")).toBe("to web-0123456789abcdef");
    expect(tagsOf(at, second.balancer.arn)).toHaveLength(1);
  });

  test("is the next one's when the first goes, and nobody is second any more", async () => {
    const { at, second } = await sharedWorld();
    at.state.commit(() => at.state.table(listeners).delete(listener.arn));
    await at.until(() => tagsOf(at, second.balancer.arn)?.length === 0);
    expect(answer(at, "shop.example.com")).toBe("older");
  });

  test("is not taken over by one that goes away and comes back", async () => {
    const { at, second } = await sharedWorld();
    const table = at.state.table(listeners);
    const { turn: _turn, boundPort: _bound, ...first } = table.get(listener.arn) as ListenerRecord;
    // As ModifyListener writes another port, and the old one again.
    at.state.commit(() => table.put({ ...first, port: 81 }));
    await at.until(() => tagsOf(at, second.balancer.arn)?.length === 0);
    at.state.commit(() => table.put({ ...first, port: 80 }));
    await at.until(() => tagsOf(at, balancer.arn)?.length === 1);
    expect(answer(at, balancer.dnsName)).not.toBe("421");
    expect(answer(at, "shop.example.com")).toBe("older");
  });

  test("is kept in the order of before, where records say nothing of it: by when the listener was made", async () => {
    const at = world();
    at.putAll();
    const second = older();
    at.state.commit(() => {
      at.state.table(loadBalancers).put(second.balancer);
      at.state.table(listeners).put({ ...second.listener, createdAt: 2 });
    });
    at.start();
    await at.until(() => tagsOf(at, second.balancer.arn)?.length === 1);
    expect(tagsOf(at, balancer.arn)).toEqual([]);
  });
});

describe("targets that may not get requests", () => {
  const put = (at: World, target: Partial<TargetRecord>): void =>
    at.state.commit(() => void at.state.table(targets).update(KEY, (one) => ({ ...one, ...target })));
  const KEY = targetKey(TARGET.targetGroupArn, TARGET.id, TARGET.port);
  const servers = (at: World): readonly string[] => at.proxy.configuration.backends.flatMap((one) => one.servers.map(({ id }) => id));

  test("are kept from the proxy, and say so, from when another account's VPC covers them", async () => {
    const at = await healthyWorld();
    // Nothing is under way any more that would look by itself.
    await at.clock.settled();
    at.state.commit(() =>
      at.state
        .table(vpcs)
        .put({ id: "vpc-9", account: "210987654321", region: "us-east-1", cidrBlock: "10.0.0.0/16", isDefault: false, tags: [] }),
    );
    await at.targetUntil((target) => target?.health.reason === "Target.IpUnusable");
    expect(servers(at)).toEqual([]);
  });

  test("say so when the reason is another one, although the proxy has nothing of them before and after", async () => {
    const at = await healthyWorld();
    put(at, { address: "127.0.0.1", addressPort: 4566 });
    await at.targetUntil((target) => target?.health.reason === "Target.FailedHealthChecks");
    await at.clock.settled();
    const { applied } = at.proxy;
    const foreign = { id: "vpc-9", account: "210987654321", region: "us-east-1", cidrBlock: "10.0.0.0/16", isDefault: false, tags: [] };
    at.state.commit(() => at.state.table(vpcs).put(foreign));
    await at.clock.settled();
    expect(at.target?.health.reason).toBe("Target.IpUnusable");
    at.state.commit(() => at.state.table(vpcs).delete("vpc-9"));
    await at.clock.settled();
    expect(at.target?.health.reason).toBe("Target.FailedHealthChecks");
    expect(at.proxy.applied).toBe(applied);
  });

  test("are let finish what they have where they drain", async () => {
    const at = await healthyWorld();
    at.proxy.carry(BACKEND, SERVER, 1);
    at.state.commit(() => {
      deregisterTarget(at.state, { ...TARGET, now: at.clock.now() });
      at.state
        .table(vpcs)
        .put({ id: "vpc-9", account: "210987654321", region: "us-east-1", cidrBlock: "10.0.0.0/16", isDefault: false, tags: [] });
    });
    const applied = at.proxy.applied;
    await at.clock.settled();
    expect(at.proxy.applied).toBeGreaterThan(applied);
    expect(at.proxy.configuration.backends[0]?.servers).toMatchObject([{ id: SERVER, draining: true }]);
  });

  test("are ports of this host that no task of the account has: one lets them in, and its end closes the door", async () => {
    const at = await healthyWorld();
    put(at, { address: "127.0.0.1", addressPort: 4566 });
    await at.targetUntil((target) => target?.health.reason === "Target.FailedHealthChecks");
    expect(servers(at)).toEqual([]);
    const endpoints = [{ containerName: "web", containerPort: 80, address: "127.0.0.1", port: 4566 }];
    const task = taskRecord("0123456789abcdef0123456789abcdef", { endpoints, networkMode: "bridge" });
    const running = { ...task, containers: task.containers.map((one) => ({ ...one, name: "web", lastStatus: "RUNNING" as const })) };
    at.state.commit(() => at.state.table(tasks).put({ ...running, arn: running.arn.replace("0123", "abcd"), account: "210987654321" }));
    await at.loop?.[Symbol.asyncDispose]();
    at.start();
    await at.clock.settled();
    expect(servers(at)).toEqual([]);
    at.state.commit(() => at.state.table(tasks).put(running));
    await at.until(() => servers(at).length > 0);
    at.state.commit(() => at.state.table(tasks).put({ ...running, lastStatus: "STOPPED" }));
    await at.until(() => servers(at).length === 0);
  });
});

describe("health", () => {
  test("what the proxy sees is on record in AWS's words", async () => {
    const at = await healthyWorld();
    at.proxy.see(BACKEND, SERVER, "unhealthy", { kind: "status", status: 503 });
    await at.clock.settled();
    expect(at.target?.health).toEqual({
      state: "unhealthy",
      reason: "Target.ResponseCodeMismatch",
      description: "Health checks failed with these codes: [503]",
    });
  });

  test("a change of health alone does not touch the proxy", async () => {
    const at = await healthyWorld();
    const applied = at.proxy.applied;
    at.proxy.see(BACKEND, SERVER, "unhealthy", { kind: "timeout" });
    await at.clock.settled();
    expect(at.target?.health.state).toBe("unhealthy");
    expect(at.proxy.applied).toBe(applied);
  });

  test("a healthy target is healthy all through a restart", async () => {
    const at = await healthyWorld();
    await at.restart();
    const seen: string[] = [];
    using _watch = at.state.watch(targets, ({ after }) => void seen.push(after?.health.state ?? "gone"));
    const applied = at.proxy.applied;
    await at.clock.settled();
    expect(at.proxy.applied).toBeGreaterThan(applied);
    await at.loop?.[Symbol.asyncDispose]();
    expect(at.proxy.configuration.backends[0]?.servers[0]?.health).toBe("healthy");
    expect({ seen, health: at.target?.health }).toEqual({ seen: [], health: { state: "healthy" } });
  });

  test("targets of a group are unused when its last listener goes", async () => {
    const at = await healthyWorld();
    at.state.commit(() => at.state.table(listeners).delete(listener.arn));
    await at.targetUntil((target) => target?.health.reason === "Target.NotInUse");
    await at.clock.settled();
    expect(at.proxy.configuration).toEqual({ listeners: [], backends: [] });
  });
});

test("a target that is registered while the proxy takes something up, and found healthy before it has taken that up, is healthy", async () => {
  const at = await healthyWorld();
  await at.clock.settled();
  const KEY = targetKey(GROUP, "10.0.0.2", 80);
  const apply = at.proxy.apply.bind(at.proxy);
  const meanwhile: (() => void)[] = [
    () => at.state.commit(() => registerTarget(at.state, { ...TARGET, id: "10.0.0.2", now: at.clock.now() })),
    () => at.proxy.see(BACKEND, "10.0.0.2-80", "healthy"),
  ];
  at.proxy.apply = async (configuration) => {
    const next = meanwhile.shift();
    if (configuration.backends[0]?.servers.length === 1) {
      next?.();
      // Its change is told while this configuration, which does not have it, is still on its way.
      await new Promise<void>((resolve) => void at.clock.soon(resolve));
    }
    await apply(configuration);
    if (configuration.backends[0]?.servers.length === 2) next?.();
  };
  at.loop?.bind([]);
  await at.clock.settled();
  expect(at.state.table(targets).get(KEY)?.health).toEqual({ state: "healthy" });
  expect(meanwhile).toEqual([]);
});

describe("health of targets that the proxy does not have", () => {
  const unused = (target: TargetRecord | undefined): boolean => target?.health.reason === "Target.NotInUse";

  test("follows their group out of use", async () => {
    const at = await healthyWorld();
    const foreign = { id: "vpc-9", account: "210987654321", region: "us-east-1", cidrBlock: "10.0.0.0/16", isDefault: false, tags: [] };
    at.state.commit(() => at.state.table(vpcs).put(foreign));
    await at.targetUntil((target) => target?.health.reason === "Target.IpUnusable");
    // Nothing is under way any more that would look by itself.
    await at.clock.settled();
    at.state.commit(() => at.state.table(listeners).delete(listener.arn));
    await at.targetUntil(unused);
    expect(at.target?.health.state).toBe("unused");
  });

  test("follows their group into use by a rule, and out of it", async () => {
    const at = await healthyWorld();
    const foreign = { id: "vpc-9", account: "210987654321", region: "us-east-1", cidrBlock: "10.0.0.0/16", isDefault: false, tags: [] };
    const unusable = (target: TargetRecord | undefined): boolean => target?.health.reason === "Target.IpUnusable";
    at.state.commit(() => at.state.table(vpcs).put(foreign));
    at.state.commit(() => at.state.table(listeners).update(listener.arn, (one) => ({ ...one, defaultActions: [FIXED] })));
    await at.targetUntil(unused);
    await at.clock.settled();
    at.state.commit(() => at.state.table(rules).put(rule));
    await at.targetUntil(unusable);
    await at.clock.settled();
    at.state.commit(() => at.state.table(rules).delete(rule.arn));
    await at.targetUntil(unused);
    expect(at.target?.health.state).toBe("unused");
  });

  test("is looked at at the start, whatever was written before", async () => {
    const at = world();
    at.putAll();
    at.state.commit(() => {
      at.state.table(listeners).delete(listener.arn);
      at.state.table(targets).update(targetKey(GROUP, TARGET.id, TARGET.port), (one) => ({ ...one, health: { state: "healthy" } }));
    });
    // A start is told of nothing that was written before it.
    await new Promise(setImmediate);
    at.start();
    await at.targetUntil(unused);
    expect(at.target?.health.state).toBe("unused");
  });
});

test("a rule is in the proxy as soon as it is there, and out of it as soon as it is gone", async () => {
  const at = await healthyWorld();
  await at.clock.settled();
  const conditions = (): unknown => at.proxy.configuration.listeners[0]?.routes[1]?.conditions;
  expect(conditions()).toBeUndefined();
  at.state.commit(() => at.state.table(rules).put(rule));
  await at.clock.settled();
  expect(conditions()).toEqual([{ kind: "path", patterns: ["/api/*"] }]);
  at.state.commit(() => at.state.table(rules).delete(rule.arn));
  await at.clock.settled();
  expect(conditions()).toBeUndefined();
});

describe("a listener that the kernel leads", () => {
  const UDP = { ...listener, protocol: "UDP", port: 53 } as const;
  const ADDRESS = "172.31.0.7";

  /** A kernel that does as it is told until it refuses. */
  function leading() {
    const at = { services: [] as readonly PacketService[], refuses: false, flows: 0, tries: 0 };
    const packets: PacketBalancer = {
      async apply(services) {
        at.tries += 1;
        if (at.refuses) throw new Error("no table");
        at.services = services;
      },
      flows: () => Promise.resolve(at.flows),
      cut: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    };
    return { at, packets };
  }

  async function started(packets?: PacketBalancer, troubles: (string | undefined)[] = []): Promise<World> {
    const w = new World();
    onTestFinished(() => w.loop?.[Symbol.asyncDispose]());
    w.putAll();
    w.state.commit(() => {
      w.state.table(loadBalancers).put({ ...balancer, type: "network" });
      w.state.table(targetGroups).put({ ...group, protocol: "UDP" });
      w.state.table(listeners).put(UDP);
      const place = { vpcId: "vpc-1", subnetId: "subnet-0", availabilityZone: "us-east-1a", privateIpv4Address: ADDRESS, chosen: false };
      w.state.table(networkInterfaces).put({ ...SCOPE, ...place, id: "eni-1", loadBalancerArn: balancer.arn, createdAt: 1 });
    });
    w.start({ ...(packets && { packets }), trouble: (text) => troubles.push(text) });
    w.loop?.hold([{ vpcId: "vpc-1", vpcCidr: "172.31.0.0/16", addresses: new Set([ADDRESS]) }]);
    await w.clock.settled();
    return w;
  }

  const health = (w: World) => w.state.table(targets).get(targetKey(GROUP, TARGET.id, TARGET.port))?.health.state;
  const stateOf = (w: World) => w.state.table(loadBalancers).get(balancer.arn)?.state;

  test("has targets that are healthy once the kernel leads to them", async () => {
    const { at, packets } = leading();
    const w = await started(packets);
    expect(at.services).toMatchObject([{ address: ADDRESS, port: 53, protocol: "udp", choices: [] }]);
    w.proxy.see(BACKEND, SERVER, "healthy");
    expect(health(w)).not.toBe("healthy");
    await w.clock.settled();
    expect(at.services).toMatchObject([{ choices: [{ targets: [{ address: TARGET.id, port: TARGET.port }] }] }]);
    expect(health(w)).toBe("healthy");
  });

  test("impairs its load balancer while the kernel refuses, which is told, and tried again", async () => {
    const { at, packets } = leading();
    at.refuses = true;
    const troubles: (string | undefined)[] = [];
    const w = await started(packets, troubles);
    expect(stateOf(w)).toMatchObject({ code: "active_impaired", reason: "The kernel does not lead packets: no table" });
    expect(troubles.at(-1)).toContain("no table");
    at.refuses = false;
    await w.clock.pass(5000);
    expect(at.services).toHaveLength(1);
    expect(stateOf(w)).toEqual({ code: "active" });
    expect(troubles.at(-1)).toBeUndefined();
  });

  test("impairs its load balancer where nothing leads packets any more", async () => {
    const w = await started();
    expect(stateOf(w)).toMatchObject({ code: "active_impaired", reason: expect.stringContaining("Nothing leads datagrams") as string });
  });

  test("lets a target that drains finish the flows that it has", async () => {
    const { at, packets } = leading();
    const w = await started(packets);
    w.proxy.see(BACKEND, SERVER, "healthy");
    await w.clock.settled();
    at.flows = 1;
    deregisterTarget(w.state, { ...TARGET, now: w.clock.now() });
    await w.clock.pass(2000);
    expect(at.services).toMatchObject([{ choices: [] }]);
    expect(health(w)).toBe("draining");
    at.flows = 0;
    await w.clock.pass(1000);
    expect(health(w)).toBeUndefined();
  });
});

describe("draining", () => {
  const deregister = (at: World): void => void deregisterTarget(at.state, { ...TARGET, now: at.clock.now() });
  const drained = (at: World): boolean => at.proxy.configuration.backends[0]?.servers[0]?.draining === true;

  test("a target without requests leaves as soon as the proxy sends it no more", async () => {
    const at = await healthyWorld();
    deregister(at);
    expect(at.target?.health.reason).toBe("Target.DeregistrationInProgress");
    await at.targetUntil((target) => target === undefined);
  });

  test("one with requests stays until they are done", async () => {
    const at = await healthyWorld();
    at.proxy.carry(BACKEND, SERVER, 1);
    deregister(at);
    await at.until(() => drained(at) && at.clock.waiting > 0);
    at.clock.advance(1000);
    await at.until(() => at.clock.waiting > 0);
    expect(at.target?.health.state).toBe("draining");
    at.proxy.carry(BACKEND, SERVER, 0);
    at.clock.advance(1000);
    await at.targetUntil((target) => target === undefined);
  });

  test("or until its deregistration delay is over, also when the control plane restarts meanwhile", async () => {
    const at = await healthyWorld();
    at.proxy.carry(BACKEND, SERVER, 1);
    deregister(at);
    await at.until(() => drained(at));
    await at.restart();
    await at.until(() => at.clock.waiting > 0);
    expect(at.target?.drainingUntil).toBe(at.clock.now() + DELAY);
    at.clock.advance(DELAY);
    await at.targetUntil((target) => target === undefined);
  });

  test("one that is registered again begins anew and is healthy again", async () => {
    const at = await healthyWorld();
    at.proxy.carry(BACKEND, SERVER, 1);
    deregister(at);
    await at.until(() => drained(at));
    registerTarget(at.state, { ...TARGET, now: at.clock.now() });
    expect(at.target?.health.reason).toBe("Elb.RegistrationInProgress");
    await at.targetUntil((target) => target?.health.state === "healthy");
    expect(drained(at)).toBe(false);
  });
});

describe("a listener that ends TLS", () => {
  const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/a";
  const STORE = "arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/a/0123456789abcdef";

  /** With a certificate whose file says what `importedAt` is, and clients that are checked. */
  async function encryptedWorld(): Promise<World> {
    const made = world();
    const material = (arn: string): CertificateMaterial => ({
      certificatePem: `cert ${made.state.table(certificates).get(arn)?.importedAt}`,
      privateKeyPem: "key",
    });
    made.putAll();
    put(made, 1);
    made.state.commit(() => {
      made.state.table(trustStores).put({ ...SCOPE, arn: STORE, bundle: "ca", revocations: [] } as unknown as TrustStoreRecord);
      made.state.table(listeners).put({
        ...listener,
        protocol: "HTTPS",
        certificates: [{ certificateArn: CERTIFICATE, isDefault: true }],
        mutualAuthentication: {
          mode: "verify",
          trustStoreArn: STORE,
          ignoreClientCertificateExpiry: false,
          advertiseTrustStoreCaNames: false,
        },
      });
    });
    made.start({ material });
    await made.clock.settled();
    return made;
  }

  function put({ state }: World, importedAt: number): void {
    const facts = { names: ["a.test"], keyAlgorithm: "RSA_2048", notAfter: 9 };
    const record = { ...SCOPE, arn: CERTIFICATE, status: "ISSUED", body: { facts }, importedAt, tags: [] };
    state.commit(() => state.table(certificates).put(record as unknown as CertificateRecord));
  }

  const shown = ({ proxy }: World) => proxy.configuration.listeners[0]?.tls;

  test("shows a certificate anew when it is imported anew, and checks clients against its trust store as it is", async () => {
    const at = await encryptedWorld();
    expect(shown(at)?.certificates[0].pem).toBe("cert 1\nkey\n");
    put(at, 2);
    await at.until(() => shown(at)?.certificates[0].pem === "cert 2\nkey\n");
    at.state.commit(() => at.state.table(trustStores).update(STORE, (store) => ({ ...store, bundle: "others" })));
    await at.until(() => shown(at)?.clientCertificates?.kind === "verify");
    expect(shown(at)?.clientCertificates).toMatchObject({ authorities: "others" });
  });

  test("whose certificate the proxy refuses impairs its load balancer, and the others go on", async () => {
    const at = await encryptedWorld();
    at.proxy.failNext(new RefusedPartsError([{ kind: "tls", listener: "port-80", owner: balancer.arn, reason: "no such key" }]));
    put(at, 3);
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active_impaired");
    expect(at.state.table(loadBalancers).get(balancer.arn)?.state.reason).toBe("no such key");
    put(at, 4);
    await at.until(() => at.state.table(loadBalancers).get(balancer.arn)?.state.code === "active");
  });

  test("does not listen where nobody opens keys", async () => {
    const at = world();
    at.putAll();
    at.state.commit(() =>
      at.state.table(listeners).put({ ...listener, protocol: "HTTPS", certificates: [{ certificateArn: CERTIFICATE, isDefault: true }] }),
    );
    put(at, 1);
    at.start();
    await at.clock.settled();
    expect(at.proxy.configuration.listeners).toEqual([]);
  });
});

test.each([
  ["enforced", true, "silence"],
  ["kept alone", undefined, "forward"],
] as const)("where groups are %s, who lets this host in nowhere is on loopback accordingly", async (_what, isEnforced, expected) => {
  const at = world();
  at.putAll();
  const own = { id: "eni-1", vpcId: "vpc-1", subnetId: "subnet-1", availabilityZone: "us-east-1a", privateIpv4Address: "172.31.0.9" };
  at.state.commit(() =>
    at.state.table(networkInterfaces).put({ ...SCOPE, ...own, chosen: false, loadBalancerArn: balancer.arn, createdAt: 1 }),
  );
  at.start(isEnforced ? { isEnforced } : {});
  await at.until(() => at.proxy.configuration?.listeners[0]?.routes.at(-1)?.action.kind !== undefined);
  expect(at.proxy.configuration?.listeners[0]?.routes.at(-1)?.action.kind).toBe(expected);
});

test("what a proxy tells of many targets at once is recorded some at a time, in commits of many", async () => {
  const many = 120;
  const at = world();
  at.putAll();
  const ids = Array.from({ length: many }, (_, index) => `10.1.0.${index}`);
  at.state.commit(() => ids.forEach((id) => void registerTarget(at.state, { ...TARGET, id, now: 0 })));
  at.start();
  await at.clock.settled();
  const recorded: number[] = [];
  let open = 0;
  at.state.watch(targets, ({ after }) => {
    if (after?.health.state !== "healthy") return;
    // Watchers hear of all of a commit in one go.
    if (open === 0) queueMicrotask(() => (recorded.push(open), (open = 0)));
    open += 1;
  });
  for (const id of ids) at.proxy.see(BACKEND, `${id}-80`, "healthy");
  expect(recorded).toEqual([]);
  await at.clock.settled();
  expect(recorded).toEqual([50, 50, 20]);
});
