import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpointProber } from "./endpoint-prober.ts";

let server: Server;
let silent: TcpServer;
const seen: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    const status = Number(request.url?.slice(1));
    if (status) return void response.writeHead(status).end();
    response.end(`${"x".repeat(request.url === "/late" ? 5120 : 5000)}found`);
  }).listen(0, "127.0.0.1");
  silent = createTcpServer().listen(0, "127.0.0.1");
  await Promise.all([once(server, "listening"), once(silent, "listening")]);
});
afterAll(() => {
  server.close();
  silent.close();
});

const at = (of: { address(): string | AddressInfo | null }) => ({ address: "127.0.0.1", port: (of.address() as AddressInfo).port });

describe("an endpoint is healthy by its answer", () => {
  test.each([
    ["/200", undefined, true, "HTTP Status Code 200, OK"],
    ["/302", undefined, true, "HTTP Status Code 302, Found"],
    ["/404", undefined, false, "HTTP Status Code 404, Not Found"],
    ["/503", "found", false, "HTTP Status Code 503, Service Unavailable"],
    ["/early", "found", true, "HTTP Status Code 200, OK"],
    ["/late", "found", false, expect.stringContaining("The search string was not found") as string],
  ])("%s searched for %j", async (path, search, healthy, text) => {
    const probe = { kind: "HTTP" as const, ...at(server), host: "web.example.com", path, ...(search === undefined ? {} : { search }) };
    expect(await endpointProber.probe(probe)).toEqual({ healthy, text });
    expect(seen.at(-1)).toBe(`web.example.com ${path}`);
  });
});

test("over TCP by the connection alone", async () => {
  expect(await endpointProber.probe({ kind: "TCP", ...at(silent) })).toEqual({ healthy: true, text: "TCP connection established" });
  expect(await endpointProber.probe({ kind: "TCP", address: "127.0.0.1", port: 1 })).toEqual({ healthy: false, text: "ECONNREFUSED" });
});

test("what speaks no TLS is not healthy over HTTPS", async () => {
  expect(await endpointProber.probe({ kind: "HTTPS", ...at(server), serverName: "web.example.com" })).toMatchObject({ healthy: false });
});
