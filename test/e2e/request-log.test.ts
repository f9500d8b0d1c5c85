import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as plainConnect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { connect, type ConnectionOptions } from "node:tls";
import { expect, test } from "vitest";
import type { ProxyTls } from "../../src/domain/proxy-tls.ts";
import { sslPolicy } from "../../src/domain/ssl-policies.ts";
import { requestLog } from "../../src/drivers/haproxy/request-log.ts";
import type { LoggedEntry, RequestLog } from "../../src/ports/request-log.ts";
import type { ProxyRoute } from "../../src/ports/traffic-proxy.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { madeCertificate, type MadeCertificate } from "../../src/testing/certificates.ts";
import { backend, serverAt, streamBackend } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { clock, haproxyWorld } from "./traffic-world.ts";

const OWNER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";

async function all(log: RequestLog, count: number): Promise<readonly LoggedEntry[]> {
  const found: LoggedEntry[] = [];
  // HAProxy tells nobody when it has written all.
  for (let tries = 0; found.length < count && tries < 100; tries += 1) {
    for (const part of await log.parts()) {
      for await (const some of part.read()) found.push(...some);
      await part.remove();
    }
    if (found.length < count) await new Promise((resolve) => clock.after(50, () => resolve(undefined)));
  }
  return found;
}

test("requests of routes that are logged are noted, also those that come while nobody reads", async () => {
  await using world = await haproxyWorld();
  const target = await world.target(200);
  const port = await world.freePort();
  const route = (path: string, more: Partial<ProxyRoute>): ProxyRoute => ({
    hosts: [],
    conditions: [{ kind: "path", patterns: [path] }],
    action: { kind: "forward", backends: [{ id: "web", weight: 1 }] },
    idleTimeout: 60,
    owner: OWNER,
    ...more,
  });
  const routes = [
    route("/app", { logged: 3 }),
    route("/moved", { logged: 5, action: { kind: "redirect", status: 301, location: "https://#{host}:443/#{path}?#{query}" } }),
    route("/quiet", {}),
  ];
  const configuration = {
    listeners: [{ id: "main", addresses: ["127.0.0.1"], port, routes }],
    backends: [backend("web", [serverAt("one", target, { health: "healthy" })])],
  };
  {
    await using log = await requestLog({ directory: world.directory, clock });
    await world.proxy.apply(configuration);
    const headers = { Host: "a.test", "User-Agent": 'a\tb "c"' };
    for (const path of ["/app?x=1", "/quiet", "/moved"]) await send(port, { path, headers });
    const [app, moved, ...more] = await all(log, 2);
    expect(more).toEqual([]);
    expect(app).toMatchObject({
      loadBalancer: OWNER,
      priority: 3,
      action: "forward",
      backend: "web",
      server: `127.0.0.1:${target.port}`,
      status: 200,
      method: "GET",
      target: "/app?x=1",
      version: "HTTP/1.1",
      host: "a.test",
      userAgent: 'a\tb "c"',
      trace: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/) as string,
      isAborted: false,
    });
    const { answeredAt, received } = { answeredAt: 0, received: 0, ...app };
    expect(Math.abs(answeredAt / 1000 - Date.now())).toBeLessThan(5000);
    expect(received).toBeGreaterThan(40);
    expect(moved).toMatchObject({ priority: 5, action: "redirect", status: 301, location: "https://a.test:443/moved" });
    expect(moved).not.toHaveProperty("server");
  }
  {
    await using log = await requestLog({ directory: world.directory, clock });
    // HAProxy writes some signs in another way, and cuts and drops what is long, unless it is told not to.
    const path = `/app?${"x".repeat(5000)}{"|}`;
    await send(port, { path, headers: { Host: "a.test", "User-Agent": "a" } });
    await send(port, { path, headers: { Host: "a.test", "User-Agent": "\\".repeat(8000) } });
    expect(await all(log, 2)).toMatchObject([
      { target: path, version: "HTTP/1.1", userAgent: "a" },
      { target: path, userAgent: "\\".repeat(1750) },
    ]);
  }
  // Nobody reads now, such as while the control plane is started anew.
  await send(port, { path: "/app?later" });
  await using log = await requestLog({ directory: world.directory, clock });
  expect(await all(log, 1)).toMatchObject([{ target: "/app?later" }]);
});

test("a request that does not come in time is noted as one that was answered, and a connection that idles after one is not", async () => {
  await using world = await haproxyWorld();
  const port = await world.freePort();
  const routes = [{ hosts: [], owner: OWNER, logged: 0, idleTimeout: 1, action: { kind: "fixed-response" as const, status: 200 } }];
  await using log = await requestLog({ directory: world.directory, clock });
  await world.proxy.apply({ listeners: [{ id: "main", addresses: ["127.0.0.1"], port, routes }], backends: [] });
  const answers = await Promise.all(
    ["GET / HT", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"].map(async (said) => {
      const socket = plainConnect({ host: "127.0.0.1", port });
      socket.write(said);
      return (await text(socket)).slice(0, 12);
    }),
  );
  expect(answers).toEqual(["HTTP/1.1 408", "HTTP/1.1 200"]);
  const [first, second, ...more] = await all(log, 2);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ method: "GET", status: 200 });
  expect(second).toMatchObject({ loadBalancer: OWNER, method: "", target: "", status: 408, isAborted: false });
});

function tlsOf({ pem, keyPem }: MadeCertificate, authority?: MadeCertificate): ProxyTls {
  const { protocols, ciphers } = sslPolicy("ELBSecurityPolicy-TLS13-1-2-2021-06") ?? { protocols: [], ciphers: [] };
  return {
    ...{ owner: OWNER, versions: protocols, ciphers, alpn: ["h2", "http/1.1"] },
    certificates: [{ id: "one", hosts: [], pem: pem + keyPem }],
    ...(authority && { clientCertificates: { kind: "verify", authorities: authority.pem, ignoreExpiry: false, advertise: false } }),
  };
}

