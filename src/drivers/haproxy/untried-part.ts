import { isDeepStrictEqual } from "node:util";
import type { ProxyBackend, ProxyConfiguration } from "../../ports/traffic-proxy.ts";

/**
 * What HAProxy has not been seen to take of a configuration, given another that it works by: the listeners that are others, with what they lead to, and the
 * backends that are. Trying that tells nearly as much as trying all, and takes time by what changed. All of it where anything but listeners and backends is
 * another.
 */
export function untriedPart(before: ProxyConfiguration | undefined, after: ProxyConfiguration): ProxyConfiguration {
  if (!before) return after;
  const { backends: known, listeners: those, clientSets: _knew, ...theirs } = before;
  const { backends, listeners: these, clientSets: _know, ...others } = after;
  if (!isDeepStrictEqual(theirs, others)) return after;
  const knownListeners = new Map(those.map((listener) => [listener.id, listener]));
  const knownBackends = new Map(known.map((backend) => [backend.id, backend]));
  const listeners = these.filter((listener) => !isDeepStrictEqual(listener, knownListeners.get(listener.id)));
  const ledTo = new Set(
    listeners.flatMap(({ routes }) =>
      routes.flatMap(({ action }) => (action.kind === "forward" ? action.backends.map(({ id }) => id) : [])),
    ),
  );
  return {
    listeners,
    backends: backends.flatMap((backend) => {
      if (!sameSettings(knownBackends.get(backend.id), backend)) return backend;
      return ledTo.has(backend.id) ? { ...backend, servers: [] } : [];
    }),
  };
}

function sameSettings(before: ProxyBackend | undefined, after: ProxyBackend): boolean {
  if (before === after) return true;
  return before !== undefined && isDeepStrictEqual({ ...before, servers: [] }, { ...after, servers: [] });
}
