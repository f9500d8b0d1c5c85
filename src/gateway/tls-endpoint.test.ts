import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { issue, newAuthority, type Credential } from "../drivers/tls/certificate-authority.ts";
import { openTlsEndpoint } from "./tls-endpoint.ts";

const HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const authority = await newAuthority({ name: "test", domains: ["amazonaws.com"], now: Date.now() });

let http: Server;
beforeEach(async () => {
  http = createServer((asked, answer) => {
    answer.end(`${asked.method} ${asked.headers.host} ${asked.url}`);
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
});
afterEach(async () => {
  http.closeAllConnections();
  http.close();
  await once(http, "close");
});

const contextOf = ({ certificate, key }: Credential): SecureContext => createSecureContext({ cert: certificate, key });
const contextFor = async (host: string): Promise<SecureContext> => contextOf(await issue(authority, { hosts: [host], now: Date.now() }));

/** Asks for `path` under ECR's name; gives the body, or the code of the error. */
function ask(port: number, path: string, agent?: Agent): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        path,
        servername: HOST,
        headers: { host: HOST },
        ca: authority.certificate,
        ...(agent ? { agent } : { agent: false }),
      },
      (answer) => {
        answer.setEncoding("utf8");
        let body = "";
        answer.on("data", (part: string) => (body += part)).on("end", () => resolve(body));
      },
    );
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

test("requests over TLS reach the same server, under the name that they were sent to", async () => {
  const context = await contextFor(HOST);
  await using door = await openTlsEndpoint(http, { address: "127.0.0.1", port: 0, context: async () => context });
  expect(await ask(door.port, "/v2/")).toBe(`GET ${HOST} /v2/`);
  const plain = await fetch(`http://127.0.0.1:${(http.address() as AddressInfo).port}/v2/`);
  expect(await plain.text()).toContain("GET 127.0.0.1:");
});

test("a new certificate is shown at the next handshake", async () => {
  const contexts = [await contextFor("wrong.amazonaws.com"), await contextFor(HOST)];
  await using door = await openTlsEndpoint(http, { address: "127.0.0.1", port: 0, context: async () => contexts.shift() as SecureContext });
  expect(await ask(door.port, "/")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(await ask(door.port, "/")).toBe(`GET ${HOST} /`);
});

test("a certificate that cannot be had fails the handshake, not the server", async () => {
  const context = await contextFor(HOST);
  const answers = [() => Promise.reject(new Error("no authority")), async () => context];
  await using door = await openTlsEndpoint(http, {
    address: "127.0.0.1",
    port: 0,
    context: () => (answers.shift() as () => Promise<SecureContext>)(),
  });
  expect(await ask(door.port, "/")).toMatch(/ECONNRESET|EPROTO/);
  expect(await ask(door.port, "/")).toBe(`GET ${HOST} /`);
});

test("a door that is closed lets nobody in, and whom it let in go on; the server's end is theirs too", async () => {
  const context = await contextFor(HOST);
  const door = await openTlsEndpoint(http, { address: "127.0.0.1", port: 0, context: async () => context });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await ask(door.port, "/one", agent)).toContain("/one");
  await door[Symbol.asyncDispose]();
  expect(await ask(door.port, "/stranger")).toBe("ECONNREFUSED");
  expect(await ask(door.port, "/two", agent)).toContain("/two");
  http.closeAllConnections();
  expect(await ask(door.port, "/three", agent)).toMatch(/ECONNREFUSED|ECONNRESET/);
  agent.destroy();
});

test.each(["0.0.0.0", "192.168.1.10", "::1", "localhost", "127.evil.example"])("nothing listens on %s", async (address) => {
  await expect(openTlsEndpoint(http, { address, port: 0, context: () => contextFor(HOST) })).rejects.toThrow(
    "not an IPv4 loopback address",
  );
});
