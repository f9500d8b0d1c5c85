import type { OwnPlace, StreamView } from "../../decide/routing/view.ts";
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerRecord, LoadBalancerRecord, TargetGroupRecord } from "../../state/elb.ts";

/** AWS's default, in seconds. */
const IDLE = 350;

/** A listener of a Network Load Balancer, once it has a port. */
export function streamView(
  { arn: listener, boundPort, attributes, protocol }: Pick<ListenerRecord, "arn" | "boundPort" | "attributes" | "protocol">,
  action: Pick<Action, "TargetGroupArn" | "ForwardConfig">,
  { arn, vpcId, attributes: ofBalancer }: Pick<LoadBalancerRecord, "arn" | "vpcId" | "attributes">,
  own: OwnPlace | undefined,
): StreamView[] {
  if (boundPort === undefined) return [];
  // "Access logs are created only if the load balancer has a TLS listener": Network Load Balancers guide.
  const isLogged = protocol === "TLS" && ofBalancer["access_logs.s3.enabled"] === "true";
  return [
    {
      port: boundPort,
      ...(own && { own }),
      balancer: { arn, vpcId },
      groups: forwardedTo(action),
      idleTimeout: Number(attributes["tcp.idle_timeout.seconds"] ?? IDLE),
      ...(isLogged && { logged: listener }),
    },
  ];
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
