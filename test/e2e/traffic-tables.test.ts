import { readFile, readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import type { ProxyConfiguration, ProxyRoute } from "../../src/ports/traffic-proxy.ts";
import { forwardTo } from "../../src/testing/proxy-routes.ts";
import { backend, listener, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { load, send } from "./load.ts";
import { haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;

const to = (id: string, ...patterns: readonly string[]): ProxyRoute => ({ ...forwardTo(id), conditions: [{ kind: "path", patterns }] });

async function balanced(world: HaproxyWorld): Promise<(...routes: readonly ProxyRoute[]) => ProxyConfiguration> {
  const port = await world.freePort();
  const backends = await Promise.all(
    ["web", "api"].map(async (id) =>
      backend(id, [serverAt("one", await world.target(200, (_request, response) => response.end(id)), known)]),
    ),
  );
  // Both are led to whatever the other routes do.
  const last: ProxyRoute = { ...forwardTo("api"), conditions: [{ kind: "method", methods: ["PUT"] }] };
  return (...routes) => ({ listeners: [{ ...listener("main", port), routes: [...routes, last, forwardTo("web")] }], backends });
}

const portOf = ({ listeners: [first] }: ProxyConfiguration): number => first?.port ?? 0;

async function reloads(world: HaproxyWorld): Promise<number> {
  return (await readFile(`${world.directory}/haproxy.log`, "utf8")).split("Reloading").length - 1;
}

test("the first route by path that matches is taken, however long those behind it are, and another set takes its place without a reload", async () => {
  await using world = await haproxyWorld();
  const configured = await balanced(world);
  const answer: ProxyRoute = {
    hosts: [],
    conditions: [{ kind: "path", patterns: ["/fixed"] }],
    action: { kind: "fixed-response", status: 418 },
    idleTimeout: 60,
  };
  const first = configured(to("api", "/a/*"), to("web", "/a/b*", "/c"), to("api", "/c*"), answer);
  const asked = async (...paths: readonly string[]): Promise<readonly string[]> =>
    Promise.all(paths.map(async (path) => (await send(portOf(first), { path })).body));
  await world.proxy.apply(first);
  expect(await asked("/a/b", "/a/bc?x=/c", "/c", "/cc", "/c/", "/a", "/")).toEqual(["api", "api", "web", "api", "api", "web", "web"]);
  expect((await send(portOf(first), { path: "/fixed" })).status).toBe(418);
  expect(await readdir(world.directory)).not.toContain("routes");

  await world.proxy.apply(configured(to("web", "/a/b*"), answer, to("api", "/a/*"), to("api", "/d")));
  expect(await asked("/a/b", "/a/c", "/c", "/cc", "/d")).toEqual(["web", "api", "web", "web", "api"]);
  expect((await send(portOf(first), { path: "/fixed" })).status).toBe(418);

  // A control plane that comes later does not know what the worker has.
  const next = await world.restarted();
  await next.apply(configured(to("api", "/c"), answer));
  expect(await asked("/a/b", "/c", "/d")).toEqual(["web", "api", "web"]);
  expect(await reloads(world)).toBe(0);

  // What was changed so is there after a reload, too.
  await next.apply(configured(to("api", "/c", "/e"), answer));
  const reloaded = configured(to("api", "/c", "/e"), answer);
  await next.apply({ ...reloaded, listeners: [...reloaded.listeners, listener("other", await world.freePort())] });
  expect(await asked("/c", "/e", "/d")).toEqual(["api", "api", "web"]);
  expect(await reloads(world)).toBe(1);
});

test("hosts with their paths are looked up, too, whatever case and port they are written with", async () => {
  await using world = await haproxyWorld();
  const configured = await balanced(world);
  const at = (id: string, names: readonly string[], ...patterns: readonly string[]): ProxyRoute => ({
    ...forwardTo(id),
    conditions: [{ kind: "host", patterns: names }, ...(patterns.length > 0 ? [{ kind: "path", patterns } as const] : [])],
  });
  const first = configured(at("api", ["api.test", "b.test"], "/v1/*", "/"), at("api", ["c.test"]));
  await world.proxy.apply(first);
  const asked = async (...urls: readonly (readonly [string, string])[]): Promise<readonly string[]> =>
    Promise.all(urls.map(async ([host, path]) => (await send(portOf(first), { path, headers: { Host: host } })).body));
  expect(
    await asked(
      ["api.test", "/v1/x?a=/"],
      ["API.Test.:80", "/"],
      ["b.test", "/v1/"],
      ["c.test", "/x"],
      ["api.test", "/v2/x"],
      ["d.test", "/v1/x"],
    ),
  ).toEqual(["api", "api", "api", "api", "web", "web"]);
  // A host that looks like a key is none of a rule's.
  expect(await asked(["c.test?/x", "/y"], ["api.test?/v1/", "/y"])).toEqual(["web", "web"]);

  await world.proxy.apply(configured(at("web", ["api.test"], "/v1/*"), at("api", ["d.test", "api.test"])));
  expect(await asked(["api.test", "/v1/x"], ["api.test", "/v2/x"], ["d.test", "/v1/x"], ["c.test", "/x"])).toEqual([
    "web",
    "api",
    "api",
    "web",
  ]);
  expect(await reloads(world)).toBe(0);
});

test("a hundred changes of a route under load lose no request", async () => {
  await using world = await haproxyWorld();
  const configured = await balanced(world);
  // As large as a load balancer may have them, so that a table takes several commands.
  const others = Array.from({ length: 100 }, (_, at) => to(at % 2 ? "web" : "api", `/${"long".repeat(30)}${at}/*`));
  const last = configured(...others, to("api", "/*"));
  await world.proxy.apply(configured(...others, to("web", "/*")));
  const traffic = load(portOf(last));
  for (let round = 0; round < 100; round += 1) {
    await world.proxy.apply(configured(...others, to(round % 2 ? "web" : "api", "/*")));
    await traffic.answers(5);
  }
  const { failures, bodies } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(bodies).toEqual(new Set(["web", "api"]));
  expect(await reloads(world)).toBe(0);
});
