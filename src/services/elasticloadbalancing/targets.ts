import {
  InvalidConfigurationRequestException,
  InvalidTargetException,
  TooManyTargetsException,
  type AdministrativeOverride,
  type TargetDescription,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { targetPlaces } from "../../decide/routing/target-place.ts";
import { availabilityZones } from "../../domain/availability-zones.ts";
import { contains, parseAddress, parseCidr } from "../../domain/cidr.ts";
import { NOT_REGISTERED } from "../../domain/target-health.ts";
import { subnets } from "../../state/ec2.ts";
import { deregisterTarget, registerTarget, type NewTarget } from "../../state/elb-targets.ts";
import { targets, type TargetGroupRecord, type TargetRecord } from "../../state/elb.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { because } from "../operation.ts";
import { checkBalancerTarget, requireOneBalancer } from "./balancer-targets.ts";
import { checkRange, invalid, operation, permission } from "./elb-operation.ts";
import { findTargetGroup, type Place } from "./find.ts";
import { QUOTAS } from "./quotas.ts";
import { isForApplications } from "./target-group-kind.ts";

export const registerTargets = operation("RegisterTargets", {
  authorize: ({ TargetGroupArn }) => permission("RegisterTargets", TargetGroupArn ?? "*"),
  run({ TargetGroupArn, Targets }, context) {
    const { state, now } = context;
    const group = findTargetGroup(TargetGroupArn, context);
    if (!Targets || Targets.length === 0) throw invalid("Targets cannot be empty");
    const placeOf = targetPlaces(context.targetSurroundings());
    const wanted = Targets.map((target) => newTarget(target, group, placeOf, context));
    const members = state.table(targets).by("targetGroup", group.arn);
    const withWanted = (of: readonly TargetRecord[]) => new Set([...of, ...wanted].map(({ id, port }) => `${id}|${port}`));
    requireOneBalancer(group, withWanted(members.filter(({ drainingUntil }) => drainingUntil === undefined)));
    if (withWanted(members).size > QUOTAS["targets-per-application-load-balancer"])
      throw new TooManyTargetsException(because(`You've reached the limit on the number of targets for target group '${group.arn}'`));
    state.commit(() => wanted.forEach((target) => registerTarget(state, { ...target, now })));
    return {};
  },
});

/** Starts to drain the targets. What is not registered is no error, as on AWS; a target without a port means all of its ports. */
export const deregisterTargets = operation("DeregisterTargets", {
  authorize: ({ TargetGroupArn }) => permission("DeregisterTargets", TargetGroupArn ?? "*"),
  run({ TargetGroupArn, Targets }, context) {
    const { state, now } = context;
    const group = findTargetGroup(TargetGroupArn, context);
    if (!Targets || Targets.length === 0) throw invalid("Targets cannot be empty");
    const members = state.table(targets).by("targetGroup", group.arn);
    const leaving = members.filter((member) =>
      Targets.some(({ Id, Port }) => Id === member.id && (Port === undefined || Port === member.port)),
    );
    state.commit(() => leaving.forEach(({ id, port }) => deregisterTarget(state, { targetGroupArn: group.arn, id, port, now })));
    return {};
  },
});

export const describeTargetHealth = operation("DescribeTargetHealth", {
  authorize: () => permission("DescribeTargetHealth"),
  run({ TargetGroupArn, Targets, Include = [] }, context) {
    const group = findTargetGroup(TargetGroupArn, context);
    if (Include.length > 0)
      throw new InvalidConfigurationRequestException(because("Airfield does not detect anomalies of targets, and has none to include"));
    const members = context.state.table(targets).by("targetGroup", group.arn);
    if (!Targets || Targets.length === 0) return { TargetHealthDescriptions: members.map((member) => describe(member, group)) };
    return {
      TargetHealthDescriptions: Targets.flatMap((asked) => {
        const found = members.filter(({ id, port }) => id === asked.Id && (asked.Port === undefined || port === asked.Port));
        return found.length > 0 ? found.map((member) => describe(member, group)) : [notRegistered(asked, group)];
      }),
    };
  },
});

/** There are no zonal shifts. As AWS says it. */
const NO_OVERRIDE: AdministrativeOverride = {
  State: "no_override",
  Reason: "AdministrativeOverride.NoOverride",
  Description: "No override is currently active on target",
};

function describe({ id, port, availabilityZone, health }: TargetRecord, group: TargetGroupRecord): TargetHealthDescription {
  return {
    Target: { Id: id, Port: port, AvailabilityZone: availabilityZone },
    HealthCheckPort: healthCheckPort(group, port),
    TargetHealth: { State: health.state, Reason: health.reason, Description: health.description },
    AdministrativeOverride: NO_OVERRIDE,
  };
}

function notRegistered({ Id, Port = 0 }: TargetDescription, group: TargetGroupRecord): TargetHealthDescription {
  const port = Port || (group.port ?? 0);
  const { state, reason, description } = NOT_REGISTERED;
  return {
    Target: { Id, Port: port },
    HealthCheckPort: healthCheckPort(group, port),
    TargetHealth: { State: state, Reason: reason, Description: description },
  };
}

function healthCheckPort({ healthCheck }: TargetGroupRecord, port: number): string {
  return healthCheck.port === "traffic-port" ? String(port) : healthCheck.port;
}

function newTarget(
  { Id = "", Port, AvailabilityZone, QuicServerId }: TargetDescription,
  group: TargetGroupRecord,
  placeOf: ReturnType<typeof targetPlaces>,
  at: Place,
): Omit<NewTarget, "now"> {
  if (QuicServerId !== undefined) throw invalid(`A QUIC server ID cannot be specified for target groups with protocol '${group.protocol}'`);
  checkRange(Port, "targets.1.member.port", 1, 65_535);
  const target = { targetGroupArn: group.arn, id: Id, port: Port ?? group.port ?? 80 };
  if (group.targetType === "alb") {
    checkBalancerTarget({ Id, AvailabilityZone }, target.port, group, at);
    return target;
  }
  if (group.targetType === "instance") return { ...target, address: addressOfInstance(Id, at) };
  return { ...target, availabilityZone: zoneOfAddress(Id, AvailabilityZone, group, placeOf, at) };
}

/** This host is the one instance that exists. Tasks publish their ports on it; the loop sends to those of this account's tasks alone. */
function addressOfInstance(id: string, at: Place): string {
  if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) throw invalid(`Instance ID '${id}' is not valid`);
  if (id !== localInstanceId(at))
    throw new InvalidTargetException(because(`The following targets are not in a running state and cannot be registered: '${id}'`));
  return "127.0.0.1";
}

