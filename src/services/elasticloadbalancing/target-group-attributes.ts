import { InvalidConfigurationRequestException } from "@aws-sdk/client-elastic-load-balancing-v2";
import { listeners, targetGroups, targetGroupsOf, targets, type TargetGroupRecord } from "../../state/elb.ts";
import { keepsClients } from "../../state/keeps-clients.ts";
import type { State } from "../../state/state.ts";
import { because, type OperationContext } from "../operation.ts";
import {
  changeAttributes,
  fixedFlag,
  flag,
  initialAttributes,
  listAttributes,
  oneOf,
  onlyInitial,
  whole,
  type AttributeRules,
} from "./attributes.ts";
import { operation, permission } from "./elb-operation.ts";
import { findTargetGroup } from "./find.ts";
import { noDatagrams, requireOneWay } from "./network-listeners.ts";
import { isForApplications, isForDatagrams, type TargetGroupKind } from "./target-group-kind.ts";

/** Of all groups. Source of all tables here: ELB API, `TargetGroupAttribute`. */
const COMMON: AttributeRules = {
  "deregistration_delay.timeout_seconds": whole(300, 0, 3600),
  "load_balancing.cross_zone.enabled": oneOf("use_load_balancer_configuration", ["true", "false", "use_load_balancer_configuration"]),
  "target_group_health.dns_failover.minimum_healthy_targets.count": countOrOff("1"),
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": countOrOff("off", 100),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": whole(1, 1, 1000),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": countOrOff("off", 100),
};

/** Of instances or addresses behind an Application Load Balancer. */
const APPLICATION: AttributeRules = {
  ...COMMON,
  "stickiness.enabled": flag("false"),
  "stickiness.type": oneOf("lb_cookie", ["app_cookie", "lb_cookie"]),
  "stickiness.lb_cookie.duration_seconds": whole(86_400, 1, 604_800),
  "stickiness.app_cookie.cookie_name": { initial: "", refusal: cookieNameRefusal },
  "stickiness.app_cookie.duration_seconds": whole(86_400, 1, 604_800),
  "slow_start.duration_seconds": {
    initial: "0",
    refusal: (value) =>
      value === "0" || (/^\d+$/.test(value) && Number(value) >= 30 && Number(value) <= 900)
        ? undefined
        : "must be '0' or between '30-900' inclusive",
  },
  "load_balancing.algorithm.type": oneOf("round_robin", ["round_robin", "least_outstanding_requests", "weighted_random"]),
  "load_balancing.algorithm.anomaly_mitigation": oneOf("off", ["on", "off"], ["off"]),
};

/** Of instances or addresses behind a Network Load Balancer. */
function networkRules(kind: TargetGroupKind): AttributeRules {
  const datagrams = isForDatagrams(kind);
  return {
    ...COMMON,
    "deregistration_delay.connection_termination.enabled": flag(datagrams ? "true" : "false"),
    "preserve_client_ip.enabled": datagrams
      ? alwaysOn("Client IP preservation cannot be disabled for UDP and TCP_UDP target groups")
      : preservation(kind),
    "proxy_protocol_v2.enabled": datagrams ? fixedFlag("false") : flag("false"),
    "stickiness.enabled": flag("false"),
    "stickiness.type": oneOf("source_ip", ["source_ip"]),
    "target_health_state.unhealthy.connection_termination.enabled": datagrams ? fixedFlag("false") : flag("true"),
    "target_health_state.unhealthy.draining_interval_seconds": onlyInitial(whole(0, 0, 360_000)),
  };
}

/**
 * What a target answers goes back to the proxy where that took the connection. The kernel leads connections as they are, but not to ports that tasks have on this
 * host, and nobody does who ends TLS. AWS has `true` for instances, and says who does not.
 */
function preservation({ targetType, protocol }: TargetGroupKind): AttributeRules[string] {
  return targetType === "ip" && protocol === "TCP" ? flag("false") : fixedFlag("false");
}

function alwaysOn(why: string): AttributeRules[string] {
  return { initial: "true", refusal: (value) => flag("true").refusal(value) ?? (value === "true" ? undefined : `is not valid: ${why}`) };
}

/** Of an Application Load Balancer behind a Network Load Balancer: it learns who the client is, and is one target. */
function balancerRules(kind: TargetGroupKind): AttributeRules {
  return { ...networkRules(kind), "preserve_client_ip.enabled": fixedFlag("true"), "proxy_protocol_v2.enabled": fixedFlag("false") };
}

function rulesFor(kind: TargetGroupKind): AttributeRules {
  if (kind.targetType === "alb") return balancerRules(kind);
  return isForApplications(kind) ? APPLICATION : networkRules(kind);
}

