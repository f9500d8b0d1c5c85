import "reflect-metadata";
import { X509Certificate as NodeCertificate } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { connect as plainConnect } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, test } from "vitest";
import type { ProxyCertificate, ProxyClientCertificates, ProxyTls } from "../../src/domain/proxy-tls.ts";
import { sslPolicy } from "../../src/domain/ssl-policies.ts";
import { askHaproxy } from "../../src/drivers/haproxy/runtime-api.ts";
import { RefusedPartsError, type ProxyConfiguration } from "../../src/ports/traffic-proxy.ts";
import { madeCertificate, type MadeCertificate } from "../../src/testing/certificates.ts";
import { backend, listener, serverAt, stream, streamBackend } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld, type HaproxyWorld } from "./traffic-world.ts";

const known = { health: "healthy" } as const;
let first: MadeCertificate, shop: MadeCertificate, wild: MadeCertificate, strong: MadeCertificate;

beforeAll(async () => {
  first = await madeCertificate({ commonName: "first.test", names: ["first.test"], key: 2048 });
  shop = await madeCertificate({ commonName: "shop.test", names: ["shop.test"], key: 2048 });
  wild = await madeCertificate({ commonName: "*.shop.test", names: ["*.shop.test"] });
  strong = await madeCertificate({ commonName: "shop.test", names: ["shop.test"], key: "P-256" });
});

const shown = (id: string, { pem, keyPem }: MadeCertificate, ...hosts: readonly string[]): ProxyCertificate => ({
  id,
  hosts,
  pem: pem + keyPem,
});

function tls(certificates: ProxyTls["certificates"], clientCertificates?: ProxyClientCertificates, policy = "TLS13-1-2-2021-06"): ProxyTls {
  const { protocols, ciphers } = sslPolicy(`ELBSecurityPolicy-${policy}`) ?? { protocols: [], ciphers: [] };
  return {
    owner: "lb",
    certificates,
    versions: protocols,
    ciphers,
    alpn: ["h2", "http/1.1"],
    ...(clientCertificates && { clientCertificates }),
  };
}

/** A listener with TLS in front of a target that answers with the headers of the request. */
async function encrypted(
  world: HaproxyWorld,
  ...listeners: readonly ProxyTls[]
): Promise<{ ports: readonly number[]; configuration: ProxyConfiguration }> {
  const echo = await world.target(200, (incoming, response) => response.end(JSON.stringify(incoming.headers)));
  const ports = await Promise.all(listeners.map(() => world.freePort()));
  const configuration = {
    listeners: listeners.map((one, at) => ({ ...listener(`l${at}`, ports[at] ?? 0), tls: one })),
    backends: [backend("web", [serverAt("one", echo, known)])],
  };
  await world.proxy.apply(configuration);
  return { ports, configuration };
}

const withTls = (configuration: ProxyConfiguration, at: number, changed: ProxyTls): ProxyConfiguration => ({
  ...configuration,
  listeners: configuration.listeners.map((one, index) => (index === at ? { ...one, tls: changed } : one)),
});

/** What a client that connects under a name is shown, or why it was turned away. */
async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  return socket;
}

async function subjectUnder(port: number, servername: string | undefined, options: ConnectionOptions = {}): Promise<string> {
  const socket = await handshake(port, { ...(servername === undefined ? {} : { servername }), ...options });
  const subject = socket.getPeerX509Certificate()?.fingerprint256 ?? "";
  socket.destroy();
  return (
    [first, shop, wild, strong]
      .map((one) => ({ one, fingerprint: new NodeCertificate(one.pem).fingerprint256 }))
      .find(({ fingerprint }) => fingerprint === subject)?.one.certificate.subject ?? subject
  );
}

