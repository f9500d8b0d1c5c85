import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request, type ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { RefusedPartsError, type ProxyConfiguration, type ProxyRoute } from "../../src/ports/traffic-proxy.ts";
import { backend, listener, serverAt, trafficProxyContract, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { load, send } from "./load.ts";
import { haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

trafficProxyContract("HAProxy", haproxyWorld);

const known = { health: "healthy" } as const;

function routes(port: number, ...all: readonly ProxyRoute[]): ProxyConfiguration["listeners"][number] {
  return { id: "main", addresses: ["127.0.0.1"], port, routes: all };
}

function forwardTo(hosts: readonly string[], ...backends: readonly { id: string; weight: number }[]): ProxyRoute {
  return { hosts, action: { kind: "forward", backends }, idleTimeout: 60 };
}

test("two hundred servers come, drain at once, are asked for what they carry, and go, over few connections", async () => {
  await using world = await haproxyWorld();
  const target = await world.target(200);
  const port = await world.freePort();
  const many = (draining: boolean) =>
    Array.from({ length: 200 }, (_, at) => ({ ...serverAt(`s${at}`, target, known), address: `127.1.0.${at + 1}`, draining }));
  const listeners = [listener("main", port)];
  await world.proxy.apply({ listeners, backends: [backend("web", [])] });
  for (const draining of [false, true]) await world.proxy.apply({ listeners, backends: [backend("web", many(draining))] });
  const asked = Array.from({ length: 200 }, (_, at) => world.proxy.activeSessions("web", `s${at}`));
  expect(new Set(await Promise.all(asked))).toEqual(new Set([0]));
  await world.proxy.apply({ listeners, backends: [backend("web", [])] });
});

describe("requests", () => {
  test("reach a target with the headers that a load balancer adds", async () => {
    await using world = await haproxyWorld();
    const echo = await world.target(200, (incoming, response) => response.end(JSON.stringify(incoming.headers)));
    const port = await world.freePort();
    await world.proxy.apply({ listeners: [listener("main", port)], backends: [backend("web", [serverAt("one", echo, known)])] });
    const plain = JSON.parse((await send(port)).body) as Record<string, string>;
    expect(plain).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-port": String(port),
      host: `127.0.0.1:${port}`,
    });
    const chained = JSON.parse((await send(port, { headers: { "X-Forwarded-For": "203.0.113.7, 10.0.0.1" } })).body) as Record<
      string,
      string
    >;
    expect(chained["x-forwarded-for"]).toBe("203.0.113.7, 10.0.0.1, 127.0.0.1");
  });

  test("checks look like those of a load balancer", async () => {
    await using world = await haproxyWorld();
    const target = await world.target(200);
    const seen = watchHealth(world.proxy);
    await world.proxy.apply({ listeners: [], backends: [backend("web", [serverAt("one", target)])] });
    await seen.until(({ health }) => health === "healthy");
    expect(target.checks[0]?.headers).toMatchObject({
      host: `127.0.0.1:${target.port}`,
      "user-agent": "ELB-HealthChecker/2.0",
      connection: "close",
    });
  });

  test("find no target: 503 in the words of a load balancer", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    await world.proxy.apply({ listeners: [listener("main", port)], backends: [backend("web", [])] });
    const answer = await send(port);
    expect(answer).toMatchObject({
      status: 503,
      reason: "Service Temporarily Unavailable",
      headers: { server: "awselb/2.0", "content-type": "text/html" },
    });
    expect(answer.body).toBe(
      "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n",
    );
  });

  test("get 502 from a target that hangs up, and 504 from one that is too slow", async () => {
    await using world = await haproxyWorld();
    const rude = await world.target(200, (_incoming, response) => response.destroy());
    const slow = await world.target(200, () => undefined);
    const port = await world.freePort();
    await world.proxy.apply({
      listeners: [
        routes(port, forwardTo(["rude.test"], { id: "rude", weight: 1 }), { ...forwardTo([], { id: "slow", weight: 1 }), idleTimeout: 1 }),
      ],
      backends: [backend("rude", [serverAt("one", rude, known)]), backend("slow", [serverAt("one", slow, known)])],
    });
    expect(await send(port, { headers: { Host: "rude.test" } })).toMatchObject({ status: 502, reason: "Bad Gateway" });
    expect(await send(port)).toMatchObject({ status: 504, reason: "Gateway Time-out" });
  });

  test("are routed by host, the first match first; some answers need no target", async () => {
    await using world = await haproxyWorld();
    const [one, two] = [await world.target(200), await world.target(200)];
    const port = await world.freePort();
    const body = `{"it's": "100% \\ $HOME # \u00fc"}\n`;
    await world.proxy.apply({
      listeners: [
        routes(
          port,
          forwardTo(["one.test"], { id: "one", weight: 1 }),
          forwardTo(["Two.test", "one.test"], { id: "two", weight: 1 }),
          {
            hosts: ["fixed.test"],
            action: { kind: "fixed-response", status: 418, contentType: "application/json", body },
            idleTimeout: 60,
          },
          { hosts: ["bare.test"], action: { kind: "fixed-response", status: 404 }, idleTimeout: 60 },
          {
            hosts: ["moved.test"],
            action: { kind: "redirect", status: 301, location: "https://#{host}:443/#{path}?#{query}" },
            idleTimeout: 60,
          },
          { hosts: [], action: { kind: "redirect", status: 302, location: "http://else.test/100%25" }, idleTimeout: 60 },
        ),
      ],
      backends: [backend("one", [serverAt("one", one, known)]), backend("two", [serverAt("two", two, known)])],
    });
    const at = (host: string, path = "/"): ReturnType<typeof send> => send(port, { path, headers: { Host: host } });
    expect((await at("one.test")).body).toBe(String(one.port));
    expect((await at(`TWO.test:${port}`)).body).toBe(String(two.port));
    expect(await at("fixed.test")).toMatchObject({
      status: 418,
      body,
      headers: { "content-type": "application/json", server: "awselb/2.0" },
    });
    expect(await at("bare.test")).toMatchObject({ status: 404, body: "" });
    expect(await at("moved.test", "/a/b?c=d")).toMatchObject({ status: 301, headers: { location: "https://moved.test:443/a/b?c=d" } });
    expect(await at("other.test")).toMatchObject({ status: 302, headers: { location: "http://else.test/100%25" } });
  });

  test("are shared between backends by weight, and a weight of none gets none", async () => {
    await using world = await haproxyWorld();
    const targets = [await world.target(200), await world.target(200), await world.target(200)];
    const port = await world.freePort();
    await world.proxy.apply({
      listeners: [routes(port, forwardTo([], { id: "b0", weight: 3 }, { id: "b1", weight: 1 }, { id: "b2", weight: 0 }))],
      backends: targets.map((target, at) => backend(`b${at}`, [serverAt("one", target, known)])),
    });
    const agent = new Agent({ keepAlive: true });
    for (let sent = 0; sent < 400; sent += 1) await send(port, { agent });
    agent.destroy();
    const [three = 0, one = 0, none] = targets.map((target) => target.requests);
    expect(three + one).toBe(400);
    expect(none).toBe(0);
    // Six standard deviations around 100.
    expect(one).toBeGreaterThan(48);
    expect(one).toBeLessThan(152);
  });

  test("may become web sockets, which count as sessions", async () => {
    await using world = await haproxyWorld();
    const target = await world.target(200);
    target.server.on("upgrade", (_incoming, socket) => {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
      );
      socket.pipe(socket);
    });
    const port = await world.freePort();
    await world.proxy.apply({ listeners: [listener("main", port)], backends: [backend("web", [serverAt("one", target, known)])] });
    const sent = request({
      host: "127.0.0.1",
      port,
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      },
    }).end();
    const [, socket] = (await once(sent, "upgrade")) as [unknown, import("node:net").Socket];
    socket.write("hello");
    expect(String((await once(socket, "data"))[0])).toBe("hello");
    expect(await world.proxy.activeSessions("web", "one")).toBe(1);
    socket.destroy();
  });

  test("go to another target when one refuses the connection", async () => {
    await using world = await haproxyWorld();
    const target = await world.target(200);
    const port = await world.freePort();
    const nobody = { address: "127.0.0.1", port: await world.freePort() };
    const check = { interval: 60, unhealthyThreshold: 5 };
    await world.proxy.apply({
      listeners: [listener("main", port)],
      backends: [backend("web", [serverAt("gone", nobody, known), serverAt("here", target, known)], check)],
    });
    for (let sent = 0; sent < 10; sent += 1) expect((await send(port)).status).toBe(200);
  });

  test("go to unhealthy targets when there are no healthy ones, but never to one that has not passed yet", async () => {
    await using world = await haproxyWorld();
    const [sick, fresh] = [await world.target(500), await world.target(500)];
    const port = await world.freePort();
    const servers = [serverAt("sick", sick, { health: "unhealthy" }), serverAt("fresh", fresh)];
    await world.proxy.apply({
      listeners: [listener("main", port)],
      backends: [backend("web", servers, { interval: 60, unhealthyThreshold: 10 })],
    });
    for (let sent = 0; sent < 10; sent += 1) expect((await send(port)).body).toBe(String(sick.port));
    expect(fresh.requests).toBe(0);
  });
});

