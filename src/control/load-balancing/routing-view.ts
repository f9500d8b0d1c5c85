import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { turnAway, type Admission, type TurnedAway } from "../../decide/routing/admit-target.ts";
import { targetPlaces, type TargetSurroundings } from "../../decide/routing/target-place.ts";
import type { ActionView, GatewayView, ListenerView, RoutingView, TargetGroupView, TargetView } from "../../decide/routing/view.ts";
import {
  listeners,
  loadBalancers,
  targetGroups,
  targetKey,
  targets,
  type ListenerRecord,
  type TargetGroupRecord,
  type TargetRecord,
} from "../../state/elb.ts";
import { localInstanceId } from "../../state/local-host.ts";
import type { WholeState } from "../../state/state.ts";
import { publishedPorts } from "./published-ports.ts";

/** Where load balancers listen, and what is around them. */
export interface Whereabouts {
  readonly addresses: readonly string[];
  readonly gateways: readonly GatewayView[];
  readonly surroundings: TargetSurroundings;
}

export interface Routing {
  /** What `planRouting` looks at; listeners that have no port yet are left out. */
  readonly view: RoutingView;
  /** The targets that get nothing, by their keys. Those that drain are not among them: they get nothing new and finish what they have. */
  readonly turnedAway: ReadonlyMap<string, TurnedAway>;
}

/** Costs a look at every listener and every target and, where a target is a port of this host, at every task that runs. */
export function routingView(state: WholeState, { addresses, gateways, surroundings }: Whereabouts): Routing {
  const turnedAway = new Map<string, TurnedAway>();
  const placeOf = targetPlaces(surroundings);
  const publishedIn = publishedPorts(state);
  const groups = [...state.table(targetGroups).values()].map((group) => {
    const admission: Admission = { placeOf, published: (address, port) => publishedIn(group).has(`${address} ${port}`) };
    const members = state.table(targets).by("targetGroup", group.arn);
    for (const target of members) {
      const why = target.drainingUntil === undefined ? turnAway(claimOf(target, group), admission) : undefined;
      if (why) turnedAway.set(keyOf(target), why);
    }
    return groupView(
      group,
      members.filter((target) => !turnedAway.has(keyOf(target))),
    );
  });
  const listening = [...state.table(listeners).values()].flatMap((listener) => listenerView(state, listener));
  return { view: { addresses, gateways, listeners: listening, groups }, turnedAway };
}

function keyOf({ targetGroupArn, id, port }: TargetRecord): string {
  return targetKey(targetGroupArn, id, port);
}

function claimOf({ id, port, address, addressPort }: TargetRecord, group: TargetGroupRecord): Parameters<typeof turnAway>[0] {
  const { targetType, vpcId, healthCheck } = group;
  return {
    id,
    port,
    address,
    addressPort,
    vpcId,
    instanceId: targetType === "instance" ? localInstanceId(group) : undefined,
    checkPort: healthCheck.port === "traffic-port" ? undefined : Number(healthCheck.port),
  };
}

function listenerView(state: WholeState, listener: ListenerRecord): ListenerView[] {
  const balancer = state.table(loadBalancers).get(listener.loadBalancerArn);
  const action = listener.defaultActions.at(-1);
  if (!balancer || !action || listener.boundPort === undefined || listener.turn === undefined) return [];
  const { arn, dnsName, vpcId, attributes } = balancer;
  return [
    {
      port: listener.boundPort,
      turn: listener.turn,
      balancer: { arn, dnsName, vpcId, idleTimeout: Number(attributes["idle_timeout.timeout_seconds"] ?? 60) },
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
