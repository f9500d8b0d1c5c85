import { targetGroups } from "../../state/elb.ts";
import {
  changeAttributes,
  fixedFlag,
  initialAttributes,
  listAttributes,
  oneOf,
  onlyInitial,
  text,
  whole,
  type AttributeRules,
} from "./attributes.ts";
import { operation, permission } from "./elb-operation.ts";
import { findTargetGroup } from "./find.ts";

/** The attributes of a target group of instances or addresses behind an Application Load Balancer. Source: ELB API, `TargetGroupAttribute`. */
const RULES: AttributeRules = {
  "deregistration_delay.timeout_seconds": whole(300, 0, 3600),
  "stickiness.enabled": fixedFlag("false"),
  "stickiness.type": oneOf("lb_cookie", ["app_cookie", "lb_cookie"]),
  "stickiness.lb_cookie.duration_seconds": whole(86_400, 1, 604_800),
  "stickiness.app_cookie.cookie_name": text(),
  "stickiness.app_cookie.duration_seconds": whole(86_400, 1, 604_800),
  "slow_start.duration_seconds": onlyInitial({
    initial: "0",
    refusal: (value) =>
      value === "0" || (/^\d+$/.test(value) && Number(value) >= 30 && Number(value) <= 900)
        ? undefined
        : "must be '0' or between '30-900' inclusive",
  }),
  "load_balancing.algorithm.type": oneOf(
    "round_robin",
    ["round_robin", "least_outstanding_requests", "weighted_random"],
    ["round_robin", "least_outstanding_requests"],
  ),
  "load_balancing.algorithm.anomaly_mitigation": oneOf("off", ["on", "off"], ["off"]),
  "load_balancing.cross_zone.enabled": oneOf(
    "use_load_balancer_configuration",
    ["true", "false", "use_load_balancer_configuration"],
    ["true", "use_load_balancer_configuration"],
  ),
  "target_group_health.dns_failover.minimum_healthy_targets.count": onlyInitial(countOrOff("1")),
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": onlyInitial(countOrOff("off")),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": onlyInitial(whole(1, 1, 1000)),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": onlyInitial(countOrOff("off")),
};

function countOrOff(initial: string): AttributeRules[string] {
  return {
    initial,
    refusal: (value) => (value === "off" || (/^\d+$/.test(value) && Number(value) >= 1) ? undefined : "must be 'off' or a positive number"),
  };
}

export function defaultTargetGroupAttributes(): Readonly<Record<string, string>> {
  return initialAttributes(RULES);
}

export const describeTargetGroupAttributes = operation("DescribeTargetGroupAttributes", {
  authorize: () => permission("DescribeTargetGroupAttributes"),
  run: ({ TargetGroupArn }, context) => ({ Attributes: listAttributes(RULES, findTargetGroup(TargetGroupArn, context).attributes) }),
});

export const modifyTargetGroupAttributes = operation("ModifyTargetGroupAttributes", {
  authorize: ({ TargetGroupArn }) => permission("ModifyTargetGroupAttributes", TargetGroupArn ?? "*"),
  run({ TargetGroupArn, Attributes }, context) {
    const group = findTargetGroup(TargetGroupArn, context);
    const attributes = changeAttributes("Target group", RULES, group.attributes, Attributes);
    context.state.commit(() => context.state.table(targetGroups).put({ ...group, attributes }));
    return { Attributes: listAttributes(RULES, attributes) };
  },
});
