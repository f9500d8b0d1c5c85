import { isDeepStrictEqual } from "node:util";
import type { ProxyBackend, ProxyConfiguration, ProxyServer } from "../../ports/traffic-proxy.ts";

/**
 * Two configurations that are the same to a proxy that works by one of them: they differ at most in known health, which only matters to a proxy that
 * starts afresh. What is one object in both costs nothing.
 */
export function sameConfiguration(a: ProxyConfiguration, b: ProxyConfiguration): boolean {
  return (
    all(a.backends, b.backends, sameBackend) &&
    isDeepStrictEqual(a.listeners, b.listeners) &&
    isDeepStrictEqual(a.streams, b.streams) &&
    isDeepStrictEqual(a.entrances, b.entrances) &&
    isDeepStrictEqual(a.aliases, b.aliases) &&
    all(a.clientSets ?? [], b.clientSets ?? [], isDeepStrictEqual)
  );
}

function sameBackend({ servers: ours, ...a }: ProxyBackend, { servers: theirs, ...b }: ProxyBackend): boolean {
  return isDeepStrictEqual(a, b) && all(ours, theirs, sameServer);
}

function sameServer(a: ProxyServer, b: ProxyServer): boolean {
  return (
    a.id === b.id &&
    a.address === b.address &&
    a.port === b.port &&
    a.source === b.source &&
    a.listener === b.listener &&
    a.draining === b.draining
  );
}

function all<T>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at] || same(one, b[at] as T));
}
