import type { ServerHealthReport, TrafficProxy } from "../../src/ports/traffic-proxy.ts";

/** Servers whose health is told in one turn of the event loop: as many as one look at a real proxy's statistics brings. */
const TOLD_AT_ONCE = 100;

/** A proxy that carries nothing and finds every new server healthy at once. Each configuration costs one look at each of its servers. */
export function instantProxy(): TrafficProxy {
  const listeners = new Set<(report: ServerHealthReport) => void>();
  let known = new Set<string>();

  function tell(fresh: readonly ServerHealthReport[]): void {
    for (const report of fresh.slice(0, TOLD_AT_ONCE)) for (const listener of listeners) listener(report);
    if (fresh.length > TOLD_AT_ONCE) setImmediate(() => tell(fresh.slice(TOLD_AT_ONCE)));
  }

  return {
    async apply({ backends }) {
      await new Promise(setImmediate);
      const present = new Set<string>();
      const fresh: ServerHealthReport[] = [];
      for (const { id: backend, servers } of backends)
        for (const { id: server, draining } of servers) {
          const key = `${backend}/${server}`;
          present.add(key);
          if (!known.has(key) && !draining) fresh.push({ backend, server, health: "healthy" });
        }
      known = present;
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
