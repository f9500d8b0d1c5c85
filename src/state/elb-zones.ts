import { loadBalancersOfTargetGroup, targetGroupsOfLoadBalancer } from "./elb-targets.ts";
import { loadBalancers, targetGroups, targets, zoneOfTargets, type LoadBalancerRecord, type TargetGroupRecord } from "./elb.ts";
import type { State } from "./state.ts";

const CROSS_ZONE = "load_balancing.cross_zone.enabled";

/**
 * Whether each of a load balancer's addresses sends to a group's targets of all zones. An Application Load Balancer is one target, which is in all zones.
 * Source: ELB API, `TargetGroupAttribute` and `LoadBalancerAttribute`.
 */
export function crossesZones(
  { attributes, targetType }: Pick<TargetGroupRecord, "attributes" | "targetType">,
  balancer: Pick<LoadBalancerRecord, "attributes" | "type">,
): boolean {
  if (targetType === "alb") return true;
  const own = attributes[CROSS_ZONE] ?? "use_load_balancer_configuration";
  if (own !== "use_load_balancer_configuration") return own === "true";
  return (balancer.attributes[CROSS_ZONE] ?? (balancer.type === "application" ? "true" : "false")) === "true";
}

/** The zones that a group has to itself each: those of its load balancer, where it does not cross them and there is more than one; `undefined` where all are one. */
export function separateZones(state: State, group: TargetGroupRecord): readonly string[] | undefined {
  const [arn] = loadBalancersOfTargetGroup(state, group.arn);
  const balancer = arn === undefined ? undefined : state.table(loadBalancers).get(arn);
  if (!balancer || balancer.availabilityZones.length < 2 || crossesZones(group, balancer)) return undefined;
  return balancer.availabilityZones.map(({ zoneName }) => zoneName).toSorted();
}

/**
 * The zones of a load balancer whose addresses names lead to: those where each of its target groups has enough healthy targets, in the zone where it does not
 * cross zones and in all of them where it does. Where no zone is so, all of them ("fails open"). Costs what the load balancer has listeners and rules, and a look
 * at the targets of groups that count by percentage.
 * Source: Application and Network Load Balancers guides, "Target group health".
 */
export function zonesInNames(state: State, balancer: LoadBalancerRecord): ReadonlySet<string> {
  const zones = balancer.availabilityZones.map(({ zoneName }) => zoneName);
  const groups = [...targetGroupsOfLoadBalancer(state, balancer.arn)].flatMap((arn) => state.table(targetGroups).get(arn) ?? []);
  const healthy = zones.filter((zone) => groups.every((group) => isEnough(state, group, crossesZones(group, balancer) ? undefined : zone)));
  return new Set(healthy.length === 0 ? zones : healthy);
}

const LEAST = "target_group_health.dns_failover.minimum_healthy_targets";

function isEnough(state: State, { arn, attributes }: TargetGroupRecord, zone: string | undefined): boolean {
  const count = attributes[`${LEAST}.count`] ?? "1";
  const percentage = attributes[`${LEAST}.percentage`] ?? "off";
  const healthy = healthyIn(state, arn, zone);
  if (count !== "off" && healthy < Number(count)) return false;
  return percentage === "off" || healthy * 100 >= Number(percentage) * registeredIn(state, arn, zone);
}

function healthyIn(state: State, group: string, zone: string | undefined): number {
  const table = state.table(targets);
  if (zone === undefined) return table.count("healthy", group);
  return table.count("healthyIn", zoneOfTargets(group, zone)) + table.count("healthyIn", zoneOfTargets(group, undefined));
}

function registeredIn(state: State, group: string, zone: string | undefined): number {
  const staying = state
    .table(targets)
    .by("targetGroup", group)
    .filter(({ drainingUntil }) => drainingUntil === undefined);
  return zone === undefined
    ? staying.length
    : staying.filter(({ availabilityZone = "all" }) => [zone, "all"].includes(availabilityZone)).length;
}
