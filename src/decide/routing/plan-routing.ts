import type { ProxyBackend, ProxyConfiguration, ProxyListener, ProxyRoute } from "../../domain/proxy-configuration.ts";
import type { ActionView, ListenerView, RoutingView, TargetGroupView } from "./view.ts";

/**
 * The proxy's configuration for all load balancers. Those that share a port are told apart by the Host header; a host that nobody has
 * goes to the oldest of them, so that a load balancer that is alone on its port answers to any name. Equal views give equal configurations.
 */
export function planRouting(view: RoutingView): ProxyConfiguration {
  const used = new Set(view.listeners.flatMap(({ action }) => (action.kind === "forward" ? action.groups.map((group) => group.arn) : [])));
  return {
    listeners: listenersByPort(view),
    backends: view.groups
      .filter((group) => used.has(group.arn))
      .map(backendOf)
      .sort(byId),
  };
}

/** The name of a target group in the proxy. */
export function backendId(targetGroupArn: string): string {
  const [name = "", id = ""] = targetGroupArn.split("/").slice(-2);
  return `${name}-${id}`;
}

/** The name of a target in the proxy, unique within its group. */
export function serverId(id: string, port: number): string {
  return `${id.replace(/[^A-Za-z0-9.-]/g, "_")}-${port}`;
}

function listenersByPort({ listeners, addresses }: RoutingView): ProxyListener[] {
  const ports = [...new Set(listeners.map((listener) => listener.port))].sort((a, b) => a - b);
  return ports.map((port) => {
    const sharing = listeners.filter((listener) => listener.port === port).sort(byAge);
    return { id: `port-${port}`, addresses, port, routes: routesOf(sharing) };
  });
}

/** @param sharing the oldest first */
function routesOf(sharing: readonly ListenerView[]): ProxyRoute[] {
  const [oldest] = sharing;
  if (!oldest) return [];
  const named = sharing.length === 1 ? [] : sharing.map((listener) => routeOf(listener, [listener.balancer.dnsName.toLowerCase()]));
  return [...named, routeOf(oldest, [])];
}

function routeOf({ action, balancer }: ListenerView, hosts: readonly string[]): ProxyRoute {
  return { hosts, action: proxyAction(action), idleTimeout: balancer.idleTimeout };
}

function proxyAction(action: ActionView): ProxyRoute["action"] {
  switch (action.kind) {
    case "forward":
      // A group of weight 0 is checked but gets nothing.
      return {
        kind: "forward",
        backends: action.groups.filter((group) => group.weight > 0).map(({ arn, weight }) => ({ id: backendId(arn), weight })),
      };
    case "fixed-response":
      return action;
    case "redirect": {
      const { status, protocol, host, port, path, query } = action;
      const location = `${protocol.toLowerCase()}://${host}:${port}${path}${query === "" ? "" : `?${query}`}`;
      return { kind: "redirect", status, location };
    }
  }
}

function backendOf(group: TargetGroupView): ProxyBackend {
  const servers = group.targets.map(({ id, port, address, addressPort, draining, health }) => ({
    id: serverId(id, port),
    address,
    port: addressPort,
    draining,
    health,
  }));
  return { id: backendId(group.arn), algorithm: group.algorithm, healthCheck: group.healthCheck, servers: servers.sort(byId) };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function byAge({ balancer: a }: ListenerView, { balancer: b }: ListenerView): number {
  return a.createdAt - b.createdAt || (a.arn < b.arn ? -1 : 1);
}
