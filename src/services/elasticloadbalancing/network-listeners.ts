import {
  IncompatibleProtocolsException,
  InvalidConfigurationRequestException,
  InvalidLoadBalancerActionException,
  UnsupportedProtocolException,
  type Action,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerRecord, LoadBalancerRecord, TargetGroupRecord } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { whole, type AttributeRules } from "./attributes.ts";
import { invalid } from "./elb-operation.ts";

const PROTOCOLS = ["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];

/** The protocol of a Network Load Balancer's listener, where the proxy carries it. */
export function checkNetworkProtocol(protocol: string): "TCP" | "TLS" {
  if (!PROTOCOLS.includes(protocol)) throw invalid(`Listener protocol '${protocol}' must be one of '${PROTOCOLS.join(", ")}'`);
  if (protocol === "TCP" || protocol === "TLS") return protocol;
  throw new UnsupportedProtocolException(
    because(`Airfield's proxy carries connections, and no datagrams: it does not support listeners with the protocol '${protocol}'`),
  );
}

/** Source: Elastic Load Balancing API, `ListenerAttribute`. */
export const NETWORK_LISTENER_ATTRIBUTES: AttributeRules = { "tcp.idle_timeout.seconds": whole(350, 60, 6000) };

/** The protocols of target groups that listeners forward to. Source: Network Load Balancers guide, "Target groups"; Application Load Balancers guide, likewise. */
const COMPATIBLE: Readonly<Record<LoadBalancerRecord["type"], readonly TargetGroupRecord["protocol"][]>> = {
  application: ["HTTP", "HTTPS"],
  network: ["TCP", "TLS", "UDP", "TCP_UDP"],
};

/** @throws IncompatibleProtocolsException where a group is for load balancers of the other kind */
export function requireCompatible({ arn, protocol }: TargetGroupRecord, { type, arn: balancer }: LoadBalancerRecord): void {
  if (!COMPATIBLE[type].includes(protocol))
    throw new IncompatibleProtocolsException(
      because(`The protocol '${protocol}' of the target group '${arn}' is not compatible with the load balancer '${balancer}'`),
    );
}

/** A Network Load Balancer does not look into what it carries. */
export function requireForwards(actions: readonly Action[], { type }: LoadBalancerRecord): void {
  const other = type === "network" ? actions.find(({ Type }) => Type !== "forward") : undefined;
  if (other)
    throw new InvalidLoadBalancerActionException(
      because(`The action type '${other.Type}' is not valid with network load balancers: only 'forward' is`),
    );
}

export function requireRules({ protocol }: Pick<ListenerRecord, "protocol">): void {
  if (protocol !== "HTTP" && protocol !== "HTTPS")
    throw new InvalidConfigurationRequestException(because(`Rules are not supported for listeners with the protocol '${protocol}'`));
}
