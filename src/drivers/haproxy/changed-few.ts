import { isDeepStrictEqual } from "node:util";
import type { ProxyBackend, ProxyClientSet, ProxyConfiguration, ProxyListener } from "../../ports/traffic-proxy.ts";
import { usesOf } from "./backend-uses.ts";
import { renderListener, routeTables } from "./render-routes.ts";
import { tableText, type RouteTable } from "./route-runs.ts";
import { byCookie } from "./stickiness.ts";

/** As many are looked at one by one; with more, the whole table costs less. */
const MOST = 64;

export interface FewChanges {
  /** Of which the servers changed. */
  readonly backends: readonly ProxyBackend[];
  /** Sets of clients that changed. */
  readonly clientSets: readonly ProxyClientSet[];
  /** Tables of routes that changed. */
  readonly tables: ReadonlyMap<string, RouteTable>;
}

/**
 * The backends of which only the servers changed, the sets of clients, and the tables of routes, where nothing else did between two configurations whose ports are all bound and a
 * worker can be told of these alone; `undefined` where it takes more. What is one object in both costs nothing: time is proportional to the routes and
 * certificates.
 */
export function changedFew(before: ProxyConfiguration, after: ProxyConfiguration): FewChanges | undefined {
  if (before.backends.length !== after.backends.length) return undefined;
  const backends = after.backends.filter((backend, at) => backend !== before.backends[at]);
  const isOfServersAlone = backends.length <= MOST && after.backends.every((backend, at) => sameSettings(before.backends[at], backend));
  const tables = isOfServersAlone ? changedTables(before, after) : undefined;
  const clientSets = (after.clientSets ?? []).filter((set, at) => set !== before.clientSets?.[at]);
  return tables && { backends, clientSets, tables };
}

function sameSettings(before: ProxyBackend | undefined, after: ProxyBackend): boolean {
  if (before === after) return true;
  // What is known of cookies, and what is cut, is of all backends together.
  if (!before || byCookie(after.stickiness) || after.stream?.cutsRemoved) return false;
  return isDeepStrictEqual({ ...before, servers: [] }, { ...after, servers: [] });
}

function changedTables(before: ProxyConfiguration, after: ProxyConfiguration): ReadonlyMap<string, RouteTable> | undefined {
  const { backends: _before, listeners: those, clientSets: _knew, ...theirs } = before;
  const { backends: _after, listeners: these, clientSets: _know, ...others } = after;
  if (those.length !== these.length || !isDeepStrictEqual(theirs, others)) return undefined;
  const changed = these.flatMap((is, at) => {
    const was = those[at];
    return was && isDeepStrictEqual(was, is) ? [] : [{ was, is }];
  });
  if (changed.length === 0) return new Map();
  const areOfTablesAlone = changed.every(({ was, is }) => was && isDeepStrictEqual(was.tls, is.tls) && textOf(was) === textOf(is));
  // Who leads to a backend says what it does with requests.
  if (!areOfTablesAlone || !isDeepStrictEqual(usesOf(before), usesOf(after))) return undefined;
  return new Map(changed.flatMap(({ was, is }) => otherTables(was, is)));
}

const isBound = (): boolean => true;

function textOf(listener: ProxyListener): string {
  return renderListener(listener, isBound).join("\n");
}

function otherTables(was: ProxyListener | undefined, is: ProxyListener): readonly (readonly [string, RouteTable])[] {
  const known = was ? routeTables(was, isBound) : new Map<string, RouteTable>();
  return [...routeTables(is, isBound)].filter(([file, table]) => tableText(table) !== tableText(known.get(file) ?? new Map()));
}