describe("health", () => {
  test.each([
    ["200", 200, "healthy"],
    ["200,202", 202, "healthy"],
    ["200-299", 204, "healthy"],
    ["200-299", 301, "unhealthy"],
  ])("matcher %s takes %d for %s", async (matcher, status, health) => {
    await using world = await haproxyWorld();
    const seen = watchHealth(world.proxy);
    await world.proxy.apply({
      listeners: [],
      backends: [backend("web", [serverAt("one", await world.target(status))], { matcher, unhealthyThreshold: 2 })],
    });
    const report = await seen.until((one) => one.health !== "initial");
    expect(report.health).toBe(health);
  });

  test("tells a refused connection from an answer that does not come", async () => {
    await using world = await haproxyWorld();
    const seen = watchHealth(world.proxy);
    const mute = await world.target(200);
    mute.server.removeAllListeners("request");
    const nobody = { address: "127.0.0.1", port: await world.freePort() };
    await world.proxy.apply({
      listeners: [],
      backends: [backend("web", [serverAt("mute", mute), serverAt("gone", nobody)], { timeout: 1 })],
    });
    expect((await seen.until(({ server, health }) => server === "gone" && health === "unhealthy")).cause).toEqual({ kind: "connection" });
    expect((await seen.until(({ server, health }) => server === "mute" && health === "unhealthy")).cause).toEqual({ kind: "timeout" });
  });

  test("is looked for on another port, by connecting only, where so configured", async () => {
    await using world = await haproxyWorld();
    const seen = watchHealth(world.proxy);
    const [target, other] = [await world.target(500), await world.target(500)];
    await world.proxy.apply({ listeners: [], backends: [backend("web", [serverAt("one", target)], { kind: "tcp", port: other.port })] });
    await seen.until(({ health }) => health === "healthy");
    expect(target.checks).toEqual([]);
  });

  test("a healthy target that begins to fail gets no requests while others are healthy, until it passes again", async () => {
    await using world = await haproxyWorld();
    const seen = watchHealth(world.proxy);
    const [one, two] = [await world.target(200), await world.target(200)];
    const port = await world.freePort();
    await world.proxy.apply({
      listeners: [listener("main", port)],
      backends: [backend("web", [serverAt("one", one, known), serverAt("two", two, known)])],
    });
    one.answer(503);
    await seen.until(({ server, health }) => server === "one" && health === "unhealthy");
    const before = one.requests;
    for (let sent = 0; sent < 10; sent += 1) expect((await send(port)).body).toBe(String(two.port));
    expect(one.requests).toBe(before);
    one.answer(200);
    const reported = seen.reports.length;
    await seen.until((report) => report.server === "one" && report.health === "healthy" && seen.reports.indexOf(report) >= reported);
    const answers = new Set([(await send(port)).body, (await send(port)).body]);
    expect(answers).toEqual(new Set([String(one.port), String(two.port)]));
  });
});

