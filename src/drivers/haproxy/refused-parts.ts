import type { ProxyBackend, ProxyConfiguration, ProxyListener, ProxyRoute, RefusedPart } from "../../ports/traffic-proxy.ts";
import { refusedOf } from "./refused-units.ts";

/** What can be refused by itself: a backend without its servers, which come at run time, or what a route answers. */
type Unit =
  | { readonly kind: "backend"; readonly key: string; readonly backend: ProxyBackend }
  | { readonly kind: "route"; readonly key: string; readonly listener: ProxyListener; readonly route: ProxyRoute };

/** Why HAProxy would not work by a configuration, in its words; `undefined` where it would. */
export type Check = (configuration: ProxyConfiguration) => Promise<string | undefined>;

/**
 * The parts that HAProxy refuses, so that one line of one load balancer does not keep everybody's changes from coming about. What was refused once is
 * left out until it is another.
 */
export class RefusedParts {
  #reasons: ReadonlyMap<string, string> = new Map();

  /** Looks for refused parts in a configuration that was refused as a whole, by halves; tells whether there are any. */
  async look(configuration: ProxyConfiguration, check: Check): Promise<boolean> {
    const units = unitsOf(configuration).filter(({ key }) => !this.#reasons.has(key));
    const found = await refusedOf(units, (some) => check(configurationOf(some)));
    if (found.size === 0) return false;
    const current = new Set(unitsOf(configuration).map(({ key }) => key));
    this.#reasons = new Map([...[...this.#reasons].filter(([key]) => current.has(key)), ...found]);
    return true;
  }

  /** @param before what HAProxy works by: there, a part may have a form that it takes */
  leaveOut(configuration: ProxyConfiguration, before: ProxyConfiguration | undefined): ProxyConfiguration {
    if (this.in(configuration).length === 0) return configuration;
    const isRefused = (unit: Unit): boolean => this.#reasons.has(unit.key);
    const backends = configuration.backends.flatMap((backend) => {
      if (!isRefused(unitOfBackend(backend))) return backend;
      const former = before?.backends.find(({ id }) => id === backend.id);
      return former ? { ...former, servers: backend.servers } : [];
    });
    const there = new Set(backends.map(({ id }) => id));
    const listeners = configuration.listeners.map((listener) => {
      const known = before?.listeners.find(({ id }) => id === listener.id);
      const routes = listener.routes.flatMap((wantedRoute) => {
        const route = isRefused(unitOfRoute(listener, wantedRoute)) ? formerRoute(known, wantedRoute) : wantedRoute;
        if (route?.action.kind !== "forward") return route ?? [];
        return { ...route, action: { ...route.action, backends: route.action.backends.filter(({ id }) => there.has(id)) } };
      });
      return { ...listener, routes };
    });
    const streams = configuration.streams?.map((stream) => ({ ...stream, backends: stream.backends.filter(({ id }) => there.has(id)) }));
    return { ...configuration, listeners, ...(streams && { streams }), backends };
  }

  /** Those of a configuration, as far as is known. */
  in(configuration: ProxyConfiguration): readonly RefusedPart[] {
    if (this.#reasons.size === 0) return [];
    return unitsOf(configuration).flatMap((unit): RefusedPart[] => {
      const reason = this.#reasons.get(unit.key);
      if (reason === undefined) return [];
      if (unit.kind === "backend") return [{ kind: "backend", id: unit.backend.id, reason }];
      const { owner } = unit.route;
      return [{ kind: "route", listener: unit.listener.id, ...(owner === undefined ? {} : { owner }), reason }];
    });
  }
}

/** As for a load balancer without targets. */
const UNAVAILABLE: ProxyRoute["action"] = { kind: "fixed-response", status: 503 };

/** The route as it was before, where it took the same requests; without a former one, nothing where its conditions themselves may be refused. */
function formerRoute(listener: ProxyListener | undefined, wanted: ProxyRoute): ProxyRoute | undefined {
  const taken = ({ hosts, exceptHosts = [], conditions = [] }: ProxyRoute): string => JSON.stringify([hosts, exceptHosts, conditions]);
  const former = listener?.routes.find((route) => taken(route) === taken(wanted));
  if (former) return former;
  const { rewrites: _refused, ...rest } = wanted;
  return hasExpression(wanted.conditions) ? undefined : { ...rest, action: UNAVAILABLE };
}

/** Only a user's expression can be one that HAProxy does not take. */
function hasExpression(conditions: ProxyRoute["conditions"] = []): boolean {
  return conditions.some((condition) => "regexes" in condition && condition.regexes !== undefined);
}

function unitOfBackend(backend: ProxyBackend): Unit {
  return { kind: "backend", key: JSON.stringify({ ...backend, servers: [] }), backend };
}

function unitOfRoute(listener: ProxyListener, route: ProxyRoute): Unit {
  return { kind: "route", key: JSON.stringify([listener.id, route]), listener, route };
}

/** Who forwards has nothing of its own that could be refused but expressions: names are ours, and backends are units themselves. */
function unitsOf({ listeners, backends }: ProxyConfiguration): readonly Unit[] {
  const routes = listeners.flatMap((listener) =>
    listener.routes
      .filter(({ action, conditions, rewrites }) => action.kind !== "forward" || rewrites || hasExpression(conditions))
      .map((route) => unitOfRoute(listener, route)),
  );
  return [...backends.map(unitOfBackend), ...routes];
}

/** Each route alone in its listener, so that none hides another, and with what it forwards to. Nothing of TLS is asked about: see `refused-tls.ts`. */
function configurationOf(units: readonly Unit[]): ProxyConfiguration {
  const backends = units.flatMap((unit) => (unit.kind === "backend" ? { ...unit.backend, servers: [] } : []));
  const there = new Set(backends.map(({ id }) => id));
  const besides = units.flatMap((unit) =>
    unit.kind === "route" && unit.route.action.kind === "forward" ? unit.route.action.backends : [],
  );
  const empty = [...new Set(besides.map(({ id }) => id))].filter((id) => !there.has(id)).map(emptyBackend);
  const listeners = units.flatMap((unit, at) => {
    if (unit.kind !== "route") return [];
    const { tls: _tls, ...plain } = unit.listener;
    return { ...plain, id: `${plain.id}-${at}`, routes: [unit.route] };
  });
  return { backends: [...backends, ...empty], listeners };
}

function emptyBackend(id: string): ProxyBackend {
  return { id, algorithm: "round_robin", healthCheck: { kind: "none" }, servers: [] };
}
