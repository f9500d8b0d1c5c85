import type { ProxyServer } from "../../ports/traffic-proxy.ts";
import { digest } from "./tls-names.ts";

/**
 * One server of ours is up to three servers of HAProxy at a time:
 *
 * - `probe`: stands in while the target is `initial`. It is checked and never gets traffic.
 * - `traffic`: carries the requests and is checked by the thresholds as configured.
 * - `fallback`: an unchecked backup, used by HAProxy when no `traffic` server of the backend is up. That is how an Application
 *   Load Balancer fails open.
 * - `open`: unchecked, there for an unhealthy target while fewer are healthy than the backend asks for.
 */
export type ServerRole = "probe" | "traffic" | "fallback" | "open";

const letters = { probe: "p", traffic: "t", fallback: "f", open: "o" } as const;

/**
 * Such as `web-1:t:10.0.0.5:8080`, or `web-1:t-10.0.0.4:10.0.0.5:8080` where it is connected to from an address of its load balancer. The addresses
 * are in the name: a server that moves becomes another one, while the old one finishes what it has. Health checks take their Host header from there.
 * A listener has its socket's name in the place of an address.
 */
export function haproxyServerName(server: Pick<ProxyServer, "id" | "address" | "port" | "source" | "listener">, role: ServerRole): string {
  const from = server.source === undefined ? "" : `-${server.source}`;
  const place = server.listener === undefined ? server.address : innerStem(server.listener);
  return `${server.id}:${letters[role]}${from}:${place}:${server.port}`;
}

/** The server of ours that an HAProxy server stands for. Ids have no colon. */
export function serverIdOf(haproxyName: string): string {
  return haproxyName.slice(0, haproxyName.indexOf(":"));
}

export function backendName(id: string): string {
  return `b_${id}`;
}

/** Where a server is connected to. */
export function serverPlace({ address, port, listener }: Pick<ProxyServer, "address" | "port" | "listener">): string {
  return listener === undefined ? addressWord(address, port) : innerSocket(listener);
}

/** Where a listener is reached that has no address of its own. */
export function innerSocket(listenerId: string): string {
  return `unix@${innerStem(listenerId)}.sock`;
}

/** Where a worker that was replaced hands the requests of a listener on to its successor. */
export function successorSocket(listenerId: string): string {
  return `unix@${shortName(listenerId)}.sock`;
}

function innerStem(listenerId: string): string {
  return `${shortName(listenerId)}-in`;
}

/** As short as the names of sockets have to be. */
function shortName(listenerId: string): string {
  return digest(listenerId).slice(0, 8);
}

export function addressWord(address: string, port: number): string {
  return `${address.includes(":") ? `ipv6@${address}` : address}:${port}`;
}
