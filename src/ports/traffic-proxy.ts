import type { ProxyConfiguration, ServerHealthReport } from "../domain/proxy-configuration.ts";

export type {
  ListenerPlace,
  ProxyAlias,
  ProxyBackend,
  ProxyClientSet,
  ProxyConfiguration,
  ProxyListener,
  ProxyRoute,
  ProxyServer,
  ProxyStickiness,
  ProxyEntrance,
  ProxyStream,
  Rewrite,
  Rewrites,
  ServerHealthReport,
} from "../domain/proxy-configuration.ts";

/**
 * The data plane of the load balancers. The whole desired configuration goes in; the proxy finds the difference itself, adds,
 * drains and removes servers without a reload, and reloads without dropping a connection where listeners changed. It goes on
 * carrying traffic when the control plane is gone, and is adopted by the next one.
 */
export interface TrafficProxy {
  /** Resolves when the proxy works by this configuration. Calls are serialised; a later one replaces those that still wait. */
  apply(configuration: ProxyConfiguration): Promise<void>;
  /** Health as the proxy's own checks see it. Told on every change, and for every server once after `apply` first knows it. */
  onHealth(listener: (report: ServerHealthReport) => void): Disposable;
  /** Requests of a server that are still under way, so that a drain can end early. */
  activeSessions(backend: string, server: string): Promise<number>;
  /** Lets go of the proxy, which keeps running. */
  close(): Promise<void>;
  /** Ends the proxy too: what it carries is cut. */
  stop(): Promise<void>;
}

/** A part of a configuration that the proxy would not work by. */
export type RefusedPart =
  | { readonly kind: "backend"; readonly id: string; readonly reason: string }
  | { readonly kind: "route"; readonly listener: string; readonly owner?: string; readonly reason: string }
  /** A certificate with its key, or what clients' certificates are held against. */
  | { readonly kind: "tls"; readonly listener: string; readonly owner: string; readonly reason: string };

/**
 * `apply` rejects with this where the proxy refuses parts. All the rest works. A part that was there before in another form stays in that form; a
 * backend that was not has no servers, and a route that was not answers 503, or, where what it matches may be what is refused, matches nothing.
 */
export class RefusedPartsError extends Error {
  readonly parts: readonly RefusedPart[];
  constructor(parts: readonly RefusedPart[]) {
    super(
      parts.map((part) => `${part.kind} ${part.kind === "backend" ? part.id : (part.owner ?? part.listener)}: ${part.reason}`).join("; "),
    );
    this.parts = parts;
  }
}

/** One port of one listener that could not be bound. */
export interface ListenerBindFailure {
  readonly listener: string;
  readonly address: string;
  readonly port: number;
}

/**
 * `apply` rejects with this where ports cannot be bound. All the rest of the configuration works: other listeners and other
 * addresses, backends and servers. Each later `apply` tries the port anew.
 */
export class ListenerBindError extends Error implements ListenerBindFailure {
  readonly listener: string;
  readonly address: string;
  readonly port: number;
  readonly failures: readonly ListenerBindFailure[];
  constructor(failures: readonly [ListenerBindFailure, ...ListenerBindFailure[]]) {
    super(failures.map((one) => `listener ${one.listener} cannot bind ${one.address}:${one.port}; is the port in use?`).join("; "));
    [{ listener: this.listener, address: this.address, port: this.port }] = failures;
    this.failures = failures;
  }
}
