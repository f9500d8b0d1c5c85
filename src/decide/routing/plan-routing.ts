import type {
  ListenerPlace,
  ProxyBackend,
  ProxyConfiguration,
  ProxyListener,
  ProxyRoute,
  ProxyServer,
} from "../../domain/proxy-configuration.ts";
import { backendId, byId, innerId, ownId, serverId, zonalId } from "./names-in-proxy.ts";
import { ofOne, planSharedPort, type SharedPort } from "./plan-shared-port.ts";
import { planStreams } from "./plan-streams.ts";
import { backendIn, backendsOf, servedAlike, zonalGroups, type ZonalGroups } from "./plan-zones.ts";
import type { ActionView, GatewayView, ListenerView, RoutingView, TargetGroupView, TargetView } from "./view.ts";

/** The names of load balancers, which nobody else has, end so. */
export const OWN_NAMES = ".elb.localhost";

/** So end the names by which tasks reach load balancers besides. */
export const OTHER_NAMES = ".elb.amazonaws.com";

/**
 * All names of a load balancer, in lower case: its `DNSName`, and the same under AWS's domain. What ends with `.localhost` is loopback to many clients,
 * curl among them, whatever the name server says (RFC 6761, section 6.3): right on the host, and in a task the task itself.
 */
export function namesOf(dnsName: string): readonly [own: string, other: string] {
  const name = dnsName.toLowerCase();
  return [name, name.replace(OWN_NAMES, OTHER_NAMES)];
}

/**
 * The proxy's configuration for all load balancers. On loopback they share ports: a request belongs to the load balancer whose name it carries,
 * and under any other name to the listener that took the port first, so that a load balancer that is alone on its port answers to any name.
 * A name of a load balancer that does not listen there is nobody's. In a VPC only its own load balancers listen: each at addresses of its own, on its own
 * ports and whatever the name; where this host does not have these, all at its gateway, where they share ports as on loopback. An address of its own sends
 * to the targets of its zone alone where a group does not cross zones; what all share sends to all.
 * Equal views give equal configurations.
 * @param toBackends what `backendsOf` gives for a view
 */
export function planRouting(
  view: RoutingView,
  toBackends: (group: TargetGroupView) => readonly ProxyBackend[] = (group) => backendsOf(group, group.targets.map(serverOf)),
): ProxyConfiguration {
  const actions = view.listeners.flatMap(({ rules, action }) => [...rules.map((rule) => rule.action), action]);
  const forwarded = actions.flatMap((action) => (action.kind === "forward" ? action.groups : []));
  const used = new Set([...forwarded, ...(view.streams ?? []).flatMap(({ groups }) => groups)].map((group) => group.arn));
  const zonal = zonalGroups(view.groups);
  const streams = planStreams(view, zonal).sort(byId);
  const shared = sharedPorts(view);
  const atGateways = view.gateways.flatMap((gateway) => gatewayPorts(gateway, view));
  const entrances = [...shared, ...atGateways].flatMap((port) => port.entrances).sort(byId);
  return {
    listeners: [
      ...shared.flatMap((port) => port.listeners),
      ...atGateways.flatMap((port) => port.listeners).sort(byId),
      ...[...view.listeners.flatMap((listener) => ownListeners(listener, zonal)), ...view.listeners.flatMap(innerListener)].sort(byId),
    ],
    ...(entrances.length > 0 && { entrances }),
    ...(streams.length > 0 && { streams }),
    backends: view.groups
      .filter((group) => used.has(group.arn))
      .flatMap(toBackends)
      .sort(byId),
  };
}

function sharedPorts({ listeners, addresses }: RoutingView): SharedPort[] {
  const ways = movedPorts(listeners);
  return byPort(listeners.map(asForHost)).map(({ port, sharing }) => sharedPort({ id: `port-${port}`, addresses, port }, sharing, ways));
}

/** On loopback there are programs of this host alone, which a load balancer may not let in. Its names are its own all the same. */
function asForHost(listener: ListenerView): ListenerView {
  if (!listener.isShutToHost) return listener;
  const { login: _nobody, tokens: _none, answers: _as, balancer, ...rest } = listener;
  const { arn, dnsName, vpcId, idleTimeout } = balancer;
  return { ...rest, balancer: { arn, dnsName, vpcId, idleTimeout }, rules: [], action: { kind: "silence" } };
}

function gatewayPorts({ vpcId, vpcCidr, address }: GatewayView, { listeners }: RoutingView): SharedPort[] {
  const ways = movedPorts(listeners);
  return byPort(listeners.filter(({ balancer, own }) => balancer.vpcId === vpcId && !own)).map(({ port, sharing }) =>
    // Other networks of this host reach the address, too.
    sharedPort({ id: `${vpcId}-port-${port}`, addresses: [address], port, clients: [vpcCidr] }, sharing, ways),
  );
}

/** By load balancer, the ports that it has on the addresses that all share in the place of those that it asked for. */
type MovedPorts = ReadonlyMap<string, ReadonlyMap<string, number>>;

function movedPorts(listeners: readonly ListenerView[]): MovedPorts {
  const moved = new Map<string, Map<string, number>>();
  for (const { asked, port, balancer } of listeners) {
    if (asked === undefined) continue;
    const of = moved.get(balancer.arn) ?? new Map<string, number>();
    moved.set(balancer.arn, of.set(String(asked), port));
  }
  return moved;
}

function sharedPort(place: ListenerPlace, sharing: readonly ListenerView[], moved: MovedPorts): SharedPort {
  return planSharedPort(
    place,
    sharing,
    (some, elsewhere) => routesOf(place.port, some, elsewhere, moved),
    ({ balancer }) => namesOf(balancer.dnsName),
  );
}

