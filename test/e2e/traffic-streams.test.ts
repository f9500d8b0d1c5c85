import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { ProxyConfiguration } from "../../src/ports/traffic-proxy.ts";
import { serverAt, stream, streamBackend, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;

/** Says back what it hears, and keeps what each of its connections said, in however many pieces it came, and where they came from. */
async function echo() {
  const connections: Socket[] = [];
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    const at = connections.push(socket) - 1;
    heard[at] = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      heard[at] = Buffer.concat([heard[at] as Buffer, chunk]);
      socket.write(chunk);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    place: { address: "127.0.0.1", port },
    heard,
    connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function says(socket: Socket, words: string): Promise<string> {
  socket.write(words);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return answer.toString("latin1");
}

/** However it ends: what is cut may be reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on("close", () => resolve()));
}

async function connected(port: number, localAddress = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

test("bytes go through as they are, from the load balancer's address, and go on while the proxy reloads", async () => {
  await using world = await haproxyWorld();
  await using target = await echo();
  const port = await world.freePort();
  const db = streamBackend([serverAt("one", target.place, { ...known, source: "127.0.0.9" })]);
  const configuration: ProxyConfiguration = { listeners: [], streams: [stream("db", port)], backends: [db] };
  await world.proxy.apply(configuration);
  const client = await connected(port);
  expect(await says(client, "\0\r\nGET nothing\xff")).toBe(Buffer.from("\0\r\nGET nothing\xff").toString("latin1"));
  expect(target.connections.map(({ remoteAddress }) => remoteAddress)).toContain("127.0.0.9");
  expect(new Set(target.connections.map(({ remoteAddress }) => remoteAddress))).toEqual(new Set(["127.0.0.9"]));
  // Another listener is a reload.
  await world.proxy.apply({ ...configuration, streams: [stream("db", port), stream("more", await world.freePort())] });
  expect(await says(client, "still here")).toBe("still here");
  const next = await connected(port);
  expect(await says(next, "and so am I")).toBe("and so am I");
  client.destroy();
  next.destroy();
});

test("a target learns who the client is from a header of the PROXY protocol, its checks too have one", async () => {
  await using world = await haproxyWorld();
  await using target = await echo();
  const port = await world.freePort();
  const seen = watchHealth(world.proxy);
  const db = streamBackend([serverAt("one", target.place)], { proxyProtocol: true });
  await world.proxy.apply({ listeners: [], streams: [stream("db", port)], backends: [db] });
  await seen.until(({ health }) => health === "healthy");
  const client = await connected(port, "127.0.0.77");
  client.write("hello");
  const begunBy = (): string | undefined => target.heard.map((said) => said.toString("latin1")).find((text) => text.endsWith("hello"));
  while (begunBy() === undefined) await once(client, "data");
  const begun = begunBy() ?? "";
  // Signature, version 2 and PROXY, TCP over IPv4, then the address of the client.
  expect(Buffer.from(begun, "latin1").subarray(0, 12)).toEqual(Buffer.from("0d0a0d0a000d0a515549540a", "hex"));
  expect([begun.charCodeAt(12), begun.charCodeAt(13)]).toEqual([0x21, 0x11]);
  expect([...Buffer.from(begun, "latin1").subarray(16, 20)]).toEqual([127, 0, 0, 77]);
  // A check is local: the same signature, version 2 and LOCAL.
  expect(target.heard.some((said) => said.length >= 16 && said[12] === 0x20)).toBe(true);
  client.destroy();
});

test.each([
  [true, "cut"],
  [false, "carried on"],
])("what a removed target still carries is, with connection termination %s, %s, in a replaced worker too", async (cutsRemoved, what) => {
  await using world = await haproxyWorld();
  await using target = await echo();
  const [port, more] = [await world.freePort(), await world.freePort()];
  const configuration = (servers: Parameters<typeof streamBackend>[0], others: ProxyConfiguration["streams"] = [stream("more", more)]) => ({
    listeners: [],
    streams: [stream("db", port), ...others],
    backends: [streamBackend(servers, { cutsRemoved })],
  });
  const server = serverAt("one", target.place, known);
  await world.proxy.apply(configuration([server], []));
  const old = await connected(port);
  expect(await says(old, "old")).toBe("old");
  await world.proxy.apply(configuration([server]));
  const fresh = await connected(port);
  expect(await says(fresh, "fresh")).toBe("fresh");
  await world.proxy.apply(configuration([{ ...server, draining: true }]));
  expect([await says(old, "drains"), await says(fresh, "drains")]).toEqual(["drains", "drains"]);
  const ends = [old, fresh].map(async (socket) => closed(socket).then(() => "cut"));
  await world.proxy.apply(configuration([]));
  expect(await Promise.all(cutsRemoved ? ends : [old, fresh].map((socket) => says(socket, "carried on")))).toEqual([what, what]);
  old.destroy();
  fresh.destroy();
});

test("connections of others than its clients are closed, and so are those that find no target", async () => {
  await using world = await haproxyWorld();
  await using target = await echo();
  const [foreign, empty] = [await world.freePort(), await world.freePort()];
  await world.proxy.apply({
    listeners: [],
    streams: [
      { ...stream("db", foreign), clients: ["10.0.0.0/16"] },
      { ...stream("none", empty), backends: [] },
    ],
    backends: [streamBackend([serverAt("one", target.place, known)])],
  });
  for (const port of [foreign, empty]) {
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined);
    client.write("anybody?");
    client.resume();
    await closed(client);
    expect(client.bytesRead).toBe(0);
  }
});
