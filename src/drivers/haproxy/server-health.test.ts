import { expect, test } from "vitest";
import { backend, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { observeHealth } from "./server-health.ts";
import { haproxyServerName, type ServerRole } from "./server-names.ts";
import type { ServerRow } from "./stat-table.ts";

const server = serverAt("one", { address: "10.0.0.5", port: 80 });
const web = backend("web", [server], { interval: 30, unhealthyThreshold: 3 });

function row(role: ServerRole, check: ServerRow["check"], more: Partial<ServerRow> = {}): ReadonlyMap<string, ServerRow> {
  const name = haproxyServerName(server, role);
  const plain = { backend: "b_web", name, status: "UP", weight: 1, sessions: 0, secondsInState: 0, ...more };
  return new Map([[name, check === undefined ? plain : { ...plain, check }]]);
}

test.each([
  ["one that was not tried yet", "INI", undefined, 1, { health: "initial" }],
  ["one that passed", "L7OK", 200, 2, { health: "healthy" }],
  ["one that passed a connection check", "L4OK", undefined, 2, { health: "healthy" }],
  ["one that answered otherwise", "L7STS", 503, 0, { health: "initial", cause: { kind: "status", status: 503 }, unhealthyIn: 50 }],
  ["one that refused", "L4CON", undefined, 0, { health: "initial", cause: { kind: "connection" }, unhealthyIn: 50 }],
  ["one that did not answer", "L7TOUT", undefined, 0, { health: "initial", cause: { kind: "timeout" }, unhealthyIn: 50 }],
])("a new target: %s", (_what, status, code, health, expected) => {
  expect(observeHealth(web, server, row("probe", { status, code, health, rise: 1 }, { secondsInState: 10 }))).toEqual(expected);
});

test("a new target that failed for as long as its threshold allows is unhealthy", () => {
  const rows = row("probe", { status: "L7STS", code: 500, health: 0, rise: 1 }, { secondsInState: 60 });
  expect(observeHealth(web, server, rows)).toEqual({ health: "unhealthy", cause: { kind: "status", status: 500 } });
});

test.each([
  ["failing but not often enough", "L7STS", 3, { health: "healthy" }],
  ["failing", "L7STS", 0, { health: "unhealthy", cause: { kind: "status", status: 500 } }],
  ["recovering", "L7OK", 1, { health: "unhealthy" }],
  ["well", "L7OK", 4, { health: "healthy" }],
])("a target in service: %s", (_what, status, health, expected) => {
  expect(observeHealth(web, server, row("traffic", { status, code: 500, health, rise: 2 }))).toEqual(expected);
});

test("one that HAProxy does not have, or has taken out of service, tells nothing", () => {
  expect(observeHealth(web, server, new Map())).toBeUndefined();
  expect(observeHealth(web, server, row("traffic", undefined, { status: "MAINT" }))).toBeUndefined();
});