/** Servers come, pass, drain and go in turn, as in deployments. Tells how many requests were answered; none may fail. */
async function churn(
  world: HaproxyWorld,
  port: number,
  rounds: number,
  listeners: (round: number) => ProxyConfiguration["listeners"],
): Promise<{ readonly answered: number }> {
  const seen = watchHealth(world.proxy);
  let current = await world.target(200);
  let id = "v0";
  await world.proxy.apply({ listeners: listeners(0), backends: [backend("web", [serverAt(id, current)])] });
  await seen.until(({ server, health }) => server === "v0" && health === "healthy");
  const traffic = load(port);
  for (let round = 1; round <= rounds; round += 1) {
    const [old, oldId] = [current, id];
    current = await world.target(200);
    id = `v${round}`;
    const servers = (draining: boolean): ProxyConfiguration["backends"] => [
      backend("web", [{ ...serverAt(oldId, old, known), draining }, serverAt(id, current)]),
    ];
    await world.proxy.apply({ listeners: listeners(round), backends: servers(false) });
    await seen.until(({ server, health }) => server === id && health === "healthy");
    await world.proxy.apply({ listeners: listeners(round), backends: servers(true) });
    await traffic.answers(50);
    await old[Symbol.asyncDispose]();
    await world.proxy.apply({ listeners: listeners(round), backends: [backend("web", [serverAt(id, current)])] });
    await traffic.answers(50);
  }
  const { answered, failures } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(current.requests).toBeGreaterThan(0);
  return { answered };
}

