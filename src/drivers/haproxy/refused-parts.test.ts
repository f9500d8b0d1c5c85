import { expect, test } from "vitest";
import type { ProxyBackend, ProxyConfiguration, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { RefusedParts } from "./refused-parts.ts";

const backend = (id: string, matcher = "200"): ProxyBackend => ({
  id,
  algorithm: "round_robin",
  healthCheck: { kind: "http", path: "/", matcher, interval: 5, timeout: 2, healthyThreshold: 2, unhealthyThreshold: 2 },
  servers: [{ id: "s", address: "10.0.0.5", port: 80, draining: false, health: "healthy" }],
});
const forward = (host: string, ...ids: readonly string[]): ProxyRoute => ({
  hosts: [host],
  action: { kind: "forward", backends: ids.map((id) => ({ id, weight: 1 })) },
  idleTimeout: 60,
});
const fixed = (host: string, body: string): ProxyRoute => ({
  hosts: [host],
  action: { kind: "fixed-response", status: 200, body },
  idleTimeout: 60,
});
const configuration = (backends: readonly ProxyBackend[], routes: readonly ProxyRoute[]): ProxyConfiguration => ({
  listeners: [{ id: "main", addresses: ["127.0.0.1"], port: 80, routes }],
  backends,
});

/** Refuses every text with `bad` in it, and a forward to a backend that is not there. */
function checker() {
  const seen = { checks: 0 };
  const check = async ({ listeners, backends }: ProxyConfiguration): Promise<string | undefined> => {
    seen.checks += 1;
    const bad = backends.some(({ healthCheck }) => healthCheck.kind !== "none" && healthCheck.matcher === "bad");
    const there = new Set(backends.map(({ id }) => id));
    const actions = listeners.flatMap(({ routes }) => routes.map(({ action }) => action));
    const lost = actions.some((action) => action.kind === "forward" && action.backends.some(({ id }) => !there.has(id)));
    const said = actions.some((action) => action.kind === "fixed-response" && action.body === "bad");
    const expressions = listeners.flatMap(({ routes }) =>
      routes.flatMap(({ conditions = [], rewrites }) => [
        rewrites?.url?.regex,
        ...conditions.flatMap((condition) => ("regexes" in condition ? condition.regexes : [])),
      ]),
    );
    return bad || lost || said || expressions.includes("bad") ? "refused" : undefined;
  };
  return { seen, check };
}

test("of five hundred backends the two that are refused are found in some checks, and left out", async () => {
  const { seen, check } = checker();
  const parts = new RefusedParts();
  const wanted = configuration(
    Array.from({ length: 500 }, (_, at) => backend(`b${at}`, at === 7 || at === 300 ? "bad" : "200")),
    [forward("a.example", "b7", "b8")],
  );
  expect(await parts.look(wanted, check)).toBe(true);
  expect(seen.checks).toBeLessThan(50);
  expect(parts.in(wanted)).toEqual(["b7", "b300"].map((id) => ({ kind: "backend", id, reason: "refused" })));
  const left = parts.leaveOut(wanted, undefined);
  expect(left.backends).toHaveLength(498);
  expect(left.listeners[0]?.routes).toEqual([forward("a.example", "b8")]);
  expect(await check(left)).toBeUndefined();
});

test("a route that is refused answers 503, and the others on its listener answer as they do", async () => {
  const { check } = checker();
  const parts = new RefusedParts();
  const wanted = configuration([], [{ ...fixed("a.example", "bad"), owner: "a" }, fixed("b.example", "good")]);
  expect(await parts.look(wanted, check)).toBe(true);
  expect(parts.in(wanted)).toEqual([{ kind: "route", listener: "main", owner: "a", reason: "refused" }]);
  expect(parts.leaveOut(wanted, undefined).listeners[0]?.routes).toMatchObject([
    { hosts: ["a.example"], action: { kind: "fixed-response", status: 503 } },
    { hosts: ["b.example"], action: { body: "good" } },
  ]);
});

test("an expression that is refused: its rule matches nothing, or answers 503 where it is what becomes of the request", async () => {
  const { check } = checker();
  const parts = new RefusedParts();
  const by = (regex: string): ProxyRoute => ({
    ...forward("a.example", "web"),
    conditions: [{ kind: "path", patterns: [], regexes: [regex] }],
  });
  const to = (regex: string): ProxyRoute => ({ ...forward("b.example", "web"), rewrites: { url: { regex, replacement: "/" } } });
  const good = configuration([backend("web")], [by("good"), to("good"), forward("c.example", "web")]);
  const wanted = configuration([backend("web")], [by("bad"), to("bad"), forward("c.example", "web")]);
  expect(await parts.look(good, check)).toBe(false);
  expect(await parts.look(wanted, check)).toBe(true);
  const [left] = parts.leaveOut(wanted, undefined).listeners;
  expect(left?.routes).toEqual([
    { hosts: ["b.example"], action: { kind: "fixed-response", status: 503 }, idleTimeout: 60 },
    forward("c.example", "web"),
  ]);
  expect(parts.leaveOut(wanted, good).listeners[0]?.routes).toEqual([to("good"), forward("c.example", "web")]);
});

test("what was there before stays in its form, a backend with the servers of now", async () => {
  const { check } = checker();
  const parts = new RefusedParts();
  const before = configuration([backend("web")], [forward("a.example", "web"), fixed("b.example", "good")]);
  const servers = [{ ...backend("web").servers[0]!, id: "new" }];
  const wanted = configuration([{ ...backend("web", "bad"), servers }], [forward("a.example", "web"), fixed("b.example", "bad")]);
  expect(await parts.look(wanted, check)).toBe(true);
  expect(parts.leaveOut(wanted, before)).toEqual(configuration([{ ...backend("web"), servers }], before.listeners[0]!.routes));
});

test("what was refused once is not tried again until it is another, whatever its servers", async () => {
  const { seen, check } = checker();
  const parts = new RefusedParts();
  const bad = configuration([backend("web", "bad"), backend("shop")], []);
  await parts.look(bad, check);
  const moved = configuration([{ ...backend("web", "bad"), servers: [] }, backend("shop")], []);
  expect(parts.in(moved)).toHaveLength(1);
  seen.checks = 0;
  expect(await parts.look(moved, check)).toBe(false);
  expect(seen.checks).toBe(1);
  const mended = configuration([backend("web", "201"), backend("shop")], []);
  expect(parts.in(mended)).toEqual([]);
  expect(parts.leaveOut(mended, undefined)).toBe(mended);
});

test("where no part is refused by itself, there is none to leave out", async () => {
  const parts = new RefusedParts();
  expect(await parts.look(configuration([backend("web")], []), async () => undefined)).toBe(false);
});

test("ports that several listeners share stay, whatever is refused", async () => {
  const { check } = checker();
  const parts = new RefusedParts();
  const wanted: ProxyConfiguration = {
    ...configuration([backend("web", "bad")], []),
    entrances: [{ id: "shared", addresses: ["127.0.0.1"], port: 443, doors: [], fallback: "main" }],
  };
  expect(await parts.look(wanted, check)).toBe(true);
  expect(parts.leaveOut(wanted, undefined).entrances).toEqual(wanted.entrances);
});

test("a certificate that is refused is no fault of the routes behind it", async () => {
  const parts = new RefusedParts();
  const { listeners, backends } = configuration([], [fixed("a.example", "good")]);
  const tls = { owner: "a", certificates: [{ id: "a", hosts: [], pem: "bad" }], versions: [], ciphers: [], alpn: [] } as const;
  const check = async (some: ProxyConfiguration): Promise<string | undefined> =>
    JSON.stringify(some).includes("bad") ? "refused" : undefined;
  expect(await parts.look({ listeners: listeners.map((one) => ({ ...one, tls })), backends }, check)).toBe(false);
});
