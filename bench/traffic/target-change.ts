import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haproxyTrafficProxy } from "../../src/drivers/haproxy/haproxy-traffic-proxy.ts";
import { systemClock as clock } from "../../src/drivers/system/clock.ts";
import type { ProxyConfiguration, ProxyServer } from "../../src/ports/traffic-proxy.ts";
import { freePort } from "../../src/testing/airfield-process.ts";
import { atMost, median, type Figure } from "../figure.ts";
import { fixedAnswer } from "../peers/proxies.ts";

const GROUPS = 1000;
const TARGETS = 20;
const LISTENERS = 50;
const RULES = 100;
const ROUNDS = 5;

/** How long until a target more is live where there are 20,000: in a real HAProxy with 1,000 target groups and 5,000 rules, of which none changes. */
export async function targetChange(tell: (figure: Figure) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "airfield-bench-targets-"));
  const backendPort = await freePort();
  await using _answers = await fixedAnswer(backendPort);
  const proxy = await haproxyTrafficProxy({ directory, clock });
  // Timers of the clock keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  try {
    const before = await large(backendPort);
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
  } finally {
    clearInterval(alive);
    await proxy.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function large(port: number): Promise<ProxyConfiguration> {
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
  const forward = (group: number) => ({ kind: "forward" as const, backends: [{ id: `g${group % GROUPS}`, weight: 1 }] });
  const listeners: ProxyConfiguration["listeners"][number][] = [];
  for (const listener of number(LISTENERS))
    listeners.push({
      id: `l${listener}`,
      addresses: ["127.0.0.1"],
      port: await freePort(),
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
