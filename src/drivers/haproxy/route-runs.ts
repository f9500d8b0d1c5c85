import type { RequestCondition } from "../../domain/rule-condition.ts";
import type { ProxyListener, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { noteOf } from "./render-request-log.ts";
import { markOf } from "./route-mark.ts";
import { routeTarget } from "./route-target.ts";
import { digest } from "./tls-names.ts";

/** Where HAProxy finds the tables of runs, as it is told: names within its folder. */
export const ROUTES_FOLDER = "routes";

/**
 * Routes that follow each other and that differ in the path alone, or in the host and perhaps the path, and in where they lead: one look into a table finds
 * which of them takes a request, however many there are, and a worker that runs takes another table without a reload.
 */
export interface RouteRun {
  readonly kind: "run";
  readonly by: "path" | "host";
  /** At least one, in their order. */
  readonly routes: readonly ProxyRoute[];
  /** What HAProxy knows the table by. */
  readonly file: string;
}

export interface SingleRoute {
  readonly kind: "single";
  readonly route: ProxyRoute;
}

/** By key, where the route leads that takes a request: see `tableOf`. */
export type RouteTable = ReadonlyMap<string, string>;

/** The routes of a listener in their order, those together that a table decides. */
export function runsOf(listener: Pick<ProxyListener, "id">, routes: readonly ProxyRoute[]): readonly (RouteRun | SingleRoute)[] {
  const parts: (SingleRoute | (RouteRun & { routes: ProxyRoute[] }))[] = [];
  for (const route of routes) {
    const last = parts.at(-1);
    const by = isOfTable(route) ? keysOf(route)?.by : undefined;
    if (by === undefined) parts.push({ kind: "single", route });
    else if (last?.kind === "run" && last.by === by && likewise(last.routes[0], route)) last.routes.push(route);
    else parts.push({ kind: "run", by, routes: [route], file: `${ROUTES_FOLDER}/${digest(listener.id)}-${parts.length}.map` });
  }
  return parts;
}

/** The tables of a listener, by their files. */
export function tablesOf(listener: ProxyListener, routes: readonly ProxyRoute[]): ReadonlyMap<string, RouteTable> {
  const runs = runsOf(listener, routes).filter((part) => part.kind === "run");
  return new Map(
    runs.map((run) => [
      run.file,
      tableOf(run.routes.map((route) => ({ keys: keysOf(route)?.keys ?? [], value: valueOf(listener, route) }))),
    ]),
  );
}

/**
 * The table in which the longest key that a request's key begins with has the value of the first route that takes the request: each key has what the first of
 * all routes says that take what begins with it. Keys are in the order of the routes; time is proportional to the length of all keys together.
 */
export function tableOf(routes: readonly { readonly keys: readonly string[]; readonly value: string }[]): RouteTable {
  const first = new Map<string, number>();
  for (const [at, { keys }] of routes.entries()) for (const key of keys) if (!first.has(key)) first.set(key, at);
  const table = new Map<string, string>();
  for (const key of first.keys()) {
    let least = Number.POSITIVE_INFINITY;
    for (let length = 1; length <= key.length; length += 1) least = Math.min(least, first.get(key.slice(0, length)) ?? least);
    const value = routes[least]?.value;
    if (value !== undefined) table.set(key, value);
  }
  return table;
}

/** What HAProxy reads of a table when it starts. */
export function tableText(table: RouteTable): string {
  return [...table].map(([key, value]) => `${key} ${value}\n`).join("");
}

/** Ends a host, and a path that is meant as a whole: neither has a question mark. */
export const END = "?";

/** A path from its beginning, or all of it, of signs that are one word in a table and in a command of the runtime API. */
const PLAIN_PATH = /^[!"$-)+->@-[\]-~]+\**$/;
const PLAIN_HOST = /^[A-Za-z0-9._-]+$/;

/**
 * What the keys of the requests begin with that a route takes, where these are all that it asks for. A request's key is its path with `END` behind it, or its
 * host with `END` behind it before that.
 */
export function keysOf({
  conditions = [],
}: Pick<ProxyRoute, "conditions">): (Pick<RouteRun, "by"> & { readonly keys: readonly string[] }) | undefined {
  const [path, ...paths] = conditions.filter(({ kind }) => kind === "path");
  const [host, ...hosts] = conditions.filter(({ kind }) => kind === "host");
  const count = (path ? 1 : 0) + (host ? 1 : 0);
  if (count === 0 || paths.length + hosts.length > 0 || count < conditions.length) return undefined;
  const ofPath = path ? textsOf(path, PLAIN_PATH)?.map(keyOfPath) : [""];
  if (!host || !ofPath) return ofPath && { by: "path", keys: ofPath };
  const ofHost = textsOf(host, PLAIN_HOST);
  return ofHost && { by: "host", keys: ofHost.flatMap((name) => ofPath.map((key) => `${name.toLowerCase()}${END}${key}`)) };
}

function textsOf(condition: RequestCondition, plain: RegExp): readonly string[] | undefined {
  if (condition.kind !== "path" && condition.kind !== "host") return undefined;
  const { patterns, regexes = [] } = condition;
  return regexes.length === 0 && patterns.every((pattern) => plain.test(pattern)) ? patterns : undefined;
}

function keyOfPath(pattern: string): string {
  return pattern.endsWith("*") ? pattern.replace(/\*+$/, "") : `${pattern}${END}`;
}

/** What a route asks for besides that leads to one place says nothing that differs from route to route. */
function isOfTable(route: ProxyRoute): boolean {
  return !route.login && !route.tokens && !route.rewrites && routeTarget({ id: "" }, route) !== undefined;
}

function likewise(one: ProxyRoute | undefined, other: ProxyRoute): boolean {
  const besides = (route: ProxyRoute): string => {
    const { hosts, exceptHosts = [], answers } = route;
    return JSON.stringify([hosts, exceptHosts, answers && markOf(answers), noteOf(route) !== undefined]);
  };
  return one !== undefined && besides(one) === besides(other);
}

/** Where it leads, and what is noted of it in a log. */
function valueOf(listener: Pick<ProxyListener, "id">, route: ProxyRoute): string {
  const target = routeTarget(listener, route) ?? "";
  const note = noteOf(route);
  return note === undefined ? target : `${target}${FIELD}${note}`;
}

/** Between the parts of a value; the last is a log's, and may hold it, too. */
export const FIELD = "|";
