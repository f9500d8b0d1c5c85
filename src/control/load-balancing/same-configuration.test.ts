import { expect, test } from "vitest";
import type { ProxyBackend, ProxyConfiguration, ProxyListener, ProxyServer } from "../../ports/traffic-proxy.ts";
import { sameConfiguration } from "./same-configuration.ts";

const server: ProxyServer = { id: "10.0.0.1-80", address: "10.0.0.1", port: 80, draining: false, health: "initial" };
const backend: ProxyBackend = { id: "web", algorithm: "round_robin", healthCheck: { kind: "none" }, servers: [server] };
const listener = { id: "port-80", port: 80, addresses: ["127.0.0.1"] } as unknown as ProxyListener;
const configuration: ProxyConfiguration = { listeners: [listener], backends: [backend] };
/** The same again, with no object that is in both. */
const again = (): ProxyConfiguration => structuredClone(configuration);
const withBackend = (changes: Partial<ProxyBackend>): ProxyConfiguration => ({ ...again(), backends: [{ ...backend, ...changes }] });
const withServer = (changes: Partial<ProxyServer>): ProxyConfiguration => withBackend({ servers: [{ ...server, ...changes }] });

test.each<[string, ProxyConfiguration]>([
  ["nothing", again()],
  ["the health that is known of a server", withServer({ health: "healthy" })],
])("it is the same where another is %s", (_, other) => expect(sameConfiguration(configuration, other)).toBe(true));

test.each<[string, ProxyConfiguration]>([
  ["listener", { ...again(), listeners: [{ ...listener, port: 81 }] }],
  ["backend", withBackend({ id: "shop" })],
  ["algorithm", withBackend({ algorithm: "least_outstanding_requests" })],
  ["health check", withBackend({ healthCheck: { kind: "tcp" } as ProxyBackend["healthCheck"] })],
  ["server", withServer({ id: "10.0.0.2-80" })],
  ["address of a server", withServer({ address: "10.0.0.2" })],
  ["port of a server", withServer({ port: 81 })],
  ["draining of a server", withServer({ draining: true })],
  ["address from which a server is connected to", withServer({ source: "10.0.0.9" })],
  ["way of streams", withBackend({ stream: { proxyProtocol: true, cutsRemoved: false, cutsUnhealthy: false } })],
  ["stream", { ...again(), streams: [{ id: "stream-81", port: 81, addresses: [], backends: [], idleTimeout: 1 }] }],
  ["entrance", { ...again(), entrances: [{ id: "port-81", port: 81, addresses: [], doors: [], fallback: "port-81-a" }] }],
  ["number of servers, one more", withBackend({ servers: [server, server] })],
  ["number of servers, one less", withBackend({ servers: [] })],
  ["number of backends", { ...again(), backends: [] }],
])("it is another one where another is the %s", (_, other) => {
  expect(sameConfiguration(configuration, other)).toBe(false);
  expect(sameConfiguration(other, configuration)).toBe(false);
});
