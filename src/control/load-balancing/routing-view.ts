import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ActionView, ListenerView, RoutingView, TargetGroupView, TargetView } from "../../decide/routing/view.ts";
import {
  listeners,
  loadBalancers,
  targetGroups,
  targets,
  type ListenerRecord,
  type TargetGroupRecord,
  type TargetRecord,
} from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** What `planRouting` looks at; listeners that have no port yet are left out. */
export function routingView(state: WholeState, addresses: readonly string[]): RoutingView {
  return {
    addresses,
    listeners: [...state.table(listeners).values()].flatMap((listener) => listenerView(state, listener)),
    groups: [...state.table(targetGroups).values()].map((group) => groupView(group, state.table(targets).by("targetGroup", group.arn))),
  };
}

function listenerView(state: WholeState, listener: ListenerRecord): ListenerView[] {
  const balancer = state.table(loadBalancers).get(listener.loadBalancerArn);
  const action = listener.defaultActions.at(-1);
  if (!balancer || !action || listener.boundPort === undefined) return [];
  const { arn, dnsName, createdAt, attributes } = balancer;
  return [
    {
      port: listener.boundPort,
      balancer: { arn, dnsName, createdAt, idleTimeout: Number(attributes["idle_timeout.timeout_seconds"] ?? 60) },
      action: actionView(action),
    },
  ];
}

/** Operations let no action in that the proxy cannot carry out. */
function actionView({ Type, FixedResponseConfig, RedirectConfig, ForwardConfig, TargetGroupArn }: Action): ActionView {
  if (Type === "fixed-response") {
    const { StatusCode, ContentType, MessageBody } = FixedResponseConfig ?? {};
    return {
      kind: "fixed-response",
      status: Number(StatusCode ?? 503),
      ...(ContentType === undefined ? {} : { contentType: ContentType }),
      ...(MessageBody === undefined ? {} : { body: MessageBody }),
    };
  }
  if (Type === "redirect") {
    const {
      Protocol = "#{protocol}",
      Host = "#{host}",
      Port = "#{port}",
      Path = "/#{path}",
      Query = "#{query}",
      StatusCode,
    } = RedirectConfig ?? {};
    return {
      kind: "redirect",
      status: StatusCode === "HTTP_301" ? 301 : 302,
      protocol: Protocol,
      host: Host,
      port: Port,
      path: Path,
      query: Query,
    };
  }
  const groups = ForwardConfig?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn, Weight: 1 }]);
  return {
    kind: "forward",
    groups: groups.map((group) => ({ arn: group.TargetGroupArn ?? "", weight: group.Weight ?? 1 })),
  };
}

function groupView(group: TargetGroupRecord, members: readonly TargetRecord[]): TargetGroupView {
  const { healthCheck } = group;
  return {
    arn: group.arn,
    algorithm:
      group.attributes["load_balancing.algorithm.type"] === "least_outstanding_requests" ? "least_outstanding_requests" : "round_robin",
    healthCheck: healthCheck.enabled
      ? {
          kind: healthCheck.protocol === "TCP" ? "tcp" : "http",
          path: healthCheck.path ?? "/",
          matcher: healthCheck.matcher ?? "200",
          interval: healthCheck.interval,
          timeout: healthCheck.timeout,
          healthyThreshold: healthCheck.healthyThreshold,
          unhealthyThreshold: healthCheck.unhealthyThreshold,
          ...(healthCheck.port === "traffic-port" ? {} : { port: Number(healthCheck.port) }),
        }
      : { kind: "none" },
    targets: members.map(targetView),
  };
}

function targetView({ id, port, address, addressPort, drainingUntil, health }: TargetRecord): TargetView {
  const draining = drainingUntil !== undefined;
  return {
    id,
    port,
    address,
    addressPort,
    draining,
    health: draining || health.state === "healthy" ? "healthy" : health.state === "unhealthy" ? "unhealthy" : "initial",
  };
}