/** The zone of an address that may be a target of the group. What stands behind one that may not is nobody's to know. */
function zoneOfAddress(
  address: string,
  zone: string | undefined,
  group: TargetGroupRecord,
  placeOf: ReturnType<typeof targetPlaces>,
  at: Place,
): string {
  switch (placeOf(address, group.vpcId)) {
    case "vpc":
      return zoneInVpc(address, zone, group, at);
    case "private":
    case "opened":
      if (zone === undefined) throw invalid(`The Availability Zone is required for IP address '${address}' because it is not in the VPC`);
      if (keepsToZones(group)) return zoneOutside(address, zone, at);
      if (zone !== "all")
        throw invalid(
          `You must specify a valid Availability Zone or select 'all' for all enabled Availability zones, since the IP address '${address}' is outside the VPC`,
        );
      return zone;
    case "public":
      throw invalid(`The IP address '${address}' is not within the VPC and is publicly routable`);
    case "forbidden":
      throw new InvalidTargetException(
        because(
          `The IP address '${address}' is not within the VPC '${group.vpcId}' and cannot be a target. ` +
            "The operator may open addresses of this host (AIRFIELD_TARGET_ADDRESSES), never those of another VPC",
        ),
      );
    case "malformed":
      throw invalid(`The IP address '${address}' is not a valid IPv4 address`);
  }
}

/** Whether an Application Load Balancer's group does not cross zones. */
function keepsToZones(group: TargetGroupRecord): boolean {
  return isForApplications(group) && group.attributes["load_balancing.cross_zone.enabled"] === "false";
}

/** Targets of such a group are in a zone each. Source: Application Load Balancers guide, "Cross-zone load balancing for target groups". */
function zoneOutside(address: string, zone: string, { region }: Place): string {
  if (availabilityZones(region).some(({ name }) => name === zone)) return zone;
  throw invalid(
    `The Availability Zone '${zone}' of the IP address '${address}' is not valid while cross-zone load balancing of its target group is turned off`,
  );
}

function zoneInVpc(address: string, zone: string | undefined, { vpcId = "" }: TargetGroupRecord, { state }: Place): string {
  const number = parseAddress(address) ?? 0;
  const subnet = state
    .table(subnets)
    .by("vpc", vpcId)
    .find(({ cidrBlock }) => {
      const block = parseCidr(cidrBlock);
      return block && contains(block, number);
    });
  if (!subnet) throw invalid(`The Availability Zone is required for IP address '${address}' because it is not in the VPC`);
  if (zone !== undefined && zone !== subnet.availabilityZone)
    throw invalid(
      `The IP address '${address}' is within the VPC, and cannot have its Availability Zone overridden to '${zone}' from '${subnet.availabilityZone}'`,
    );
  return subnet.availabilityZone;
}
