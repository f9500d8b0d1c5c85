import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { RefusedPartsError, type ProxyConfiguration, type ProxyRoute } from "../../src/ports/traffic-proxy.ts";
import { forwardTo } from "../../src/testing/proxy-routes.ts";
import { backend, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;

function listening(port: number, ...routes: readonly ProxyRoute[]): ProxyConfiguration["listeners"][number] {
  return { id: "main", addresses: ["127.0.0.1"], port, routes };
}

/** A backend whose only target answers what it was asked for, and under which name. */
async function echo(world: HaproxyWorld, id: string): Promise<ProxyConfiguration["backends"][number]> {
  const target = await world.target(200, ({ url, headers }, response) => response.end(`${id} ${headers.host} ${url}`));
  return backend(id, [serverAt("one", target, known)]);
}

describe("a request that is forwarded", () => {
  test("is rewritten as its own rule says, and only where the expression is found", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    const url = { regex: "^/dp/([A-Z0-9]+)/?$", replacement: "/product.php?id=$1&cost=100%$$" };
    const rewriting = (path: string, rewrites: NonNullable<ProxyRoute["rewrites"]>): ProxyRoute => ({
      ...forwardTo("web"),
      conditions: [{ kind: "path", patterns: [path] }],
      rewrites,
    });
    const routes = [
      rewriting("/dp/*", { url }),
      rewriting("/api/*", {
        url: { regex: "/api", replacement: "" },
        host: { regex: "^shop-(.+)\\.example", replacement: "$1.internal$0" },
      }),
      rewriting("/bad/*", { url: { regex: "^/bad/", replacement: "" } }),
      rewriting("/more/*", { url: { regex: "(?i)v([0-9])|w([0-9])", replacement: "<$1\\$2>" } }),
      forwardTo("web"),
    ];
    await world.proxy.apply({ listeners: [listening(port, ...routes)], backends: [await echo(world, "web")] });
    const asked = async (path: string): Promise<string> => {
      const { status, body } = await send(port, { path, headers: { Host: `shop-a.example.com:${port}` } });
      return status === 200 ? body.replace("web ", "") : String(status);
    };
    const host = `shop-a.example.com:${port}`;
    expect(await asked("/dp/B09")).toBe(`${host} /product.php?id=B09&cost=100%$`);
    expect(await asked("/dp/b09")).toBe(`${host} /dp/b09`);
    expect(await asked("/x/api/1?q=/api")).toBe(`${host} /x/api/1?q=/api`);
    expect(await asked("/api/1?q=/api")).toBe("a.internalshop-a.example.com /1?q=/api");
    expect(await asked("/bad/x")).toBe("500");
    expect(await asked("/more/V1/w2")).toBe(`${host} /more/<1\\>/w2`);
    expect(await asked("/more/x")).toBe(`${host} /more/x`);
  });

  test("comes to the same of several target groups again for as long as its cookie lasts, also after a reload", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    const [a, b, c] = [await echo(world, "a"), await echo(world, "b"), await echo(world, "c")];
    const backends = [a, b, c];
    const sticky = (...weights: readonly number[]): ProxyRoute => ({
      hosts: [],
      action: { kind: "forward", stickiness: 3600, backends: weights.map((weight, at) => ({ id: "abc"[at]!, weight })) },
      idleTimeout: 60,
    });
    await world.proxy.apply({ listeners: [listening(port, sticky(1, 1))], backends });
    const first = await send(port);
    const given = first.headers["set-cookie"] ?? [];
    expect(given).toHaveLength(2);
    const [cookie = "", crossSite = ""] = given;
    expect(cookie).toMatch(/^AWSALBTG=[\w-]+; Expires=\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT; Path=\/$/);
    expect(crossSite).toMatch(/^AWSALBTGCORS=[\w-]+; Expires=[^;]+; Path=\/; SameSite=None; Secure$/);
    const lasts = (Date.parse(/Expires=([^;]+)/.exec(cookie)?.[1] ?? "") - Date.now()) / 1000;
    expect(Math.abs(lasts - 3600)).toBeLessThan(10);
    const group = first.body.split(" ")[0];
    const again = async (header: string | undefined): Promise<ReadonlySet<string | undefined>> => {
      const seen = new Set<string | undefined>();
      for (let sent = 0; sent < 40; sent += 1) {
        const headers = header === undefined ? {} : { Cookie: `x=1; ${header.split(";")[0]}` };
        seen.add((await send(port, { headers })).body.split(" ")[0]);
      }
      return seen;
    };
    expect(await again(cookie)).toEqual(new Set([group]));
    expect(await again(crossSite)).toEqual(new Set([group]));
    expect((await again(undefined)).size).toBe(2);
    // Another group comes: who was in one of the two stays there.
    await world.proxy.apply({ listeners: [listening(port, sticky(1, 1, 1))], backends });
    expect(await again(cookie)).toEqual(new Set([group]));
    // The group gets nothing any more: the cookie is of no use.
    await world.proxy.apply({ listeners: [listening(port, sticky(...(group === "a" ? [0, 1, 1] : [1, 0, 1])))], backends });
    expect(await again(cookie)).not.toContain(group);
    await world.proxy.apply({ listeners: [listening(port, forwardTo("a", "b"))], backends });
    expect((await send(port)).headers["set-cookie"]).toBeUndefined();
  });
});