function headersOf(
  port: number,
  options: ConnectionOptions & { readonly headers?: Record<string, string> } = {},
): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, rejectUnauthorized: false, agent: false, ...options }, (response) => {
      let body = "";
      response.on("data", (some: Buffer) => (body += String(some)));
      response.on("end", () => resolve(JSON.parse(body) as Record<string, string>));
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function workerOf({ directory }: HaproxyWorld): Promise<string | undefined> {
  return /^Pid: (\d+)$/m.exec(await askHaproxy(`${directory}/worker.sock`, "show info"))?.[1];
}

describe("certificates", () => {
  test("are chosen by the name that a client asks for and by the kind of key that it takes; the default is for all others", async () => {
    await using world = await haproxyWorld();
    const { ports } = await encrypted(
      world,
      tls([shown("f", first), shown("s", shop, "shop.test"), shown("w", wild, "*.shop.test"), shown("e", strong, "shop.test")]),
    );
    const [port = 0] = ports;
    expect(await subjectUnder(port, undefined)).toBe("CN=first.test");
    expect(await subjectUnder(port, "other.test")).toBe("CN=first.test");
    expect(await subjectUnder(port, "www.shop.test")).toBe("CN=*.shop.test");
    expect(await subjectUnder(port, "a.b.shop.test")).toBe("CN=first.test");
    const keyOf = async (sigalgs?: string) => {
      const socket = await handshake(port, { servername: "SHOP.test", ...(sigalgs === undefined ? {} : { sigalgs }) });
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      return certificate?.publicKey.asymmetricKeyType;
    };
    expect([await keyOf(), await keyOf("RSA-PSS+SHA256:RSA+SHA256")]).toEqual(["ec", "rsa"]);
  });

  test("change without a reload, with connections that go on and no keys on disk, also under a control plane that comes later", async () => {
    await using world = await haproxyWorld();
    const { ports, configuration } = await encrypted(world, tls([shown("f", first), shown("s", shop, "shop.test")]));
    const [port = 0] = ports;
    const before = await workerOf(world);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const over = async (): Promise<string> => {
      const stream = session.request({ ":path": "/" });
      const [headers] = (await once(stream, "response")) as [Record<string, string>];
      stream.resume();
      return String(headers[":status"]);
    };
    expect(await over()).toBe("200");

    const changed = withTls(configuration, 0, tls([shown("f", shop), shown("w", wild, "*.shop.test"), shown("s", strong, "shop.test")]));
    await world.proxy.apply(changed);
    expect(await subjectUnder(port, undefined)).toBe("CN=shop.test");
    expect(await subjectUnder(port, "www.shop.test")).toBe("CN=*.shop.test");
    expect(await readdir(world.directory)).not.toContain("tls");

    const next = await world.restarted();
    await next.apply(changed);
    await next.apply(withTls(changed, 0, tls([shown("f", first)])));
    expect(await subjectUnder(port, "www.shop.test")).toBe("CN=first.test");
    expect(await over()).toBe("200");
    expect(await workerOf(world)).toBe(before);
    session.destroy();
  });

  test("that do not fit their key are refused; the good one stays, and everything else comes about", async () => {
    await using world = await haproxyWorld();
    const { ports, configuration } = await encrypted(world, tls([shown("f", first)]), tls([shown("s", shop)]));
    const [port = 0, other = 0] = ports;
    const before = await workerOf(world);
    const wrong: ProxyCertificate = { id: "f", hosts: [], pem: first.pem + shop.keyPem };
    const both = withTls(withTls(configuration, 0, tls([wrong])), 1, tls([shown("s", wild)]));
    const refusal = await world.proxy.apply(both).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RefusedPartsError);
    expect(refusal).toMatchObject({ parts: [{ kind: "tls", listener: "l0", owner: "lb" }] });
    expect(String(refusal)).not.toContain("PRIVATE KEY");
    expect(await subjectUnder(port, undefined)).toBe("CN=first.test");
    expect(await subjectUnder(other, undefined)).toBe("CN=*.shop.test");
    expect(await workerOf(world)).toBe(before);
    await world.proxy.apply(withTls(both, 0, tls([shown("f", strong)])));
    expect(await subjectUnder(port, undefined)).toBe("CN=shop.test");
  });

  test("that are refused take nothing with them: neither routes behind them, nor shared ports, nor what a stream's neighbour does", async () => {
    await using world = await haproxyWorld();
    const wrong: ProxyCertificate = { id: "f", hosts: [], pem: first.pem + shop.keyPem };
    const [port = 0, shared = 0, bad = 0, good = 0] = await Promise.all([0, 1, 2, 3].map(() => world.freePort()));
    const main = listener("main", port);
    const routes = [{ hosts: [], action: { kind: "fixed-response" as const, status: 200, body: '{"by":"its route"}' }, idleTimeout: 60 }];
    const place = { addresses: ["127.0.0.1"], port: shared };
    const refusal = await world.proxy
      .apply({
        listeners: [
          { ...main, routes, tls: tls([shown("f", first), { ...wrong, id: "w", hosts: ["w.test"] }]) },
          { id: "in", ...place, addresses: [], routes, tls: tls([shown("s", shop)]) },
        ],
        entrances: [{ id: "shared", ...place, doors: [{ listener: "in", names: ["shop.test"] }], fallback: "in" }],
        streams: [
          { ...stream("bad", bad), tls: tls([wrong]) },
          { ...stream("good", good), tls: tls([shown("e", strong)]) },
        ],
        backends: [streamBackend([])],
      })
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      parts: [
        { kind: "tls", listener: "main" },
        { kind: "tls", listener: "bad" },
      ],
    });
    expect(await headersOf(port)).toEqual({ by: "its route" });
    expect(await subjectUnder(shared, "shop.test")).toBe("CN=shop.test");
    expect(await subjectUnder(good, undefined)).toBe("CN=shop.test");
    await expect(subjectUnder(bad, undefined)).rejects.toThrow("ECONNREFUSED");
  });

  test("are there again when HAProxy was killed", async () => {
    await using world = await haproxyWorld();
    const { ports } = await encrypted(world, tls([shown("f", first)]));
    process.kill(Number(await workerOf(world)), "SIGKILL");
    await expect.poll(() => subjectUnder(ports[0] ?? 0, undefined).catch(() => "none"), { timeout: 10_000 }).toBe("CN=first.test");
  });
});