/** Names as cookies have them (RFC 6265, section 4.1.1). Reserved ones: Application Load Balancers guide, "Application-based stickiness". */
function cookieNameRefusal(name: string): string | undefined {
  if (name.startsWith("AWSALB"))
    return "cannot begin with a prefix that is reserved for load balancers: 'AWSALB', 'AWSALBAPP' or 'AWSALBTG'";
  if (name.length > 256) return "cannot be longer than '256' characters";
  return /^[\w!#$%&'*+.^`|~-]*$/.test(name) ? undefined : "contains a character that is not allowed in the name of a cookie";
}

/**
 * What AWS does not have beside each other. Source, of zones: Application Load Balancers guide, "Cross-zone load balancing for target groups"; of names that
 * give way not later than routing: the same, "Target group health".
 */
function checkTogether(attributes: Readonly<Record<string, string>>, group: TargetGroupRecord, state: State): void {
  const refuse = (message: string): never => {
    throw new InvalidConfigurationRequestException(because(message));
  };
  const algorithm = attributes["load_balancing.algorithm.type"];
  if (Number(attributes["slow_start.duration_seconds"] ?? 0) > 0 && algorithm !== "round_robin")
    refuse(`You cannot enable both slow start and ${algorithm?.replaceAll("_", " ")} algorithm on a target group`);
  const byCookie = attributes["stickiness.enabled"] === "true" && attributes["stickiness.type"] === "app_cookie";
  if (byCookie && attributes["stickiness.app_cookie.cookie_name"] === "")
    refuse("You must set an application cookie name to enable stickiness of type 'app_cookie'");
  for (const kind of ["count", "percentage"]) {
    const routing = `target_group_health.unhealthy_state_routing.minimum_healthy_targets.${kind}`;
    const dns = `target_group_health.dns_failover.minimum_healthy_targets.${kind}`;
    // "off" is no number, and less than none.
    if (Number(attributes[dns]) < Number(attributes[routing]))
      refuse(`The value of '${dns}' must be greater than or equal to the value of '${routing}'`);
  }
  if (!isForApplications(group) || attributes["load_balancing.cross_zone.enabled"] !== "false") return;
  if (attributes["stickiness.enabled"] === "true")
    refuse("You cannot enable stickiness on a target group while cross-zone load balancing is turned off");
  const everywhere = state
    .table(targets)
    .by("targetGroup", group.arn)
    .find(({ availabilityZone, drainingUntil }) => availabilityZone === "all" && drainingUntil === undefined);
  if (everywhere)
    refuse(`You cannot turn off cross-zone load balancing while the Availability Zone of the target '${everywhere.id}' is 'all'`);
}

/** Where targets are to see their clients: who can bring that about, and what goes with it. */
function checkPreservation(group: TargetGroupRecord, { state, leadsPackets = false }: OperationContext): void {
  const keeps = keepsClients(group);
  if (keeps && !leadsPackets)
    throw new InvalidConfigurationRequestException(
      because(`${noDatagrams(false)} it does not support the value 'true' of the attribute 'preserve_client_ip.enabled'`),
    );
  if (keeps && group.attributes["proxy_protocol_v2.enabled"] === "true")
    throw new InvalidConfigurationRequestException(
      because(
        "Airfield sends no headers of the PROXY protocol to targets that see their clients' addresses: one of the two attributes must be 'false'",
      ),
    );
  for (const { protocol, defaultActions } of state.table(listeners).by("targetGroup", group.arn)) {
    const groups = targetGroupsOf(defaultActions).flatMap((arn) =>
      arn === group.arn ? group : (state.table(targetGroups).get(arn) ?? []),
    );
    requireOneWay(groups, protocol);
  }
}

/** @param most of a number, where there is a bound */
function countOrOff(initial: string, most = Infinity): AttributeRules[string] {
  const isIn = (value: string): boolean => /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= most;
  return {
    initial,
    refusal: (value) =>
      value === "off" || isIn(value)
        ? undefined
        : most === Infinity
          ? "must be 'off' or a positive number"
          : `must be 'off' or between '1-${most}' inclusive`,
  };
}

export function defaultTargetGroupAttributes(kind: TargetGroupKind): Readonly<Record<string, string>> {
  return initialAttributes(rulesFor(kind));
}

export const describeTargetGroupAttributes = operation("DescribeTargetGroupAttributes", {
  authorize: () => permission("DescribeTargetGroupAttributes"),
  run({ TargetGroupArn }, context) {
    const group = findTargetGroup(TargetGroupArn, context);
    return { Attributes: listAttributes(rulesFor(group), group.attributes) };
  },
});

export const modifyTargetGroupAttributes = operation("ModifyTargetGroupAttributes", {
  authorize: ({ TargetGroupArn }) => permission("ModifyTargetGroupAttributes", TargetGroupArn ?? "*"),
  run({ TargetGroupArn, Attributes }, context) {
    const group = findTargetGroup(TargetGroupArn, context);
    const attributes = changeAttributes("Target group", rulesFor(group), group.attributes, Attributes);
    const whole = { ...initialAttributes(rulesFor(group)), ...attributes };
    checkTogether(whole, group, context.state);
    checkPreservation({ ...group, attributes: whole }, context);
    context.state.commit(() => context.state.table(targetGroups).put({ ...group, attributes }));
    return { Attributes: listAttributes(rulesFor(group), attributes) };
  },
});
