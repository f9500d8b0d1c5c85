import "reflect-metadata";
import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ChannelCredentials,
  type ServiceError,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { beforeAll, expect, test } from "vitest";
import type { ProxyBackend } from "../../src/ports/traffic-proxy.ts";
import { madeCertificate, type MadeCertificate } from "../../src/testing/certificates.ts";
import { backend, listener, serverAt, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { endingTls, haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;
const BYTES = {
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
};
const METHODS = {
  Echo: { path: "/shop.Shop/Echo", requestStream: false, responseStream: false, ...BYTES },
  Count: { path: "/shop.Shop/Count", requestStream: false, responseStream: true, ...BYTES },
  Refuse: { path: "/shop.Shop/Refuse", requestStream: false, responseStream: false, ...BYTES },
  Never: { path: "/shop.Shop/Never", requestStream: false, responseStream: false, ...BYTES },
};

let certificate: MadeCertificate;
beforeAll(
  async () => void (certificate = await madeCertificate({ commonName: "shop.test", names: ["shop.test", "localhost"], key: 2048 })),
);

test("calls of gRPC go through, with messages, streams, status and metadata", async () => {
  await using world = await haproxyWorld();
  await using target = await grpcTarget();
  const { plain, secure } = await serve(world, { version: "grpc", servers: [serverAt("one", target, known)] });
  using client = connected(secure);
  expect(String(await client.unary("Echo", "hello"))).toBe("hello");
  expect(await client.stream("Count", "3")).toEqual(["1", "2", "3"]);
  await expect(client.unary("Refuse", "x")).rejects.toMatchObject({ code: status.UNAVAILABLE, details: "sold out" });
  await expect(client.unary("Nothing", "x")).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  // By a client of HTTP/1.1.
  expect(await send(plain)).toMatchObject({ status: 464, headers: { server: "awselb/2.0" } });
});

test("a group that speaks HTTP/1.1 carries no gRPC, and one that speaks HTTP/2 no HTTP/1.1", async () => {
  await using world = await haproxyWorld();
  const one = await world.target(200);
  const { plain, secure } = await serve(world, { servers: [serverAt("one", one, known)] });
  using client = connected(secure);
  await expect(client.unary("Echo", "hello")).rejects.toMatchObject({ details: expect.stringContaining("464") });
  expect((await send(plain)).status).toBe(200);
  const http2 = await serve(world, { version: "http2", servers: [serverAt("one", one, known)] });
  expect((await send(http2.plain)).status).toBe(464);
});

test.each([
  ["12", "/AWS.ALB/healthcheck", "healthy"],
  ["0", "/shop.Shop/Echo", "healthy"],
  ["0-99", "/shop.Shop/Refuse", "healthy"],
  ["0,2,13-14", "/shop.Shop/Refuse", "healthy"],
  ["0", "/AWS.ALB/healthcheck", 12],
  ["12", "/shop.Shop/Echo", 0],
  ["0-13,15", "/shop.Shop/Refuse", 14],
] as const)("with matcher %s, a target that is asked for %s is %s", async (matcher, path, expected) => {
  await using world = await haproxyWorld();
  await using target = await grpcTarget();
  const seen = watchHealth(world.proxy);
  await serve(
    world,
    { version: "grpc", servers: [serverAt("one", target)] },
    { kind: "grpc", path, matcher, unhealthyThreshold: 2, interval: 1 },
  );
  const report = await seen.until(({ health }) => health !== "initial");
  expect(report).toMatchObject(
    expected === "healthy" ? { health: "healthy" } : { health: "unhealthy", cause: { kind: "status", status: expected } },
  );
});

test("what does not speak gRPC is not healthy, and neither is what does not answer", async () => {
  await using world = await haproxyWorld();
  const seen = watchHealth(world.proxy);
  const other = await world.target(200);
  await using silent = await http2Target((server) => server.on("request", () => undefined));
  const servers = [serverAt("other", other), serverAt("silent", silent)];
  await serve(world, { version: "grpc", servers }, { kind: "grpc", path: "/a.B/C", matcher: "0-99", unhealthyThreshold: 2, interval: 2 });
  expect((await seen.until(({ server, health }) => server === "other" && health === "unhealthy")).cause).toEqual({ kind: "connection" });
  expect((await seen.until(({ server, health }) => server === "silent" && health === "unhealthy")).cause).toEqual({ kind: "timeout" });
});

test("targets of HTTP/2 are checked and spoken to in it", async () => {
  await using world = await haproxyWorld();
  const seen = watchHealth(world.proxy);
  const versions = new Set<string>();
  await using target = await http2Target((server) =>
    server.on("request", (request, response) => {
      versions.add(request.httpVersion);
      response.writeHead(request.url === "/health" ? 204 : 500).end();
    }),
  );
  await serve(world, { version: "http2", servers: [serverAt("one", target)] }, { matcher: "204" });
  await seen.until(({ health }) => health === "healthy");
  expect(versions).toEqual(new Set(["2.0"]));
});

test("calls go through an alias of Service Connect in the clear, whoever of its servers is gone, and end in its time", async () => {
  await using world = await haproxyWorld();
  await using target = await grpcTarget();
  const port = await world.freePort();
  const gone = { address: "127.0.0.1", port: await world.freePort() };
  const alias = { id: "api", addresses: ["127.0.0.1"], port, clientSet: "ns-1", barredSet: "barred", backend: "web" };
  const aliasOf = (servers: ProxyBackend["servers"], barred: readonly string[] = []) => ({
    ...{ listeners: [], aliases: [alias] },
    clientSets: [
      { id: "barred", addresses: barred },
      { id: "ns-1", addresses: ["127.0.0.1"] },
    ],
    backends: [
      {
        ...backend("web", servers, { kind: "tcp" }),
        ...({ version: "grpc", connect: { kind: "requests", idleTimeout: 60, requestTimeout: 1 } } as const),
      },
    ],
  });
  const servers = [serverAt("one", target, known), serverAt("gone", gone, known)];
  await world.proxy.apply(aliasOf(servers));
  using client = connected(port, credentials.createInsecure());
  for (let at = 0; at < 10; at += 1) expect(String(await client.unary("Echo", `hello ${at}`))).toBe(`hello ${at}`);
  expect(await client.stream("Count", "3")).toEqual(["1", "2", "3"]);
  await expect(client.unary("Refuse", "x")).rejects.toMatchObject({ code: status.UNAVAILABLE, details: "sold out" });
  const late = await client.unary("Never", "x").catch((error: unknown) => error);
  expect(late).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining("504") });
  await world.proxy.apply(aliasOf([]));
  await expect(client.unary("Echo", "x")).rejects.toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining("503") });
  // Whom no server lets in is turned away, without a reload.
  await world.proxy.apply(aliasOf(servers, ["127.0.0.1"]));
  using barred = connected(port, credentials.createInsecure());
  await expect(barred.unary("Echo", "x")).rejects.toMatchObject({ code: status.UNAVAILABLE });
  await world.proxy.apply(aliasOf(servers));
  using again = connected(port, credentials.createInsecure());
  expect(String(await again.unary("Echo", "x"))).toBe("x");
});

