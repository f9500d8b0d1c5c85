import type { OwnPlace, StreamView } from "../../decide/routing/view.ts";
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerRecord, LoadBalancerRecord, TargetGroupRecord } from "../../state/elb.ts";

/** AWS's default, in seconds. */
const IDLE = 350;

/** A listener of a Network Load Balancer, once it has a port. */
export function streamView(
  { arn: listener, port, boundPort, attributes, protocol }: Pick<ListenerRecord, "arn" | "port" | "boundPort" | "attributes" | "protocol">,
  action: Pick<Action, "TargetGroupArn" | "ForwardConfig">,
  { arn, vpcId, attributes: ofBalancer }: Pick<LoadBalancerRecord, "arn" | "vpcId" | "attributes">,
  own: OwnPlace | undefined,
  keepsClients: (targetGroupArn: string) => boolean = () => false,
): StreamView[] {
  const isOfDatagrams = protocol === "UDP";
  if (boundPort === undefined && !isOfDatagrams) return [];
  const groups = forwardedTo(action);
  const idleTimeout = Number(attributes["tcp.idle_timeout.seconds"] ?? IDLE);
  const packets = packetsOf(
    protocol,
    groups.some((group) => keepsClients(group.arn)),
    idleTimeout,
  );
  // "Access logs are created only if the load balancer has a TLS listener": Network Load Balancers guide.
  const isLogged = protocol === "TLS" && ofBalancer["access_logs.s3.enabled"] === "true";
  return [
    {
      port: boundPort ?? port,
      ...(own && { own }),
      balancer: { arn, vpcId },
      groups,
      idleTimeout,
      ...(packets.length > 0 && { packets }),
      ...(isOfDatagrams && { isOfDatagrams }),
      ...(isLogged && { logged: listener }),
    },
  ];
}

/** Source: Network Load Balancers guide, "Connection idle timeout". */
const UDP_IDLE = 120;

/** What the kernel is to lead of a listener. Datagrams only it can; connections where targets are to see who the client is. */
function packetsOf(protocol: ListenerRecord["protocol"], keepsClients: boolean, idleTimeout: number): NonNullable<StreamView["packets"]> {
  const udp = { protocol: "udp", idleTimeout: UDP_IDLE } as const;
  const tcp = { protocol: "tcp", idleTimeout } as const;
  if (protocol === "UDP") return [udp];
  if (protocol === "TCP_UDP") return [tcp, udp];
  return protocol === "TCP" && keepsClients ? [tcp] : [];
}

/** The groups of a forward action, with their weights. */
export function forwardedTo({ TargetGroupArn, ForwardConfig }: Pick<Action, "TargetGroupArn" | "ForwardConfig">): StreamView["groups"] {
  const groups = ForwardConfig?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn, Weight: 1 }]);
  return groups.map((group) => ({ arn: group.TargetGroupArn ?? "", weight: group.Weight ?? 1 }));
}

/** What is particular to a group that gets connections. Source: Elastic Load Balancing API, `TargetGroupAttribute`. */
export function streamOf({ protocol, attributes, targetType }: Pick<TargetGroupRecord, "protocol" | "attributes" | "targetType">) {
  if (protocol === undefined || protocol === "HTTP" || protocol === "HTTPS") return undefined;
  const isOn = (key: string, initial: "true" | "false"): boolean => (attributes[key] ?? initial) === "true";
  return {
    // An Application Load Balancer sees the client as the one who comes.
    proxyProtocol: targetType === "alb" || isOn("proxy_protocol_v2.enabled", "false"),
    cutsRemoved: isOn("deregistration_delay.connection_termination.enabled", "false"),
    cutsUnhealthy: isOn("target_health_state.unhealthy.connection_termination.enabled", "true"),
  };
}
