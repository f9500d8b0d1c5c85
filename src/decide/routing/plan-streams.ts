import type { ProxyStream } from "../../domain/proxy-configuration.ts";
import { backendId, ownId } from "./names-in-proxy.ts";
import { planTls } from "./plan-tls.ts";
import type { RoutingView, StreamView } from "./view.ts";

/** The streams of all network load balancers: on the addresses that all share, in their VPC, and at addresses of their own where this host has these. */
export function planStreams({ addresses, gateways, streams = [] }: RoutingView): ProxyStream[] {
  return streams.flatMap((stream) => {
    const { port, own, balancer } = stream;
    const carries = carried(stream);
    const inVpc = own ? [] : gateways.filter(({ vpcId }) => vpcId === balancer.vpcId);
    return [
      { id: `stream-${port}`, addresses, port, ...carries },
      ...inVpc.map(({ vpcId, vpcCidr, address }) => ({
        id: `${vpcId}-stream-${port}`,
        addresses: [address],
        port,
        clients: [vpcCidr],
        ...carries,
      })),
      ...(own ? [{ id: ownId(balancer.arn, own.port), addresses: own.addresses, port: own.port, clients: own.clients, ...carries }] : []),
    ];
  });
}

function carried({ groups, idleTimeout, tls, balancer }: StreamView): Pick<ProxyStream, "backends" | "idleTimeout" | "tls"> {
  return {
    backends: groups.map(({ arn, weight }) => ({ id: backendId(arn), weight })).filter(({ weight }) => weight > 0),
    idleTimeout,
    ...(tls && { tls: planTls(tls, balancer.arn) }),
  };
}
