import { once } from "node:events";
import { request } from "node:https";
import { createServer } from "node:http";
import { connect as plainConnect, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { issue, newAuthority, type Credential } from "../drivers/tls/certificate-authority.ts";
import { openEndpoint } from "./endpoint.ts";
import { isLoopback } from "./loopback.ts";
import { httpServer } from "./server.ts";

const now = Date.now();
let authority: Credential;
let credential: Credential;

beforeAll(async () => {
  authority = await newAuthority({ name: "test", domains: ["localhost", "airfield.lan"], addresses: true, now });
  credential = await issue(authority, { hosts: ["localhost", "airfield.lan", "127.0.0.1", "127.0.0.9"], now });
});

/** A server that says of each request whether it came over TLS, and how. */
function tellingServer(limits = {}) {
  const gateway = async ({ secure, tls }: { readonly secure: boolean; readonly tls?: object }) => ({
    status: 200,
    headers: {},
    body: JSON.stringify({ secure, ...tls }),
  });
  return httpServer({ gateway, registry: () => undefined, failed: () => undefined, limits });
}

function plain(port: number): Socket {
  return plainConnect(port, "127.0.0.1").on("error", () => undefined);
}

async function ask(host: string, port: number, ca = authority.certificate): Promise<unknown> {
  const asked = request({ host, port, ca, method: "POST", agent: false }).end();
  const [response] = (await once(asked, "response")) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

test("below /v2/ is the registry, and what is signed as an API of AWS goes to the gateway: some of those are there, too", async () => {
  const gateway = async () => ({ status: 200, headers: {}, body: "gateway" });
  const server = httpServer({ gateway, registry: (_, response) => response.end("registry"), failed: () => undefined });
  await using endpoint = await openEndpoint(server, { addresses: [], port: 0 });
  const who = async (path: string, authorization?: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${endpoint.port}${path}`, { headers: authorization === undefined ? {} : { authorization } })).text();
  for (const path of ["/v2", "/v2/", "/v2/apis"])
    expect([path, await who(path), await who(path, "Basic QVdTOng="), await who(path, "AWS4-HMAC-SHA256 Credential=a")]).toEqual([
      path,
      "registry",
      "registry",
      "gateway",
    ]);
});

test("a key by which load balancers tell about users is anybody's to read, by its id", async () => {
  const gateway = async () => ({ status: 403, headers: {}, body: "gateway" });
  const publicKey = (id: string): string | undefined => (id === "one" ? "PEM" : undefined);
  const server = httpServer({ gateway, registry: () => undefined, publicKey, failed: () => undefined });
  await using endpoint = await openEndpoint(server, { addresses: [], port: 0 });
  const ask = async (path: string, method = "GET"): Promise<readonly [number, string]> => {
    const response = await fetch(`http://127.0.0.1:${endpoint.port}${path}`, { method });
    return [response.status, await response.text()];
  };
  expect(await ask("/elb-public-keys/one")).toEqual([200, "PEM"]);
  expect(await ask("/elb-public-keys/two")).toEqual([404, ""]);
  expect(await ask("/elb-public-keys/one", "POST")).toEqual([403, "gateway"]);
});

describe("over TLS", () => {
  test("every address answers on one port, and requests are known to be secure", async () => {
    await using endpoint = await openEndpoint(tellingServer(), { addresses: ["127.0.0.9"], port: 0, credential });
    for (const host of ["127.0.0.1", "127.0.0.9", "localhost"])
      expect(await ask(host, endpoint.port)).toEqual({
        secure: true,
        version: "TLSv1.3",
        cipher: expect.stringContaining("TLS_") as string,
      });
  });

  test("a client may use the names of the certificate that it is shown, and no other", async () => {
    await using endpoint = await openEndpoint(tellingServer(), { addresses: [], port: 0, credential });
    const statusFor = async (host: string): Promise<number | undefined> => {
      const options = {
        host: "127.0.0.1",
        port: endpoint.port,
        servername: "localhost",
        ca: authority.certificate,
        method: "POST",
        agent: false,
      } as const;
      const [response] = (await once(request({ ...options, headers: { host } }).end(), "response")) as [{ readonly statusCode?: number }];
      return response.statusCode;
    };
    expect(await statusFor("airfield.lan")).toBe(200);
    expect(await statusFor("evil.example")).toBe(421);
    endpoint.show(await issue(authority, { hosts: ["localhost"], now }));
    expect(await statusFor("airfield.lan")).toBe(421);
  });

  test("who does not know the authority does not come in, and plain text is not answered", async () => {
    await using endpoint = await openEndpoint(tellingServer(), { addresses: [], port: 0, credential });
    const stranger = await newAuthority({ name: "stranger", domains: ["localhost"], addresses: true, now });
    await expect(ask("127.0.0.1", endpoint.port, stranger.certificate)).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    await expect(fetch(`http://127.0.0.1:${endpoint.port}/`)).rejects.toThrow("fetch failed");
  });

  test("another certificate is shown from the next handshake on, still not below TLS 1.2", async () => {
    await using endpoint = await openEndpoint(tellingServer(), { addresses: [], port: 0, credential });
    const other = await newAuthority({ name: "other", domains: ["localhost"], addresses: true, now });
    endpoint.show(await issue(other, { hosts: ["127.0.0.1"], now }));
    await expect(ask("127.0.0.1", endpoint.port)).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    expect(await ask("127.0.0.1", endpoint.port, other.certificate)).toMatchObject({ secure: true });
    const old: TLSSocket = connect({
      host: "127.0.0.1",
      port: endpoint.port,
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
      rejectUnauthorized: false,
    });
    const [failure] = (await once(old, "error")) as [Error];
    expect(failure).toBeInstanceOf(Error);
  });

  test("time limits hold as they do in plain text", async () => {
    await using endpoint = await openEndpoint(tellingServer({ headersMs: 60 }), { addresses: [], port: 0, credential });
    const slow = connect({ host: "127.0.0.1", port: endpoint.port, ca: authority.certificate });
    await once(slow, "secureConnect");
    slow.write("POST / HTTP/1.1\r\nx-slow: ");
    const [answer] = (await once(slow, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 408 /);
    slow.destroy();
  });

  test("where there is no room, a connection goes that has not even shaken hands; those of requests are counted once", async () => {
    await using endpoint = await openEndpoint(tellingServer({ connections: 2 }), { addresses: [], port: 0, credential });
    const silent = [plain(endpoint.port), plain(endpoint.port)];
    await Promise.all(silent.map((socket) => once(socket, "connect")));
    const closed = silent.map((socket) => once(socket, "close"));
    expect(await ask("127.0.0.1", endpoint.port)).toMatchObject({ secure: true });
    await closed[0];
    expect(silent[1]?.destroyed).toBe(false);
    for (let count = 0; count < 5; count += 1) expect(await ask("127.0.0.1", endpoint.port)).toMatchObject({ secure: true });
    expect(silent[1]?.destroyed).toBe(false);
    silent[1]?.destroy();
  });

  test("connections that wait are closed with the endpoint", async () => {
    const server = tellingServer();
    const endpoint = await openEndpoint(server, { addresses: [], port: 0, credential });
    const idle = connect({ host: "127.0.0.1", port: endpoint.port, ca: authority.certificate });
    await once(idle, "secureConnect");
    idle.write("OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(idle, "data");
    const closed = once(idle, "close");
    await endpoint[Symbol.asyncDispose]();
    server.closeAllConnections();
    await closed;
    expect(idle.destroyed).toBe(true);
  });

  test("an address that cannot be had closes those that were opened", async () => {
    const taken = createServer().listen(0, "127.0.0.9");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    await expect(openEndpoint(tellingServer(), { addresses: ["127.0.0.9"], port, credential })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    const again = await openEndpoint(tellingServer(), { addresses: [], port, credential });
    await again[Symbol.asyncDispose]();
    taken.close();
  });
});

describe("in plain text", () => {
  test("loopback answers", async () => {
    await using endpoint = await openEndpoint(tellingServer(), { addresses: [], port: 0 });
    const response = await fetch(`http://127.0.0.1:${endpoint.port}/`, { method: "POST" });
    expect(await response.json()).toEqual({ secure: false });
  });

  test.each(["0.0.0.0", "192.0.2.1", "127.0.0.9"])("%s is not listened on", async (address) => {
    await expect(openEndpoint(tellingServer(), { addresses: [address], port: 0 })).rejects.toThrow(
      "without TLS nothing listens beyond 127.0.0.1",
    );
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.8.8.8", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["128.0.0.1", false],
  ["localhost", false],
])("%s is loopback: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
