import { expect, test } from "vitest";
import type { ProxyServer } from "../../ports/traffic-proxy.ts";
import { backend, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { failsOpen } from "./fail-open.ts";
import { desiredServersOf } from "./render-servers.ts";
import type { Health } from "./server-health.ts";

const PLACE = { address: "10.0.0.5", port: 80 };

/** A letter a server: `h`ealthy, `u`nhealthy, `i`nitial, `d`raining. */
function group(states: string) {
  const servers = [...states].map((state, at) => serverAt(`s${at}-${state}`, PLACE, { draining: state === "d" }));
  const healthOf = ({ id }: ProxyServer): Health =>
    id.endsWith("h") || id.endsWith("d") ? "healthy" : id.endsWith("u") ? "unhealthy" : "initial";
  return { web: backend("web", servers), healthOf };
}

test.each([
  ["huuu", undefined, false],
  ["uuuu", undefined, false],
  ["hhuu", { count: 2 }, false],
  ["huuu", { count: 2 }, true],
  ["hduu", { count: 2 }, true],
  ["hiu", { count: 2 }, true],
  ["hhuu", { count: 1, percentage: 50 }, false],
  ["huuu", { count: 1, percentage: 50 }, true],
  ["hud", { count: 1, percentage: 50 }, false],
  ["hhuuu", { count: 3, percentage: 10 }, true],
  ["", { count: 1, percentage: 10 }, true],
])("of %s, with %o asked for: whether it fails open is %s", (states, minimumHealthy, expected) => {
  const { web, healthOf } = group(states);
  expect(failsOpen({ ...web, ...(minimumHealthy && { minimumHealthy }) }, healthOf)).toBe(expected);
});

test("a group that fails open sends to its unhealthy targets besides, not to initial or draining ones", () => {
  const { web, healthOf } = group("huid");
  const open = (minimum: number): readonly string[] =>
    desiredServersOf({ ...web, minimumHealthy: { count: minimum } }, healthOf)
      .filter(({ role }) => role === "open")
      .map(({ name, definition, checked }) => `${name} ${definition.includes("backup")} ${checked}`);
  expect(open(1)).toEqual([]);
  expect(open(2)).toEqual(["s1-u:o:10.0.0.5:80 false false"]);
});