test("a redirect keeps what it names of the request, and has a question mark only for a query", async () => {
  await using world = await haproxyWorld();
  const port = await world.freePort();
  const redirect = (path: string, location: string): ProxyRoute => ({
    hosts: [],
    conditions: [{ kind: "path", patterns: [path] }],
    action: { kind: "redirect", status: 301, location },
    idleTimeout: 60,
  });
  const routes = [
    redirect("/all*", "#{protocol}://#{host}:#{port}/#{path}?#{query}"),
    redirect("/own*", "https://www.#{host}:443/#{port}/#{host}/#{path}?from=#{query}"),
  ];
  await world.proxy.apply({ listeners: [listening(port, ...routes)], backends: [] });
  const at = async (path: string): Promise<unknown> => (await send(port, { path, headers: { Host: "a.test" } })).headers["location"];
  expect(await at("/all/x?a=b%20c&d")).toBe(`http://a.test:${port}/all/x?a=b%20c&d`);
  expect(await at("/all")).toBe(`http://a.test:${port}/all`);
  expect(await at("/own?x=1")).toBe(`https://www.a.test:443/${port}/a.test/own?from=x=1`);
  const { headers } = await send(port, { path: "/all", headers: { Host: "a.test" } });
  expect(headers).toMatchObject({ server: "awselb/2.0", "content-type": "text/html", "content-length": "134" });
  expect(Math.abs(Date.parse(String(headers["date"])) - Date.now())).toBeLessThan(5000);
});

test("an expression that HAProxy refuses keeps its rule from matching, and nobody else's from anything", async () => {
  await using world = await haproxyWorld();
  const port = await world.freePort();
  const wrong: ProxyRoute = { ...forwardTo("web"), conditions: [{ kind: "path", patterns: [], regexes: ["("] }], owner: "a" };
  const wrongRewrite: ProxyRoute = {
    ...forwardTo("web"),
    conditions: [{ kind: "path", patterns: ["/w"] }],
    rewrites: { url: { regex: "[[:nobody:]]", replacement: "/" } },
    owner: "b",
  };
  const applied = world.proxy.apply({
    listeners: [listening(port, wrong, wrongRewrite, forwardTo("web"))],
    backends: [await echo(world, "web")],
  });
  await expect(applied).rejects.toThrow(RefusedPartsError);
  await expect(applied).rejects.toMatchObject({ parts: [{ owner: "a" }, { owner: "b" }] });
  expect((await send(port, { path: "/x" })).body).toContain("web");
  expect((await send(port, { path: "/w" })).status).toBe(503);
});

test("who is not to be answered hears nothing, over a connection that nobody ends", async () => {
  await using world = await haproxyWorld();
  const [port, streamed] = [await world.freePort(), await world.freePort()];
  const silent: ProxyRoute = { hosts: ["shut.test"], action: { kind: "silence" }, idleTimeout: 60 };
  const web = await echo(world, "web");
  await world.proxy.apply({
    listeners: [listening(port, silent, forwardTo("web"))],
    streams: [{ id: "db", addresses: ["127.0.0.1"], port: streamed, backends: [], idleTimeout: 60, isSilent: true }],
    backends: [web],
  });
  expect((await send(port)).status).toBe(200);
  const heard = (to: number, text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(to, "127.0.0.1", () => socket.write(text));
      const done = (what: string): void => {
        socket.destroy();
        resolve(what);
      };
      socket.once("data", (data) => done(String(data)));
      for (const event of ["end", "error", "close"] as const) socket.once(event, () => done(event));
      setTimeout(() => done("nothing"), 1000);
    });
  expect(await Promise.all([heard(port, "GET / HTTP/1.1\r\nHost: shut.test\r\n\r\n"), heard(streamed, "")])).toEqual([
    "nothing",
    "nothing",
  ]);
});
