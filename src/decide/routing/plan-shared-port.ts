import type { ListenerPlace, ProxyEntrance, ProxyListener, ProxyRoute } from "../../domain/proxy-configuration.ts";
import { ownId } from "./names-in-proxy.ts";
import { certificateDoors } from "./plan-doors.ts";
import { planTls } from "./plan-tls.ts";
import type { ListenerView } from "./view.ts";

export interface SharedPort {
  readonly listeners: readonly ProxyListener[];
  readonly entrances: readonly ProxyEntrance[];
}

/** The routes of listeners that are told apart by the Host header. @param elsewhere further names that lead to others on the port */
type RoutesOf = (sharing: readonly ListenerView[], elsewhere: readonly string[]) => readonly ProxyRoute[];

/**
 * Several listeners at one place. Those in plain text are one listener of the proxy; each that is encrypted is one of its own, so that nobody's certificates,
 * versions and checks of clients are another's, and is chosen by the name that a client asks for when it begins: the load balancer's own, then those of the
 * certificates, as `plan-doors.ts` gives them out. Any other name, and none, is the first one's.
 * @param sharing who took the port first, first
 * @param namesOf the names of a listener's load balancer
 */
export function planSharedPort(
  place: ListenerPlace,
  sharing: readonly ListenerView[],
  routesOf: RoutesOf,
  namesOf: (listener: ListenerView) => readonly string[],
): SharedPort {
  const [first] = sharing.filter(({ tls }) => tls);
  const [alone] = sharing.length === 1 ? sharing : [];
  if (alone) return { listeners: [{ ...place, routes: routesOf(sharing, []), ...ofOne(alone) }], entrances: [] };
  if (!first) return { listeners: [{ ...place, routes: routesOf(sharing, []) }], entrances: [] };

  const encrypted = sharing.filter(({ tls }) => tls);
  const plain = sharing.filter(({ tls }) => !tls);
  const idOf = ({ balancer }: ListenerView): string => `${place.id}-${ownId(balancer.arn, place.port)}`;
  const byCertificate = certificateDoors(encrypted);
  const doors = encrypted.map((listener) => ({
    listener: idOf(listener),
    names: [...namesOf(listener), ...(byCertificate.get(listener) ?? [])],
  }));
  const inside = { ...place, addresses: [] };
  return {
    listeners: [
      ...encrypted.map((listener, at) => {
        const own = new Set(doors[at]?.names);
        const elsewhere = doors.flatMap(({ names }) => names).filter((name) => !own.has(name) && !name.startsWith("*."));
        return { ...inside, id: idOf(listener), routes: routesOf([listener], [...new Set(elsewhere)]), ...ofOne(listener) };
      }),
      ...(plain.length > 0 ? [{ ...inside, id: `${place.id}-plain`, routes: routesOf(plain, []) }] : []),
    ],
    entrances: [{ ...place, doors, fallback: idOf(first), ...(plain.length > 0 && { plain: `${place.id}-plain` }) }],
  };
}

/** What is added to a listener of the proxy that is one listener alone. */
export function ofOne({ tls, balancer }: Pick<ListenerView, "tls" | "balancer">): Pick<ProxyListener, "tls" | "logsConnectionsOf"> {
  const { arn, logsConnections = false } = balancer;
  return { ...(tls && { tls: planTls(tls, arn) }), ...(logsConnections && { logsConnectionsOf: arn }) };
}
