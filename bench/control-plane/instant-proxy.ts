import type { ProxyServer, ServerHealthReport, TrafficProxy } from "../../src/ports/traffic-proxy.ts";

/** Servers whose health is told in one turn of the event loop: as many as one look at a real proxy's statistics brings. */
const TOLD_AT_ONCE = 100;

/**
 * A proxy that carries nothing and finds every new server healthy at once. A configuration costs it work for what is new, and a comparison for each other server:
 * what is measured is not its own.
 */
export function instantProxy(): TrafficProxy {
  const listeners = new Set<(report: ServerHealthReport) => void>();
  let known = new Map<string, readonly ProxyServer[]>();

  function tell(fresh: readonly ServerHealthReport[]): void {
    for (const report of fresh.slice(0, TOLD_AT_ONCE)) for (const listener of listeners) listener(report);
    if (fresh.length > TOLD_AT_ONCE) setImmediate(() => tell(fresh.slice(TOLD_AT_ONCE)));
  }

  return {
    async apply({ backends }) {
      await new Promise(setImmediate);
      const fresh = backends.flatMap(({ id: backend, servers }) =>
        newIn(servers, known.get(backend) ?? []).map((server): ServerHealthReport => ({ backend, server, health: "healthy" })),
      );
      known = new Map(backends.map(({ id, servers }) => [id, servers]));
      if (fresh.length > 0) setImmediate(() => tell(fresh));
    },
    onHealth(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    activeSessions: () => Promise.resolve(0),
    close: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

/** The ids of servers that take requests and were not there. Both lists are in the order of ids. */
function newIn(servers: readonly ProxyServer[], before: readonly ProxyServer[]): readonly string[] {
  const fresh: string[] = [];
  let at = 0;
  for (const server of servers) {
    if (before[at] === server) {
      at += 1;
      continue;
    }
    while ((before[at]?.id ?? server.id) < server.id) at += 1;
    if (before[at]?.id === server.id) at += 1;
    else if (!server.draining) fresh.push(server.id);
  }
  return fresh;
}
