import { describe, expect, test } from "vitest";
import type { ProxyTls } from "../../domain/proxy-tls.ts";
import type { ProxyConfiguration, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { backend, listener, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { forwardTo } from "../../testing/proxy-routes.ts";
import { changedFew } from "./changed-few.ts";

const one = serverAt("one", { address: "10.0.0.5", port: 8080 });
const two = serverAt("two", { address: "10.0.0.6", port: 8080 });
const before: ProxyConfiguration = {
  listeners: [listener("main", 80)],
  backends: [backend("api", [one]), backend("web", [one])],
};
const [api, web] = before.backends as [ProxyConfiguration["backends"][number], ProxyConfiguration["backends"][number]];

test("a backend with other servers is what changed; the others, being the same objects, are not", () => {
  const more = { ...web, servers: [one, two] };
  expect(changedFew(before, { listeners: [listener("main", 80)], backends: [api, more] })).toEqual({
    backends: [more],
    clientSets: [],
    tables: new Map(),
  });
  expect(changedFew(before, { ...before })).toEqual({ backends: [], clientSets: [], tables: new Map() });
});

const to = (id: string, ...patterns: readonly string[]): ProxyRoute => ({ ...forwardTo(id), conditions: [{ kind: "path", patterns }] });
const routed = (...routes: readonly ProxyRoute[]): ProxyConfiguration => ({
  ...before,
  listeners: [{ ...listener("main", 80), routes: [...routes, forwardTo("web")] }, listener("other", 81)],
});
const usual = routed(to("api", "/a"), to("web", "/b"));

test.each<[string, ProxyConfiguration, readonly string[]]>([
  ["leads elsewhere", routed(to("web", "/a"), to("api", "/b")), ["/a? b_web", "/b? b_api"]],
  ["takes another path", routed(to("api", "/a*"), to("web", "/b")), ["/a b_api", "/b? b_web"]],
  ["comes", routed(to("api", "/a"), to("web", "/b"), to("api", "/c")), ["/a? b_api", "/b? b_web", "/c? b_api"]],
  ["goes", routed(to("api", "/a")), ["/a? b_api"]],
])("a route by path that %s changes its table alone", (_what, after, table) => {
  const changed = changedFew(usual, after);
  expect(changed?.backends).toEqual([]);
  expect([...(changed?.tables.values() ?? [])].map((one) => [...one].map((entry) => entry.join(" ")))).toEqual([table]);
});

test("so does one that leads to a backend to which another listener's led", () => {
  const both = (...ids: readonly string[]): ProxyConfiguration => ({
    ...before,
    listeners: ids.map((id, at) => ({ ...listener(`l${at}`, 80 + at), routes: [to(id, "/a"), to("web", "/b")] })),
  });
  expect(changedFew(both("api", "web"), both("web", "api"))?.tables.size).toBe(2);
});

test("routes that only change places change nothing where no path is both of theirs", () => {
  expect(changedFew(usual, routed(to("web", "/b"), to("api", "/a")))?.tables.size).toBe(1);
});

describe("it takes more", () => {
  test.each<[string, ProxyConfiguration]>([
    ["with another listener", { ...before, listeners: [listener("main", 81)] }],
    ["with a route by something else", { ...usual, listeners: [{ ...listener("main", 80), routes: [forwardTo("api")] }] }],
    ["with a stream", { ...before, streams: [{ id: "s", addresses: [], port: 1, backends: [], idleTimeout: 60 }] }],
    ["with a backend more", { ...before, backends: [api, web, backend("x", [])] }],
    ["with a backend of another name", { ...before, backends: [api, { ...web, id: "x" }] }],
    ["with another check", { ...before, backends: [api, backend("web", [one], { path: "/other" })] }],
    ["with cookies", { ...before, backends: [api, { ...web, servers: [], stickiness: { kind: "lb-cookie", duration: 60 } }] }],
  ])("%s", (_, after) => expect(changedFew(before, after)).toBeUndefined());

  test.each<[string, ProxyConfiguration]>([
    ["by a method", routed({ ...to("api", "/a"), conditions: [{ kind: "method", methods: ["GET"] }] }, to("web", "/b"))],
    ["that leads to a backend nothing led to", routed(to("web", "/a"), to("web", "/b"))],
    ["whose timeout becomes its backend's", routed({ ...to("api", "/a"), idleTimeout: 90 }, to("web", "/b"))],
    [
      "behind which the default is another",
      { ...usual, listeners: usual.listeners.map((one) => ({ ...one, routes: [...one.routes.slice(0, -1), forwardTo("api")] })) },
    ],
  ])("with a route %s", (_, after) => expect(changedFew(usual, after)).toBeUndefined());

  test("with another certificate", () => {
    const tls = (pem: string): ProxyTls => ({
      owner: "lb",
      certificates: [{ id: pem, hosts: [], pem }],
      versions: [],
      ciphers: [],
      alpn: [],
    });
    const secure = (pem: string): ProxyConfiguration => ({
      ...usual,
      listeners: usual.listeners.map((one) => ({ ...one, tls: tls(pem) })),
    });
    expect(changedFew(secure("a"), secure("a"))).toBeDefined();
    expect(changedFew(secure("a"), secure("b"))).toBeUndefined();
  });

  test("with very many", () => {
    const many = (port: number) => Array.from({ length: 65 }, (_, at) => backend(`b${at}`, [{ ...one, port }]));
    expect(changedFew({ ...before, backends: many(1) }, { ...before, backends: many(2) })).toBeUndefined();
  });
});