/** Shakes hands and hangs up. */
async function handshake(port: number, options: ConnectionOptions = {}): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, servername: "a.test", ...options });
  socket.on("secureConnect", () => socket.end("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"));
  await closed(socket.resume());
}

/** Resolves when it is closed, for whatever reason. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on("error", () => undefined).on("close", resolve));
}

test("connections are noted with their first request, or without any, and how they were encrypted", async () => {
  await using world = await haproxyWorld();
  const target = await world.target(200);
  const [plain, secure] = [await world.freePort(), await world.freePort()];
  const authority = await madeCertificate({ commonName: "ca", authority: true });
  const client = await madeCertificate({ commonName: "me", issuer: authority });
  const stranger = await madeCertificate({ commonName: "stranger" });
  const server = await madeCertificate({ commonName: "a.test", names: ["a.test"] });
  const routes: readonly ProxyRoute[] = [
    { hosts: [], owner: OWNER, idleTimeout: 60, logsConnections: true, action: { kind: "forward", backends: [{ id: "web", weight: 1 }] } },
  ];
  const at = { addresses: ["127.0.0.1"], routes, logsConnectionsOf: OWNER };
  await using log = await requestLog({ directory: world.directory, clock });
  await world.proxy.apply({
    listeners: [
      { id: "plain", port: plain, ...at },
      { id: "secure", port: secure, ...at, tls: tlsOf(server, authority) },
    ],
    backends: [backend("web", [serverAt("one", target, { health: "healthy" })])],
  });

  // Two requests over one connection are one connection; so are those of HTTP/2.
  const kept = plainConnect(plain, "127.0.0.1");
  const twice = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
  kept.resume().end(twice);
  await once(kept, "close");
  const [first, ...more] = await all(log, 1);
  expect(more).toEqual([]);
  const id = expect.stringMatching(/^[0-9a-f]{32}$/) as string;
  expect(first).toMatchObject({ kind: "connection", loadBalancer: OWNER, client: "127.0.0.1", port: plain, id });
  expect(first).not.toHaveProperty("tls");

  const identity = { cert: client.pem, key: client.keyPem };
  const session = connectHttp2(`https://127.0.0.1:${secure}`, { rejectUnauthorized: false, servername: "a.test", ...identity });
  for (let count = 0; count < 2; count += 1) {
    const stream = session.request({ ":path": "/" }).resume();
    await once(stream, "close");
  }
  session.close();
  expect(await all(log, 1)).toMatchObject([
    {
      kind: "connection",
      port: secure,
      tls: {
        version: "TLSv1.3",
        hasFailed: false,
        verified: 0,
        clientCertificate: { subject: "CN=me", notBefore: expect.stringMatching(/^\d{12}Z$/) as string },
      },
    },
  ]);

  await handshake(secure, { cert: stranger.pem, key: stranger.keyPem });
  expect(await all(log, 1)).toMatchObject([
    { kind: "connection", loadBalancer: OWNER, port: secure, tls: { hasFailed: true, verified: 18 } },
  ]);
  // Somebody who asks for nothing.
  const silent = plainConnect(plain, "127.0.0.1");
  await once(silent, "connect");
  silent.end("nonsense\r\n\r\n").resume();
  expect(await all(log, 1)).toMatchObject([{ kind: "connection", port: plain }]);
});

test("encrypted streams are noted when they end", async () => {
  await using world = await haproxyWorld();
  const target = await world.target(200);
  const [logged, quiet] = [await world.freePort(), await world.freePort()];
  const server = await madeCertificate({ commonName: "a.test", names: ["a.test"] });
  const at = { addresses: ["127.0.0.1"], backends: [{ id: "db", weight: 1 }], idleTimeout: 60, tls: tlsOf(server) };
  await using log = await requestLog({ directory: world.directory, clock });
  const names = { loadBalancer: OWNER.replace("/app/", "/net/"), listener: `${OWNER.replace(":loadbalancer/app", ":listener/net")}/1` };
  await world.proxy.apply({
    listeners: [],
    streams: [
      { id: "logged", port: logged, ...at, logged: names },
      { id: "quiet", port: quiet, ...at },
    ],
    backends: [streamBackend([serverAt("one", target, { health: "healthy" })])],
  });
  await handshake(quiet);
  await handshake(logged, { ALPNProtocols: ["http/1.1"] });
  const [stream, ...more] = await all(log, 1);
  expect(more).toEqual([]);
  expect(stream).toMatchObject({
    ...{ kind: "stream", ...names, destination: `127.0.0.1:${logged}`, serverName: "a.test", protocol: "http/1.1" },
    certificate: new X509Certificate(server.pem).fingerprint.replaceAll(":", "").toLowerCase(),
    tls: { version: "TLSv1.3" },
  });
  const { received, sent, beganAt } = { received: 0, sent: 0, beganAt: 0, ...stream };
  expect(received).toBe("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n".length);
  expect(sent).toBeGreaterThan(20);
  expect(Math.abs(beganAt - Date.now())).toBeLessThan(5000);

  // A client that does not trust the certificate says so: unknown authority (RFC 8446, section 6.2).
  await runCommand("openssl", ["s_client", "-connect", `127.0.0.1:${logged}`, "-verify_return_error"], process.env);
  const [failed] = await all(log, 1);
  expect(failed).toMatchObject({ kind: "stream", received: 0, alert: 48 });
});
