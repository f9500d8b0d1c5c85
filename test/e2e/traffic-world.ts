import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProxyTls } from "../../src/domain/proxy-tls.ts";
import { sslPolicy } from "../../src/domain/ssl-policies.ts";
import { haproxyTrafficProxy, type HaproxyOptions } from "../../src/drivers/haproxy/haproxy-traffic-proxy.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Logger } from "../../src/ports/logger.ts";
import type { TrafficProxy } from "../../src/ports/traffic-proxy.ts";
import type { MadeCertificate } from "../../src/testing/certificates.ts";
import type { ContractTarget, TrafficProxyWorld } from "../../src/testing/traffic-proxy-contract.ts";
import { systemClock } from "../../src/drivers/system/clock.ts";

export interface HaproxyWorld extends TrafficProxyWorld {
  readonly directory: string;
  /** What the proxy told of ends that it found. */
  readonly stops: readonly string[];
  target(status: number, answer?: (request: IncomingMessage, response: ServerResponse) => void): Promise<TestTarget>;
}

export interface TestTarget extends ContractTarget, AsyncDisposable {
  readonly server: Server;
  /** Requests for `/health` that arrived. */
  readonly checks: readonly IncomingMessage[];
  /** Requests for anything else. */
  requests: number;
}

/** Shown beside a test that fails. */
const logger: Logger = {
  info: () => undefined,
  warn: (message, fields) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  error: (message, fields) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};

/** Wall time, as the driver of the machine's clock gives it. */
export const clock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  soon: (run: () => void) => systemClock.soon(run),
};

/** A real HAProxy in a folder of its own, and real servers. All of it ends with the world. */
export async function haproxyWorld(settings: Pick<HaproxyOptions, "hasLargeHeads"> = {}): Promise<HaproxyWorld> {
  const directory = await mkdtemp(join(tmpdir(), "proxy-contract-"));
  const stops: string[] = [];
  const binary = process.env["AIRFIELD_TEST_HAPROXY"];
  const open = (): Promise<TrafficProxy> =>
    haproxyTrafficProxy({
      directory,
      clock,
      stopped: (why) => stops.push(why),
      logger,
      ...settings,
      ...(binary === undefined ? {} : { binary }),
    });
  const closing: AsyncDisposable[] = [];
  let proxy = await open();
  const first = proxy;
  return {
    proxy: first,
    directory,
    stops,
    target: async (status, answer) => {
      const target = await testTarget(status, answer);
      closing.push(target);
      return target;
    },
    freePort,
    takenPort: async () => {
      const server = createTcpServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const closed = once(server, "close");
      return {
        port,
        [Symbol.asyncDispose]: async () => {
          server.close();
          await closed;
        },
      };
    },
    ask,
    restarted: async () => {
      await proxy.close();
      proxy = await open();
      return proxy;
    },
    [Symbol.asyncDispose]: async () => {
      await proxy.stop();
      for (const one of closing) await one[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

async function ask(port: number, head: string): Promise<{ readonly status: number; readonly body: string } | undefined> {
  const socket = connect(port, "127.0.0.1");
  // HAProxy would wait for the next request otherwise.
  socket.write(head.replace(/\r\n\r\n$/, "\r\nConnection: close\r\n\r\n"));
  let text = "";
  // A connection that is closed may be reset as well.
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => (text += String(chunk)));
  if (!socket.closed) await new Promise((closed) => socket.on("close", closed));
  const status = /^HTTP\/1\.[01] (\d+)/.exec(text)?.[1];
  return status === undefined ? undefined : { status: Number(status), body: text.slice(text.indexOf("\r\n\r\n") + 4) };
}

export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function testTarget(status: number, answer?: (request: IncomingMessage, response: ServerResponse) => void): Promise<TestTarget> {
  let current = status;
  const checks: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/health") {
      checks.push(request);
      response.writeHead(current).end();
      return;
    }
    target.requests += 1;
    if (answer === undefined) response.end(String(target.port));
    else answer(request, response);
  });
  // A target keeps idle connections for longer than its load balancer does.
  server.keepAliveTimeout = 65_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const target: TestTarget = {
    address: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    server,
    checks,
    requests: 0,
    answer: (next) => (current = next),
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return target;
}

/** How a listener ends TLS with this certificate, for clients of HTTP/2 too. */
export function endingTls({ pem, keyPem }: MadeCertificate): ProxyTls {
  const { protocols, ciphers } = sslPolicy("ELBSecurityPolicy-TLS13-1-2-2021-06") ?? { protocols: [], ciphers: [] };
  const certificate = { id: "one", hosts: [], pem: pem + keyPem };
  return { owner: "lb", certificates: [certificate], versions: protocols, ciphers, alpn: ["h2", "http/1.1"] };
}