/** Served by a listener for HTTP/1.1, and by one that ends TLS, which clients of gRPC need. */
async function serve(world: HaproxyWorld, settings: Partial<ProxyBackend>, check: Parameters<typeof backend>[2] = {}) {
  const [plain, secure] = [await world.freePort(), await world.freePort()];
  const listeners = [listener("plain", plain), { ...listener("secure", secure), tls: endingTls(certificate) }];
  await world.proxy.apply({ listeners, backends: [{ ...backend("web", [], check), ...settings }] });
  return { plain, secure };
}

async function grpcTarget() {
  const server = new Server();
  server.addService(METHODS, {
    Echo: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => reply(null, call.request),
    Refuse: (_call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) =>
      reply({ code: status.UNAVAILABLE, details: "sold out" }),
    Never: () => undefined,
    Count: (call: ServerWritableStream<Buffer, Buffer>) => {
      for (let at = 1; at <= Number(call.request); at++) call.write(Buffer.from(String(at)));
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { address: "127.0.0.1", port, [Symbol.asyncDispose]: async () => server.forceShutdown() };
}

async function http2Target(answer: (server: Http2Server) => unknown) {
  const server = createServer();
  answer(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => {
    sessions.add(session);
    // Checks end by a reset.
    session.on("error", () => undefined);
    session.socket.on("error", () => undefined);
  });
  return {
    address: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

function connected(port: number, how: ChannelCredentials = credentials.createSsl(Buffer.from(certificate.pem))) {
  // Each has connections of its own.
  const client = new Client(`localhost:${port}`, how, { "grpc.use_local_subchannel_pool": 1 });
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    unary: (method: string, text: string) =>
      new Promise<Buffer | undefined>((resolve, reject) =>
        client.makeUnaryRequest(
          `/shop.Shop/${method}`,
          same,
          same,
          Buffer.from(text),
          new Metadata(),
          (error: ServiceError | null, answer) => (error ? reject(error) : resolve(answer)),
        ),
      ),
    stream: async (method: string, text: string): Promise<readonly string[]> => {
      const seen: string[] = [];
      for await (const bytes of client.makeServerStreamRequest(`/shop.Shop/${method}`, same, same, Buffer.from(text)))
        seen.push(String(bytes));
      return seen;
    },
    [Symbol.dispose]: () => client.close(),
  };
}
