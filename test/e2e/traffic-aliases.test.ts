import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { ProxyBackend, ProxyConfiguration } from "../../src/ports/traffic-proxy.ts";
import { backend, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;
const CLIENT = "127.0.0.2";

function aliasOf(port: number, changes: Partial<ProxyBackend> = {}, clients: readonly string[] = [CLIENT]): ProxyConfiguration {
  return {
    listeners: [],
    aliases: [{ id: "api", addresses: ["127.0.0.1"], port, clientSet: "ns-1", backend: "web" }],
    clientSets: [{ id: "ns-1", addresses: clients }],
    backends: [
      {
        ...backend("web", [], { kind: "tcp", interval: 15, healthyThreshold: 3, unhealthyThreshold: 5 }),
        minimumHealthy: { count: 1, percentage: 50 },
        connect: { kind: "requests", idleTimeout: 60, requestTimeout: 15 },
        ...changes,
      },
    ],
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** A request over a connection of its own, from an address of loopback; `undefined` where it is closed without an answer. */
async function send(port: number, from = CLIENT, method = "GET"): Promise<Answer | undefined> {
  const sent = request({ host: "127.0.0.1", port, localAddress: from, method, agent: false, headers: { host: "whatever:1" } }).end();
  try {
    const [answer] = await once(sent, "response");
    return { status: answer.statusCode, body: await text(answer), headers: answer.headers };
  } catch {
    return undefined;
  }
}

test("clients come and go without a reload, and nobody else is served, also after a restart of the control plane", async () => {
  await using world = await haproxyWorld();
  const seen: IncomingHttpHeaders[] = [];
  const one = await world.target(200, ({ headers }, response) => {
    seen.push(headers);
    response.end("one");
  });
  const port = await world.freePort();
  const wanted = (clients: readonly string[]) => aliasOf(port, { servers: [serverAt("one", one, known)] }, clients);
  await world.proxy.apply(wanted([CLIENT]));
  expect([(await send(port))?.body, await send(port, "127.0.0.1")]).toEqual(["one", undefined]);
  // As it was sent: neither a name nor an address is added.
  expect(Object.keys(seen[0] ?? {}).toSorted()).toEqual(["host"]);
  expect(seen[0]?.host).toBe("whatever:1");
  const written = await readFile(`${world.directory}/haproxy.cfg`, "utf8");
  await world.proxy.apply(wanted(["127.0.0.1", "127.0.0.3"]));
  expect([await send(port), (await send(port, "127.0.0.1"))?.body, (await send(port, "127.0.0.3"))?.body]).toEqual([
    undefined,
    "one",
    "one",
  ]);
  const next = await world.restarted();
  await next.apply(wanted(["127.0.0.3"]));
  expect([await send(port, "127.0.0.1"), (await send(port, "127.0.0.3"))?.body]).toEqual([undefined, "one"]);
  expect(await readFile(`${world.directory}/haproxy.cfg`, "utf8")).toBe(written);
});

test("a server that is gone costs no request, and one that fails five times in a row gets no more", async () => {
  await using world = await haproxyWorld();
  const [one, two] = [await world.target(200), await world.target(200)];
  const failing = await world.target(200, (_request, response) => response.writeHead(500).end());
  const port = await world.freePort();
  const gone = { address: "127.0.0.1", port: await world.freePort() };
  const servers = [serverAt("one", one, known), serverAt("two", two, known)];
  await world.proxy.apply(aliasOf(port, { servers: [...servers, serverAt("gone", gone, known)] }));
  for (let at = 0; at < 20; at += 1) expect((await send(port, CLIENT, "POST"))?.status).toBe(200);
  await world.proxy.apply(aliasOf(port, { servers: [...servers, serverAt("failing", failing, known)] }));
  const statuses: (number | undefined)[] = [];
  for (let at = 0; at < 40; at += 1) statuses.push((await send(port))?.status);
  expect(statuses.filter((status) => status !== 200)).toEqual([500, 500, 500, 500, 500]);
  expect(failing.requests).toBe(5);
});

test("where all fail, all get requests", async () => {
  await using world = await haproxyWorld();
  const failing = [0, 1].map(() => world.target(200, (_request, response) => response.writeHead(500).end()));
  const [one, two] = await Promise.all(failing);
  const port = await world.freePort();
  await world.proxy.apply(aliasOf(port, { servers: [one, two].flatMap((place, at) => (place ? serverAt(`s${at}`, place, known) : [])) }));
  for (let at = 0; at < 30; at += 1) expect((await send(port))?.status).toBe(500);
});

test("who does not answer in time is answered for, and so is nobody", async () => {
  await using world = await haproxyWorld();
  const silent = await world.target(200, () => undefined);
  const port = await world.freePort();
  const connect1 = { kind: "requests", idleTimeout: 60, requestTimeout: 1 } as const;
  await world.proxy.apply(aliasOf(port, { servers: [serverAt("silent", silent, known)], connect: connect1 }));
  expect(await send(port)).toMatchObject({ status: 504, body: "upstream request timeout" });
  await world.proxy.apply(aliasOf(port, { servers: [], connect: connect1 }));
  expect(await send(port)).toMatchObject({ status: 503, body: "no healthy upstream" });
});

test("connections are carried as they are, and balanced", async () => {
  await using world = await haproxyWorld();
  const [one, two] = [await world.target(200), await world.target(200)];
  const port = await world.freePort();
  const kind = { kind: "connections", idleTimeout: 60, requestTimeout: 0 } as const;
  await world.proxy.apply(aliasOf(port, { servers: [serverAt("one", one, known), serverAt("two", two, known)], connect: kind }));
  const answers = [await send(port), await send(port)].map((answer) => Number(answer?.body));
  expect(new Set(answers)).toEqual(new Set([one.port, two.port]));
  const stranger = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.1" });
  stranger.on("error", () => undefined).write("GET / HTTP/1.0\r\n\r\n");
  const closed = new Promise((resolve) => stranger.on("close", resolve));
  stranger.on("data", () => expect.unreachable("a stranger was answered"));
  await closed;
});

test("HTTP/2 is spoken to servers that ask for it, whatever the client speaks, also after the proxy has reloaded", async () => {
  await using world = await haproxyWorld();
  const server = createHttp2((incoming, response) => response.end(`${incoming.httpVersion} ${incoming.url}`)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = await world.freePort();
  const place = { address: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const wanted = aliasOf(port, { servers: [serverAt("one", place, known)], version: "grpc" });
  await world.proxy.apply(wanted);
  const ask = async (path: string): Promise<string> => {
    const client = connectHttp2(`http://127.0.0.1:${port}`, { localAddress: CLIENT } as never);
    try {
      return await text(client.request({ ":path": path }));
    } finally {
      client.destroy();
    }
  };
  try {
    expect(await ask("/a")).toBe("2.0 /a");
    expect((await send(port))?.body).toBe("2.0 /");
    const [alias] = wanted.aliases ?? [];
    if (!alias) throw new Error("there is no alias");
    // Another port is a reload.
    await world.proxy.apply({ ...wanted, aliases: [alias, { ...alias, id: "more", port: await world.freePort() }] });
    expect(await ask("/b")).toBe("2.0 /b");
    expect((await send(port))?.body).toBe("2.0 /");
  } finally {
    server.close();
  }
});
