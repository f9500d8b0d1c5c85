import { expect, test } from "vitest";
import { backend, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { planServerChanges } from "./plan-server-changes.ts";
import { desiredServers } from "./render-servers.ts";
import type { ServerRow } from "./stat-table.ts";

const place = { address: "10.0.0.5", port: 80 };
const server = serverAt("one", place);
const web = backend("web", [server], { interval: 5, healthyThreshold: 3, unhealthyThreshold: 2 });
const [probe, traffic, fallback] = ["one:p:10.0.0.5:80", "one:t:10.0.0.5:80", "one:f:10.0.0.5:80"] as const;

function observed(...rows: readonly Partial<ServerRow>[]): ReadonlyMap<string, ServerRow> {
  const whole = { backend: "b_web", name: "", status: "UP", weight: 1, sessions: 0, secondsInState: 0 };
  return new Map(rows.map((row) => [row.name ?? "", { ...whole, ...row }]));
}

function commands(desired: ReturnType<typeof desiredServers>, rows: ReadonlyMap<string, ServerRow>): readonly string[] {
  return planServerChanges("b_web", desired, rows).map(({ text }) => text);
}

const check = { status: "L7OK", code: 200, health: 4, rise: 3 };
const inService = observed({ name: traffic, check }, { name: fallback, status: "no check" });

/** See `render-servers.ts`. */
const POOL = "pool-max-conn -1 pool-purge-delay 3s";

test("a new target is probed and has no weight", () => {
  expect(commands(desiredServers(web, server, "initial"), observed())).toEqual([
    `add server b_web/${probe} 10.0.0.5:80 weight 0 ${POOL} check inter 500ms fastinter 20ms downinter 500ms rise 1 fall 2`,
    `enable server b_web/${probe}`,
    `enable health b_web/${probe}`,
  ]);
});

test("one that passed takes its place, and gets weight only once its health is set", () => {
  expect(commands(desiredServers(web, server, "healthy"), observed({ name: probe, weight: 0, check }))).toEqual([
    `add server b_web/${traffic} 10.0.0.5:80 weight 0 ${POOL} check inter 5000ms rise 3 fall 2`,
    `enable server b_web/${traffic}`,
    `set server b_web/${traffic} health up`,
    `enable health b_web/${traffic}`,
    `set server b_web/${traffic} weight 1`,
    `add server b_web/${fallback} 10.0.0.5:80 weight 0 ${POOL} backup`,
    `enable server b_web/${fallback}`,
    `set server b_web/${fallback} weight 1`,
    `set server b_web/${probe} state maint`,
    `del server b_web/${probe}`,
  ]);
});

test("one that never passed starts down", () => {
  expect(commands(desiredServers(web, server, "unhealthy"), observed())).toContain(`set server b_web/${traffic} health down`);
});

test("nothing to do for what is there already", () => {
  expect(commands(desiredServers(web, server, "healthy"), inService)).toEqual([]);
  expect(commands(desiredServers(web, server, "initial"), observed({ name: probe, weight: 0, check }))).toEqual([]);
});

test("one that drains loses its weight and its checks, and is no fallback", () => {
  expect(commands(desiredServers(web, { ...server, draining: true }, "healthy"), inService)).toEqual([
    `disable health b_web/${traffic}`,
    `set server b_web/${traffic} weight 0`,
    `set server b_web/${fallback} state maint`,
    `del server b_web/${fallback}`,
  ]);
});

test("one that drains and is not there stays away", () => {
  expect(commands(desiredServers(web, { ...server, draining: true }, "healthy"), observed())).toEqual([]);
});

test("one that leaves goes through maintenance; what still has connections may wait", () => {
  expect(planServerChanges("b_web", [], observed({ name: traffic }))).toEqual([
    { text: `set server b_web/${traffic} state maint` },
    { text: `del server b_web/${traffic}`, mayWait: true },
  ]);
});

test("one that left and comes back is taken out of maintenance without traffic in between", () => {
  expect(commands(desiredServers(web, server, "healthy").slice(0, 1), observed({ name: traffic, status: "MAINT", check }))).toEqual([
    `set server b_web/${traffic} weight 0`,
    `set server b_web/${traffic} state ready`,
    `set server b_web/${traffic} health up`,
    `enable health b_web/${traffic}`,
    `set server b_web/${traffic} weight 1`,
  ]);
});