describe("a connection", () => {
  test("has the version and the protocol that both sides have", async () => {
    await using world = await haproxyWorld();
    const { ports } = await encrypted(
      world,
      tls([shown("f", first)], undefined, "TLS13-1-2-Res-2021-06"),
      tls([shown("f", first)], undefined, "2016-08"),
    );
    const [newer = 0, older = 0] = ports;
    const told = async (port: number, options: ConnectionOptions) => {
      const socket = await handshake(port, { ciphers: "DEFAULT:@SECLEVEL=0", minVersion: "TLSv1", ...options });
      const facts = [socket.getProtocol(), socket.alpnProtocol];
      socket.destroy();
      return facts;
    };
    expect(await told(newer, { ALPNProtocols: ["http/1.1", "h2"] })).toEqual(["TLSv1.3", "h2"]);
    expect(await told(newer, { maxVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] })).toEqual(["TLSv1.2", "http/1.1"]);
    expect(await told(older, {})).toEqual(["TLSv1.2", false]);
    expect(await told(older, { maxVersion: "TLSv1" })).toEqual(["TLSv1", false]);
    await expect(told(newer, { maxVersion: "TLSv1.1" })).rejects.toThrow(/alert|version/i);
    await expect(told(newer, { maxVersion: "TLSv1.2", ciphers: "AES128-SHA" })).rejects.toThrow(/handshake/i);
    await expect(told(older, { minVersion: "TLSv1.3" })).rejects.toThrow(/version/i);
  });

  test("is resumed, and tells the target that it was encrypted", async () => {
    await using world = await haproxyWorld();
    const { ports } = await encrypted(world, tls([shown("f", first)]));
    const [port = 0] = ports;
    expect(await headersOf(port)).toMatchObject({ "x-forwarded-proto": "https", "x-forwarded-port": String(port) });
    const socket = await handshake(port, { maxVersion: "TLSv1.2" });
    const session = socket.getSession();
    socket.destroy();
    const again = await handshake(port, { maxVersion: "TLSv1.2", ...(session && { session }) });
    expect(again.isSessionReused()).toBe(true);
    again.destroy();
  });

  test("of noise, of plain text, and one that is broken off disturb nobody", async () => {
    await using world = await haproxyWorld();
    const { ports } = await encrypted(world, tls([shown("f", first)]));
    const [port = 0] = ports;
    expect(await world.ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBeUndefined();
    const hello = Buffer.from("160301020001", "hex");
    for (let at = 0; at < 300; at += 1) {
      const noise = Buffer.concat([at % 2 === 0 ? hello : Buffer.of(), crypto.getRandomValues(Buffer.alloc(1 + ((at * 37) % 900)))]);
      const socket = plainConnect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.resume().end(noise);
      await new Promise((closed) => socket.on("close", closed));
    }
    expect(await headersOf(port)).toMatchObject({ "x-forwarded-proto": "https" });
  });
});

