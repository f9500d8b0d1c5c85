import { BlockList, isIPv4 } from "node:net";
import {
  InvalidTargetException,
  TooManyTargetsException,
  type TargetDescription,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { NOT_REGISTERED } from "../../domain/target-health.ts";
import { subnets, vpcs } from "../../state/ec2.ts";
import { deregisterTarget, registerTarget, type NewTarget } from "../../state/elb-targets.ts";
import { targets, type TargetGroupRecord, type TargetRecord } from "../../state/elb.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { because } from "../operation.ts";
import { checkRange, invalid, operation, permission } from "./elb-operation.ts";
import { findTargetGroup, type Place } from "./find.ts";

const MOST_TARGETS = 1000;

export const registerTargets = operation("RegisterTargets", {
  authorize: ({ TargetGroupArn }) => permission("RegisterTargets", TargetGroupArn ?? "*"),
  run({ TargetGroupArn, Targets }, context) {
    const { state, now } = context;
    const group = findTargetGroup(TargetGroupArn, context);
    if (!Targets || Targets.length === 0) throw invalid("Targets cannot be empty");
    const wanted = Targets.map((target) => newTarget(target, group, context));
    const keys = new Set([...state.table(targets).by("targetGroup", group.arn), ...wanted].map(({ id, port }) => `${id}|${port}`));
    if (keys.size > MOST_TARGETS)
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
  run({ TargetGroupArn, Targets }, context) {
    const group = findTargetGroup(TargetGroupArn, context);
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

function describe({ id, port, availabilityZone, health }: TargetRecord, group: TargetGroupRecord): TargetHealthDescription {
  return {
    Target: { Id: id, Port: port, AvailabilityZone: availabilityZone },
    HealthCheckPort: healthCheckPort(group, port),
    TargetHealth: { State: health.state, Reason: health.reason, Description: health.description },
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

function newTarget({ Id = "", Port, AvailabilityZone }: TargetDescription, group: TargetGroupRecord, at: Place): Omit<NewTarget, "now"> {
  checkRange(Port, "targets.1.member.port", 1, 65_535);
  const target = { targetGroupArn: group.arn, id: Id, port: Port ?? group.port ?? 80 };
  if (group.targetType === "instance") return { ...target, address: addressOfInstance(Id, at) };
  const zone = zoneOfAddress(Id, AvailabilityZone, group, at);
  return { ...target, availabilityZone: zone };
}

/** This host is the one instance that exists. Its containers publish their ports on it. */
function addressOfInstance(id: string, at: Place): string {
  if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) throw invalid(`Instance ID '${id}' is not valid`);
  if (id !== localInstanceId(at))
    throw new InvalidTargetException(because(`The following targets are not in a running state and cannot be registered: '${id}'`));
  return "127.0.0.1";
}

/** Outside of the VPC: RFC 1918 and RFC 6598, as on AWS, and this host itself, which AWS does not have. */
const PRIVATE = blocks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8");

function zoneOfAddress(address: string, zone: string | undefined, group: TargetGroupRecord, { state }: Place): string {
  if (!isIPv4(address)) throw invalid(`The IP address '${address}' is not a valid IPv4 address`);
  const vpc = state.table(vpcs).get(group.vpcId ?? "");
  if (!vpc || !blocks(vpc.cidrBlock).check(address)) {
    if (!PRIVATE.check(address)) throw invalid(`The IP address '${address}' is not within the VPC and is publicly routable`);
    if (zone === undefined) throw invalid(`The Availability Zone is required for IP address '${address}' because it is not in the VPC`);
    if (zone !== "all")
      throw invalid(
        `You must specify a valid Availability Zone or select 'all' for all enabled Availability zones, since the IP address '${address}' is outside the VPC`,
      );
    return zone;
  }
  const subnet = state
    .table(subnets)
    .by("vpc", vpc.id)
    .find(({ cidrBlock }) => blocks(cidrBlock).check(address));
  if (!subnet) throw invalid(`The Availability Zone is required for IP address '${address}' because it is not in the VPC`);
  if (zone !== undefined && zone !== subnet.availabilityZone)
    throw invalid(
      `The IP address '${address}' is within the VPC, and cannot have its Availability Zone overridden to '${zone}' from '${subnet.availabilityZone}'`,
    );
  return subnet.availabilityZone;
}

function blocks(...cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", prefix] = cidr.split("/");
    list.addSubnet(network, Number(prefix), "ipv4");
  }
  return list;
}