describe("under load", () => {
  test("servers come and go without a reload and without a lost request", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    const { answered } = await churn(world, port, 10, () => [listener("main", port)]);
    expect(answered).toBeGreaterThan(1000);
    expect(await readFile(`${world.directory}/haproxy.log`, "utf8")).not.toContain("Reloading");
  });

  test("listeners come and go at the same time, with a reload each and without a lost request", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    const other = await world.freePort();
    const { answered } = await churn(world, port, 6, (round) => [
      listener("main", port),
      ...(round % 2 === 1 ? [listener("other", other)] : []),
    ]);
    expect(answered).toBeGreaterThan(600);
  });

  test("a client that was idle during a reload reaches the servers of today", async () => {
    await using world = await haproxyWorld();
    const [old, fresh] = [await world.target(200), await world.target(200)];
    const [port, other] = [await world.freePort(), await world.freePort()];
    await world.proxy.apply({ listeners: [listener("main", port)], backends: [backend("web", [serverAt("old", old, known)])] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await send(port, { agent })).body).toBe(String(old.port));
    const listeners = [listener("main", port), listener("other", other)];
    await world.proxy.apply({ listeners, backends: [backend("web", [serverAt("old", old, known)])] });
    await world.proxy.apply({ listeners, backends: [backend("web", [serverAt("fresh", fresh, known)])] });
    await old[Symbol.asyncDispose]();
    expect((await send(port, { agent })).body).toBe(String(fresh.port));
    agent.destroy();
  });

  test("a draining server finishes what it has", async () => {
    await using world = await haproxyWorld();
    const held: ServerResponse[] = [];
    const slow = await world.target(200, (_incoming, response) => held.push(response));
    const quick = await world.target(200);
    const port = await world.freePort();
    const listeners = [listener("main", port)];
    await world.proxy.apply({ listeners, backends: [backend("web", [serverAt("slow", slow, known)])] });
    const answer = send(port);
    await once(slow.server, "request");
    await world.proxy.apply({
      listeners,
      backends: [backend("web", [{ ...serverAt("slow", slow), draining: true }, serverAt("quick", quick, known)])],
    });
    expect(await world.proxy.activeSessions("web", "slow")).toBe(1);
    for (let sent = 0; sent < 5; sent += 1) expect((await send(port)).body).toBe(String(quick.port));
    // Even one that is taken away altogether is let finish.
    await world.proxy.apply({ listeners, backends: [backend("web", [serverAt("quick", quick, known)])] });
    held[0]?.end("done");
    expect((await answer).body).toBe("done");
  });
});