describe("clients with certificates", () => {
  let authority: MadeCertificate, middle: MadeCertificate, good: MadeCertificate, stale: MadeCertificate, stranger: MadeCertificate;

  beforeAll(async () => {
    authority = await madeCertificate({ commonName: "root", organisation: "mTLS", authority: true });
    middle = await madeCertificate({ commonName: "middle", authority: true, issuer: authority });
    good = await madeCertificate({ commonName: "client_.com", organisation: "mTLS", issuer: authority });
    stale = await madeCertificate({
      commonName: "late",
      issuer: authority,
      notBefore: new Date("2023-09-21T01:50:17Z"),
      notAfter: new Date("2024-09-20T01:50:17Z"),
    });
    stranger = await madeCertificate({ commonName: "stranger" });
  });

  const verify = (more: Partial<Extract<ProxyClientCertificates, { kind: "verify" }>> = {}): ProxyClientCertificates => ({
    ...{ kind: "verify", authorities: authority.pem, ignoreExpiry: false, advertise: true },
    ...more,
  });
  const as = ({ pem, keyPem }: MadeCertificate): ConnectionOptions => ({ cert: pem, key: keyPem });
  const one = { ...{ "X-Amzn-Mtls-Clientcert-Subject": "CN=admin" } };
  const urlOf = (...all: readonly MadeCertificate[]): string =>
    all.map(({ pem }) => pem.trim().replaceAll("\r", "").replaceAll(" ", "%20").replaceAll("\n", "%0A") + "%0A").join("");

  test("that are verified are told to the target as on AWS, and nobody else gets there", async () => {
    await using world = await haproxyWorld();
    const { ports } = await encrypted(
      world,
      tls([shown("f", first)], verify()),
      tls([shown("f", first)], verify({ ignoreExpiry: true, advertise: false })),
    );
    const [strict = 0, lenient = 0] = ports;
    const told = await headersOf(strict, { ...as(good), headers: { ...one, "X-Amzn-Mtls-Clientcert": "made up" } });
    const iso = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");
    expect(Object.fromEntries(Object.entries(told).filter(([name]) => name.startsWith("x-amzn-mtls")))).toEqual({
      "x-amzn-mtls-clientcert-serial-number": "0A1B2C3D4E5F",
      "x-amzn-mtls-clientcert-issuer": "CN=root,O=mTLS",
      "x-amzn-mtls-clientcert-subject": "CN=client_.com,O=mTLS",
      "x-amzn-mtls-clientcert-validity": `NotBefore=${iso(good.certificate.notBefore)};NotAfter=${iso(good.certificate.notAfter)}`,
      "x-amzn-mtls-clientcert-leaf": urlOf(good),
    });
    await expect(headersOf(strict)).rejects.toThrow(/certificate|socket hang up|ECONNRESET/i);
    await expect(headersOf(strict, as(stranger))).rejects.toThrow(/unknown ca|ECONNRESET|hang up/i);
    await expect(headersOf(strict, as(stale))).rejects.toThrow(/expired|ECONNRESET|hang up/i);
    expect(await headersOf(lenient, as(stale))).toMatchObject({
      "x-amzn-mtls-clientcert-validity": "NotBefore=2023-09-21T01:50:17Z;NotAfter=2024-09-20T01:50:17Z",
    });
    await expect(headersOf(lenient, as(stranger))).rejects.toThrow(/unknown ca|ECONNRESET|hang up/i);
  });

  test("that were revoked are turned away, also on a connection that resumes a session", async () => {
    await using world = await haproxyWorld();
    const { ports, configuration } = await encrypted(world, tls([shown("f", first)], verify()));
    const [port = 0] = ports;
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await handshake(port, { ...as(good), maxVersion });
      const session = socket.getSession();
      socket.destroy();
      const again = await handshake(port, { ...as(good), maxVersion, ...(session && { session }) });
      expect(again.isSessionReused()).toBe(false);
      again.destroy();
    }
    const crl = await x509.X509CrlGenerator.create({
      issuer: authority.certificate.subject,
      thisUpdate: new Date(Date.now() - 1000),
      nextUpdate: new Date(Date.now() + 86_400_000),
      entries: [{ serialNumber: good.certificate.serialNumber, revocationDate: new Date() }],
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      signingKey: authority.keys.privateKey,
    });
    const revoked = `${x509.PemConverter.encode(crl.rawData, "X509 CRL")}\n`;
    await world.proxy.apply(withTls(configuration, 0, tls([shown("f", first)], verify({ revocations: revoked }))));
    await expect(headersOf(port, as(good))).rejects.toThrow(/revoked|ECONNRESET|hang up/i);
    // Of another authority, whose list is not there.
    const further = verify({ authorities: authority.pem + stranger.pem, revocations: revoked });
    await world.proxy.apply(withTls(configuration, 0, tls([shown("f", first)], further)));
    expect(await headersOf(port, as(stranger))).toMatchObject({ "x-amzn-mtls-clientcert-subject": "CN=stranger" });
    await expect(headersOf(port, as(good))).rejects.toThrow(/revoked|ECONNRESET|hang up/i);
  });

  test("are passed through with their whole chain, whoever they are, and without any too", async () => {
    await using world = await haproxyWorld();
    const { ports } = await encrypted(world, tls([shown("f", first)], { kind: "passthrough" }));
    const [port = 0] = ports;
    const below = await madeCertificate({ commonName: "below", issuer: middle });
    const chain = { cert: below.pem + middle.pem + authority.pem, key: below.keyPem };
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const)
      expect((await headersOf(port, { ...chain, maxVersion }))["x-amzn-mtls-clientcert"]).toBe(urlOf(below, middle, authority));
    expect((await headersOf(port, as(stale)))["x-amzn-mtls-clientcert"]).toBe(urlOf(stale));
    const without = await headersOf(port, { headers: { ...one, "X-Amzn-Mtls-Clientcert": "made up" } });
    expect(Object.keys(without).filter((name) => name.startsWith("x-amzn-mtls"))).toEqual([]);
  });
});

