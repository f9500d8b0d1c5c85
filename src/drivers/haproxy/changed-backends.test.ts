import { describe, expect, test } from "vitest";
import type { ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { backend, listener, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { changedBackends } from "./changed-backends.ts";

const one = serverAt("one", { address: "10.0.0.5", port: 8080 });
const two = serverAt("two", { address: "10.0.0.6", port: 8080 });
const before: ProxyConfiguration = {
  listeners: [listener("main", 80)],
  backends: [backend("api", [one]), backend("web", [one])],
};
const [api, web] = before.backends as [ProxyConfiguration["backends"][number], ProxyConfiguration["backends"][number]];

test("a backend with other servers is what changed; the others, being the same objects, are not", () => {
  const more = { ...web, servers: [one, two] };
  expect(changedBackends(before, { listeners: [listener("main", 80)], backends: [api, more] })).toEqual([more]);
  expect(changedBackends(before, { ...before })).toEqual([]);
});

describe("it takes more", () => {
  test.each<[string, ProxyConfiguration]>([
    ["with another listener", { ...before, listeners: [listener("main", 81)] }],
    ["with a stream", { ...before, streams: [{ id: "s", addresses: [], port: 1, backends: [], idleTimeout: 60 }] }],
    ["with a backend more", { ...before, backends: [api, web, backend("x", [])] }],
    ["with a backend of another name", { ...before, backends: [api, { ...web, id: "x" }] }],
    ["with another check", { ...before, backends: [api, backend("web", [one], { path: "/other" })] }],
    ["with cookies", { ...before, backends: [api, { ...web, servers: [], stickiness: { kind: "lb-cookie", duration: 60 } }] }],
  ])("%s", (_, after) => expect(changedBackends(before, after)).toBeUndefined());

  test("with very many", () => {
    const many = (port: number) => Array.from({ length: 65 }, (_, at) => backend(`b${at}`, [{ ...one, port }]));
    expect(changedBackends({ ...before, backends: many(1) }, { ...before, backends: many(2) })).toBeUndefined();
  });
});
