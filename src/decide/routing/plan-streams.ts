import type { ProxyStream } from "../../domain/proxy-configuration.ts";
import { ownId, zonalId } from "./names-in-proxy.ts";
import { planTls } from "./plan-tls.ts";
import { backendIn, servedAlike, type ZonalGroups } from "./plan-zones.ts";
import type { OwnPlace, RoutingView, StreamView } from "./view.ts";

/** The streams of all network load balancers: on the addresses that all share, in their VPC, and at addresses of their own where this host has these. */
export function planStreams({ addresses, gateways, streams = [] }: RoutingView, zonal: ZonalGroups): ProxyStream[] {
  return streams.flatMap((stream) => {
    const { port, own, balancer, packets, isOfDatagrams, isShutToHost } = stream;
    if (isOfDatagrams) return [];
    const carries = carried(stream, undefined, zonal);
    const inVpc = own ? [] : gateways.filter(({ vpcId }) => vpcId === balancer.vpcId);
    return [
      { id: `stream-${port}`, addresses, port, ...carries, ...(isShutToHost && { isSilent: true }) },
      ...inVpc.map(({ vpcId, vpcCidr, address }) => ({
        id: `${vpcId}-stream-${port}`,
        addresses: [address],
        port,
        clients: [vpcCidr],
        ...carries,
      })),
      ...(own && !packets ? ownStreams(stream, own, zonal) : []),
    ];
  });
}

function ownStreams(stream: StreamView, own: OwnPlace, zonal: ZonalGroups): ProxyStream[] {
  const { port, clients } = own;
  const arns = stream.groups.map(({ arn }) => arn);
  return servedAlike(own, arns, zonal).map(({ addresses, zone }) => ({
    id: zonalId(ownId(stream.balancer.arn, port), zone),
    addresses,
    port,
    clients,
    ...carried(stream, zone, zonal),
  }));
}

function carried(
  { groups, idleTimeout, tls, balancer, logged }: StreamView,
  zone: string | undefined,
  zonal: ZonalGroups,
): Pick<ProxyStream, "backends" | "idleTimeout" | "tls" | "logged"> {
  const idOf = backendIn(zone, zonal);
  return {
    backends: groups.map(({ arn, weight }) => ({ id: idOf(arn), weight })).filter(({ weight }) => weight > 0),
    idleTimeout,
    ...(tls && { tls: planTls(tls, balancer.arn) }),
    ...(logged !== undefined && { logged: { loadBalancer: balancer.arn, listener: logged } }),
  };
}