test("several load balancers share a port: the name that a client asks for leads to one, each with certificates of its own", async () => {
  await using world = await haproxyWorld();
  const port = await world.freePort();
  const answer = (id: string, more: object = {}) => ({
    ...listener(id, port),
    addresses: [],
    routes: [{ hosts: [], action: { kind: "fixed-response" as const, status: 200, body: `{"by":"${id}"}` }, idleTimeout: 60 }],
    ...more,
  });
  const configuration: ProxyConfiguration = {
    listeners: [
      answer("a", { tls: tls([shown("f", first)]) }),
      answer("b", { tls: tls([shown("s", shop)], undefined, "2016-08") }),
      answer("p"),
    ],
    entrances: [
      {
        ...{ id: "shared", addresses: ["127.0.0.1"], port, fallback: "a", plain: "p" },
        doors: [
          { listener: "a", names: ["first.test"] },
          { listener: "b", names: ["*.shop.test", "shop.test"] },
        ],
      },
    ],
    backends: [],
  };
  await world.proxy.apply(configuration);
  expect(await headersOf(port, { servername: "first.test" })).toEqual({ by: "a" });
  expect(await headersOf(port, { servername: "www.shop.test" })).toEqual({ by: "b" });
  expect(await headersOf(port)).toEqual({ by: "a" });
  expect(await world.ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toMatchObject({ status: 200, body: '{"by":"p"}' });
  expect(await subjectUnder(port, "shop.test")).toBe("CN=shop.test");
  const before = await workerOf(world);
  await world.proxy.apply(withTls(configuration, 1, tls([shown("s", wild)], undefined, "2016-08")));
  expect(await subjectUnder(port, "shop.test")).toBe("CN=*.shop.test");
  expect(await workerOf(world)).toBe(before);
});
