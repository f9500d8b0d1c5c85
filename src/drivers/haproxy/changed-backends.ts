import { isDeepStrictEqual } from "node:util";
import { byCookie } from "./stickiness.ts";
import type { ProxyBackend, ProxyConfiguration } from "../../ports/traffic-proxy.ts";

/** As many are looked at one by one; with more, the whole table costs less. */
const MOST = 64;

/**
 * The backends of which only the servers changed, where nothing else did between two configurations and a worker can be told of these alone; `undefined`
 * where it takes more. What is one object in both costs nothing: time is proportional to the routes and certificates.
 */
export function changedBackends(before: ProxyConfiguration, after: ProxyConfiguration): readonly ProxyBackend[] | undefined {
  if (before.backends.length !== after.backends.length || !sameEntrances(before, after)) return undefined;
  const changed = after.backends.filter((backend, at) => backend !== before.backends[at]);
  const isOfServersAlone = changed.length <= MOST && after.backends.every((backend, at) => sameSettings(before.backends[at], backend));
  return isOfServersAlone ? changed : undefined;
}

function sameSettings(before: ProxyBackend | undefined, after: ProxyBackend): boolean {
  if (before === after) return true;
  // What is known of cookies, and what is cut, is of all backends together.
  if (!before || byCookie(after.stickiness) || after.stream?.cutsRemoved) return false;
  return isDeepStrictEqual({ ...before, servers: [] }, { ...after, servers: [] });
}

function sameEntrances(before: ProxyConfiguration, after: ProxyConfiguration): boolean {
  const { backends: _before, ...those } = before;
  const { backends: _after, ...these } = after;
  return isDeepStrictEqual(those, these);
}
