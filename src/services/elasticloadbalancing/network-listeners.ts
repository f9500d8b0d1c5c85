import {
  IncompatibleProtocolsException,
  InvalidConfigurationRequestException,
  InvalidLoadBalancerActionException,
  UnsupportedProtocolException,
  type Action,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerRecord, LoadBalancerRecord, TargetGroupRecord } from "../../state/elb.ts";
import { keepsClients } from "../../state/keeps-clients.ts";
import { because } from "../operation.ts";
import { whole, type AttributeRules } from "./attributes.ts";
import { invalid } from "./elb-operation.ts";

const PROTOCOLS = ["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];

/** The protocol of a Network Load Balancer's listener, where it is carried here. @param leadsPackets whether datagrams are */
export function checkNetworkProtocol(protocol: string, leadsPackets: boolean): "TCP" | "TLS" | "UDP" | "TCP_UDP" {
  if (!PROTOCOLS.includes(protocol)) throw invalid(`Listener protocol '${protocol}' must be one of '${PROTOCOLS.join(", ")}'`);
  if (protocol === "TCP" || protocol === "TLS") return protocol;
  if ((protocol === "UDP" || protocol === "TCP_UDP") && leadsPackets) return protocol;
  throw new UnsupportedProtocolException(
    because(`${noDatagrams(leadsPackets)} it does not support listeners with the protocol '${protocol}'`),
  );
}

/** Why what is not carried is not. */
export function noDatagrams(leadsPackets: boolean): string {
  return leadsPackets
    ? "Airfield carries no QUIC:"
    : "Airfield's proxy carries connections, and no datagrams, which the kernel leads where the programs nft and conntrack are installed and Airfield may use them:";
}

/** Source: Elastic Load Balancing API, `ListenerAttribute`. */
const NETWORK_LISTENER_ATTRIBUTES: AttributeRules = { "tcp.idle_timeout.seconds": whole(350, 60, 6000) };

/** Flows of datagrams are forgotten after 120 seconds: that cannot be set. */
export function networkListenerAttributes(protocol: ListenerRecord["protocol"]): AttributeRules {
  return protocol === "UDP" ? {} : NETWORK_LISTENER_ATTRIBUTES;
}

/** The protocols of target groups that listeners forward to. Source: Network Load Balancers guide, "Target groups"; Application Load Balancers guide, likewise. */
const COMPATIBLE: Readonly<Record<LoadBalancerRecord["type"], readonly TargetGroupRecord["protocol"][]>> = {
  application: ["HTTP", "HTTPS"],
  network: ["TCP", "TLS", "UDP", "TCP_UDP"],
};

/** Of listeners that carry datagrams, and of the others of Network Load Balancers. Source: Network Load Balancers guide, "Listener configuration". */
const OF_LISTENERS: Readonly<Record<string, readonly TargetGroupRecord["protocol"][]>> = {
  TCP: ["TCP", "TLS", "TCP_UDP"],
  TLS: ["TCP", "TLS"],
  UDP: ["UDP", "TCP_UDP"],
  TCP_UDP: ["TCP_UDP"],
};

/** @throws IncompatibleProtocolsException where a group is for load balancers of the other kind, or for other listeners */
export function requireCompatible(
  { arn, protocol }: TargetGroupRecord,
  { type, arn: balancer }: LoadBalancerRecord,
  listener: string,
): void {
  if (!COMPATIBLE[type].includes(protocol))
    throw new IncompatibleProtocolsException(
      because(`The protocol '${protocol}' of the target group '${arn}' is not compatible with the load balancer '${balancer}'`),
    );
  if (OF_LISTENERS[listener]?.includes(protocol) === false)
    throw new IncompatibleProtocolsException(
      because(`The protocol '${protocol}' of the target group '${arn}' is not compatible with the listener protocol '${listener}'`),
    );
}

/**
 * Targets see clients either as they are, which the kernel brings about, or as the load balancer, which the proxy is: a listener cannot have both.
 * @throws InvalidConfigurationRequestException
 */
export function requireOneWay(groups: readonly TargetGroupRecord[], listener: string): void {
  const keeping = groups.filter(keepsClients);
  if (keeping.length === 0) return;
  if (listener === "TLS")
    throw new InvalidConfigurationRequestException(
      because(`Airfield cannot preserve client IP addresses behind TLS listeners, as the target group '${keeping[0]?.arn}' asks for`),
    );
  if (keeping.length < groups.length)
    throw new InvalidConfigurationRequestException(
      because("Airfield cannot preserve client IP addresses for some of a listener's target groups and not for the others"),
    );
}

/** A Network Load Balancer does not look into what it carries. */
export function requireForwards(actions: readonly Action[], { type }: LoadBalancerRecord): void {
  const other = type === "network" ? actions.find(({ Type }) => Type !== "forward") : undefined;
  if (other)
    throw new InvalidLoadBalancerActionException(
      because(`The action type '${other.Type}' is not valid with network load balancers: only 'forward' is`),
    );
  if (type === "network" && actions.some(({ ForwardConfig }) => ForwardConfig?.TargetGroupStickinessConfig?.Enabled))
    throw new InvalidLoadBalancerActionException(because("Airfield does not support target group stickiness for network load balancers"));
}

export function requireRules({ protocol }: Pick<ListenerRecord, "protocol">): void {
  if (protocol !== "HTTP" && protocol !== "HTTPS")
    throw new InvalidConfigurationRequestException(because(`Rules are not supported for listeners with the protocol '${protocol}'`));
}