describe("life", () => {
  test("traffic flows while no control plane runs, and the next one adopts the same process", async () => {
    await using world = await haproxyWorld();
    const target = await world.target(200);
    const port = await world.freePort();
    const wanted = { listeners: [listener("main", port)], backends: [backend("web", [serverAt("one", target, known)])] };
    await world.proxy.apply(wanted);
    const pid = await readFile(`${world.directory}/haproxy.pid`, "utf8");
    await world.proxy.close();
    expect((await send(port)).status).toBe(200);
    const next = await world.restarted();
    const seen = watchHealth(next);
    await next.apply(wanted);
    expect(await readFile(`${world.directory}/haproxy.pid`, "utf8")).toBe(pid);
    expect(await readFile(`${world.directory}/haproxy.log`, "utf8")).not.toContain("Reloading");
    target.answer(500);
    await seen.until(({ health }) => health === "unhealthy");
    expect(world.stops).toEqual([]);
  });

  test("it outlives a control plane that is killed", async () => {
    await using world = await haproxyWorld();
    const target = await world.target(200);
    const port = await world.freePort();
    const wanted: ProxyConfiguration = {
      listeners: [listener("main", port)],
      backends: [backend("web", [serverAt("one", target, known)])],
    };
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "test/e2e/traffic-control-plane.ts", world.directory, JSON.stringify(wanted)],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    expect(String((await once(child.stdout, "data"))[0])).toBe("applied\n");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await send(port)).status).toBe(200);
    const next = await world.restarted();
    await next.apply(wanted);
    expect(world.stops).toEqual([]);
  });

  test.each(["master", "worker"])("it is started anew when its %s is killed, and tells so", async (which) => {
    await using world = await haproxyWorld();
    const seen = watchHealth(world.proxy);
    const target = await world.target(200);
    const port = await world.freePort();
    await world.proxy.apply({ listeners: [listener("main", port)], backends: [backend("web", [serverAt("one", target)])] });
    await seen.until(({ health }) => health === "healthy");
    const told = seen.reports.length;
    const master = Number(await readFile(`${world.directory}/haproxy.pid`, "utf8"));
    const children = await readFile(`/proc/${master}/task/${master}/children`, "utf8");
    process.kill(which === "master" ? master : Number.parseInt(children, 10), "SIGKILL");
    await seen.until((report) => seen.reports.indexOf(report) >= told);
    expect(seen.reports.at(-1)).toEqual({ backend: "web", server: "one", health: "healthy" });
    expect((await send(port)).status).toBe(200);
    expect(world.stops).toHaveLength(1);
  });

  test("one that died while nobody looked is started by the next control plane, which is told", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    const wanted = { listeners: [listener("main", port)], backends: [backend("web", [serverAt("one", await world.target(200), known)])] };
    await world.proxy.apply(wanted);
    // Let go of first, so that nobody who lives sees it die.
    await world.proxy.close();
    const master = Number(await readFile(`${world.directory}/haproxy.pid`, "utf8"));
    const children = (await readFile(`/proc/${master}/task/${master}/children`, "utf8")).trim().split(" ").map(Number);
    for (const pid of [master, ...children]) process.kill(pid, "SIGKILL");
    await expect.poll(() => send(port).catch(String)).toContain("ECONNREFUSED");
    const next = await world.restarted();
    expect(world.stops).toHaveLength(1);
    await next.apply(wanted);
    expect((await send(port)).status).toBe(200);
  });

  test("one that was told to stop is not missed by the next control plane", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    await world.proxy.apply({
      listeners: [listener("main", port)],
      backends: [backend("web", [serverAt("one", await world.target(200), known)])],
    });
    await world.proxy.stop();
    await expect(send(port)).rejects.toThrow("ECONNREFUSED");
    await world.restarted();
    expect(world.stops).toEqual([]);
  });

  test("a configuration that HAProxy refuses is told in its words, and the one before stays", async () => {
    await using world = await haproxyWorld();
    const port = await world.freePort();
    const servers = [serverAt("one", await world.target(200), known)];
    const listeners = [listener("main", port)];
    await world.proxy.apply({ listeners, backends: [backend("web", servers)] });
    const refused = world.proxy.apply({ listeners, backends: [backend("web", servers, { matcher: "nonsense" })] });
    await expect(refused).rejects.toThrow(/invalid argument|status code|nonsense/);
    expect((await send(port)).status).toBe(200);
    // Others go on: a backend more, and a listener for it.
    const other = await world.freePort();
    const shop = serverAt("two", await world.target(200), known);
    const more = world.proxy.apply({
      listeners: [...listeners, { ...routes(other, forwardTo([], { id: "shop", weight: 1 })), id: "other" }],
      backends: [backend("web", servers, { matcher: "nonsense" }), { ...backend("shop", [shop]), id: "shop" }],
    });
    await expect(more).rejects.toBeInstanceOf(RefusedPartsError);
    expect((await send(port)).status).toBe(200);
    expect((await send(other)).status).toBe(200);
    await world.proxy.apply({ listeners, backends: [backend("web", servers, { matcher: "200-204" })] });
    expect((await send(port)).status).toBe(200);
  });
});
