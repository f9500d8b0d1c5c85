import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haproxyTrafficProxy } from "../../src/drivers/haproxy/haproxy-traffic-proxy.ts";
import { systemClock as clock } from "../../src/drivers/system/clock.ts";
import type { ProxyConfiguration, ProxyRoute, ProxyServer, TrafficProxy } from "../../src/ports/traffic-proxy.ts";
import { freePort } from "../../src/testing/airfield-process.ts";
import { atMost, median, type Figure } from "../figure.ts";
import { fixedAnswer } from "../peers/proxies.ts";

const GROUPS = 1000;
const TARGETS = 20;
const LISTENERS = 50;
const RULES = 100;
const ROUNDS = 5;
/** Below those that connections get: checks of 20,000 targets have many of these. */
const FIRST_PORT = 23_000;

/** How long until a change is live in a real HAProxy with 1,000 target groups, 5,000 rules and 20,000 targets: a target more, a rule that leads elsewhere, a rule that takes a reload. */
export async function targetChange(tell: (figure: Figure) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "airfield-bench-targets-"));
  const backendPort = await freePort();
  await using _answers = await fixedAnswer(backendPort);
  const proxy = await haproxyTrafficProxy({ directory, clock });
  try {
    const before = large(backendPort);
    await proxy.apply(before);
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const server: ProxyServer = { id: "new", address: "127.0.0.1", port: backendPort, draining: false, health: "initial" };
      const backends = before.backends.map((backend, at) =>
        at === round ? { ...backend, servers: [...backend.servers, server] } : backend,
      );
      const began = performance.now();
      const live = new Promise<void>((resolve) => {
        const watch = proxy.onHealth((report) => {
          if (report.server !== "new" || report.health !== "healthy") return;
          watch[Symbol.dispose]();
          resolve();
        });
      });
      await proxy.apply({ ...before, backends });
      await live;
      took.push(performance.now() - began);
    }
    tell(atMost(1000, { name: "a target more of 20,000, with 5,000 rules", unit: "ms", ours: median(took) }));
    const byPath = await ruleChanges(proxy, before, (route, round) => ({ ...route, action: forward(700 + round) }));
    tell(atMost(1000, { name: "a rule of 5,000 that leads elsewhere, with 20,000 targets", unit: "ms", ours: median(byPath) }));
    const byMethod = await ruleChanges(proxy, before, (route, round) => ({
      ...route,
      conditions: [{ kind: "method", methods: [`M${round}`] }],
    }));
    tell(atMost(1000, { name: "a rule of 5,000 that takes a reload, with 20,000 targets", unit: "ms", ours: median(byMethod) }));
  } finally {
    await proxy.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** How long it takes until the proxy works by a configuration of which one rule is another, milliseconds. */
async function ruleChanges(
  proxy: TrafficProxy,
  { listeners, backends }: ProxyConfiguration,
  change: (route: ProxyRoute, round: number) => ProxyRoute,
): Promise<readonly number[]> {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const changed = listeners.map((listener, at) =>
      at === round ? { ...listener, routes: listener.routes.map((route, rule) => (rule === 5 ? change(route, round) : route)) } : listener,
    );
    // A change alone: what the one before it left to be looked at is done.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const began = performance.now();
    await proxy.apply({ listeners: changed, backends });
    took.push(performance.now() - began);
  }
  return took;
}

function forward(group: number): ProxyRoute["action"] {
  return { kind: "forward", backends: [{ id: `g${group % GROUPS}`, weight: 1 }] };
}

function large(port: number): ProxyConfiguration {
  const number = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);
  const backends = number(GROUPS).map((group): ProxyConfiguration["backends"][number] => ({
    id: `g${group}`,
    algorithm: "round_robin",
    // Checked as seldom as may be: what is measured is the change.
    healthCheck: { kind: "http", path: "/", matcher: "200", interval: 300, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 10 },
    servers: number(TARGETS).map((target) => ({
      id: `t${target}`,
      address: `127.${1 + (group >> 8)}.${group & 255}.${target + 1}`,
      port,
      draining: false,
      health: "healthy",
    })),
  }));
  const listeners: ProxyConfiguration["listeners"][number][] = [];
  for (const listener of number(LISTENERS))
    listeners.push({
      id: `l${listener}`,
      addresses: ["127.0.0.1"],
      port: FIRST_PORT + listener,
      routes: [
        ...number(RULES).map((rule) => ({
          hosts: [],
          conditions: [{ kind: "path" as const, patterns: [`/r${rule}/*`] }],
          action: forward(listener * RULES + rule),
          idleTimeout: 60,
        })),
        { hosts: [], action: forward(listener), idleTimeout: 60 },
      ],
    });
  return { listeners, backends };
}