function ownListeners(listener: ListenerView, zonal: ZonalGroups): ProxyListener[] {
  const { own, balancer, rules, action } = listener;
  if (!own) return [];
  const { port, clients } = own;
  return servedAlike(own, [...rules.map((rule) => rule.action), action].flatMap(groupsOf), zonal).map(({ addresses, zone }) => ({
    id: zonalId(ownId(balancer.arn, port), zone),
    addresses,
    port,
    clients,
    routes: routesUnder(listener, [], { idOf: backendIn(zone, zonal) }),
    ...ofOne(listener),
  }));
}

function groupsOf(action: ActionView): readonly string[] {
  return action.kind === "forward" ? action.groups.map(({ arn }) => arn) : [];
}

/** Who comes here came to a network load balancer first, which has looked at who it is for. */
function innerListener(listener: ListenerView): ProxyListener[] {
  const { inner, balancer } = listener;
  if (inner === undefined) return [];
  return [{ id: innerId(balancer.arn, inner), addresses: [], port: inner, routes: routesUnder(listener, []), ...ofOne(listener) }];
}

function byPort(listeners: readonly ListenerView[]): { readonly port: number; readonly sharing: readonly ListenerView[] }[] {
  const ports = [...new Set(listeners.map((listener) => listener.port))].sort((a, b) => a - b);
  return ports.map((port) => ({ port, sharing: listeners.filter((listener) => listener.port === port).sort(byTurn) }));
}

/**
 * @param sharing who took the port first, first
 * @param elsewhere names that lead to other listeners on the port
 */
function routesOf(port: number, sharing: readonly ListenerView[], elsewhere: readonly string[], moved: MovedPorts): ProxyRoute[] {
  const [first, ...others] = sharing;
  if (!first) return [];
  const under = (listener: ListenerView, hosts: readonly string[]): ProxyRoute[] =>
    routesUnder(listener, hosts, { portOf: (asked) => moved.get(listener.balancer.arn)?.get(asked) });
  return [
    ...others.flatMap((listener) => under(listener, namesOf(listener.balancer.dnsName))),
    {
      hosts: [OWN_NAMES, OTHER_NAMES, ...elsewhere],
      exceptHosts: namesOf(first.balancer.dnsName),
      action: misdirected(port),
      idleTimeout: first.balancer.idleTimeout,
    },
    // Its own names and all strange ones: no host to look at for each rule.
    ...under(first, []),
  ];
}

/** RFC 9110, section 15.5.20: a request that was sent to somebody who does not speak for its host. */
function misdirected(port: number): ProxyRoute["action"] {
  const body = `No load balancer of this name listens on port ${port}.\n`;
  return { kind: "fixed-response", status: 421, contentType: "text/plain", body };
}

/** What actions lead to. */
interface Ways {
  /** The backend of a target group. */
  readonly idOf: (arn: string) => string;
  /** Where a listener is reached whose load balancer asked for a port; `undefined` where it is there. */
  readonly portOf: (asked: string) => number | undefined;
}

const OWN_PORTS: Ways = { idOf: backendId, portOf: () => undefined };

/** A listener's rules in their order, and its default action after them. */
function routesUnder(listener: ListenerView, hosts: readonly string[], besides: Partial<Ways> = {}): ProxyRoute[] {
  const ways = { ...OWN_PORTS, ...besides };
  const { rules, action, login, tokens, answers, tlsHeaders, balancer } = listener;
  const { arn, idleTimeout, handling, logs = false, logsConnections = false } = balancer;
  const under = {
    hosts,
    owner: arn,
    idleTimeout,
    ...(handling && { handling }),
    ...(answers && { answers }),
    ...(tlsHeaders && { tlsHeaders }),
    ...(logsConnections && { logsConnections }),
  };
  const byRule = rules.map(({ priority, conditions, rewrites, login: before, tokens: shown, action: its }) => ({
    ...under,
    conditions,
    ...(rewrites && { rewrites }),
    ...(before && { login: before }),
    ...(shown && { tokens: shown }),
    ...(logs && { logged: priority }),
    action: proxyAction(its, ways),
  }));
  return [
    ...byRule,
    { ...under, ...(login && { login }), ...(tokens && { tokens }), ...(logs && { logged: 0 }), action: proxyAction(action, ways) },
  ];
}

/** A redirect's host that is the request's. */
const SAME_HOST = "#{host}";

function proxyAction(action: ActionView, { idOf, portOf }: Ways): ProxyRoute["action"] {
  switch (action.kind) {
    case "forward":
      // A group of weight 0 is checked but gets nothing.
      return {
        kind: "forward",
        backends: action.groups.filter((group) => group.weight > 0).map(({ arn, weight }) => ({ id: idOf(arn), weight })),
        ...(action.stickiness === undefined ? {} : { stickiness: action.stickiness }),
      };
    case "fixed-response":
    case "silence":
      return action;
    case "redirect": {
      const { status, protocol, host, port, path, query } = action;
      // Who is sent to another port of the same host comes to that listener where it is reached. Another host may be anybody's.
      const reached = host === SAME_HOST ? (portOf(port) ?? port) : port;
      const location = `${protocol.toLowerCase()}://${host}:${reached}${path}${query === "" ? "" : `?${query}`}`;
      return { kind: "redirect", status, location };
    }
  }
}

/** What a target is in the proxy. */
export function serverOf({ id, port, address, addressPort, source, listener, draining, health }: TargetView): ProxyServer {
  return {
    id: serverId(id, port),
    address,
    port: addressPort,
    ...(source !== undefined && { source }),
    ...(listener !== undefined && { listener }),
    draining,
    health,
  };
}

function byTurn(a: ListenerView, b: ListenerView): number {
  return a.turn - b.turn;
}
