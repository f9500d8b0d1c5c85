import { expect, test } from "vitest";
import type { ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { forwardTo } from "../../testing/proxy-routes.ts";
import { backend, listener, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { untriedPart } from "./untried-part.ts";

const one = serverAt("one", { address: "10.0.0.5", port: 80 });
const [web, api] = [backend("web", [one]), backend("api", [one])];
const [main, other] = [listener("main", 80), listener("other", 81)];
const before: ProxyConfiguration = { listeners: [main, other], backends: [api, web] };
const led = { ...other, routes: [forwardTo("api", "web")] };
const checked = backend("api", [one], { path: "/other" });
const stream = { id: "s", addresses: [], port: 1, backends: [], idleTimeout: 60 };

test.each<[string, ProxyConfiguration, ProxyConfiguration]>([
  ["nothing of what is the same", structuredClone(before), { listeners: [], backends: [] }],
  ["nothing of servers that come", { ...before, backends: [api, { ...web, servers: [] }] }, { listeners: [], backends: [] }],
  [
    "a listener that is another, with what it leads to",
    { ...before, listeners: [main, led] },
    { listeners: [led], backends: [api, web].map((its) => ({ ...its, servers: [] })) },
  ],
  [
    "a listener that comes",
    { ...before, listeners: [led, main] },
    { listeners: [led], backends: [api, web].map((its) => ({ ...its, servers: [] })) },
  ],
  ["a backend that is another, with its servers", { ...before, backends: [checked, web] }, { listeners: [], backends: [checked] }],
  ["a backend that comes", { ...before, backends: [api, { ...api, id: "b" }, web] }, { listeners: [], backends: [{ ...api, id: "b" }] }],
])("%s", (_what, after, part) => expect(untriedPart(before, after)).toEqual(part));

test("all of it, where something else is another or nothing is known", () => {
  const after = { ...before, streams: [stream] };
  expect(untriedPart(before, after)).toBe(after);
  expect(untriedPart(undefined, before)).toBe(before);
});
