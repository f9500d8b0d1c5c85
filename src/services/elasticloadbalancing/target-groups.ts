import { scopeKey } from "../../domain/scope.ts";
import {
  DuplicateTargetGroupNameException,
  InvalidConfigurationRequestException,
  ResourceInUseException,
  TargetGroupNotFoundException,
  TooManyTargetGroupsException,
  type CreateTargetGroupInput,
  type TargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { vpcs } from "../../state/ec2.ts";
import { loadBalancersOfTargetGroup, targetGroupInUse, targetGroupsOfLoadBalancer } from "../../state/elb-targets.ts";
import { targetGroups, targetKey, targets, type TargetGroupRecord } from "../../state/elb.ts";
import type { State } from "../../state/state.ts";
import { ensureLinkedRole } from "../iam/linked-role.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkEnum, checkRange, creation, invalid, operation, permission } from "./elb-operation.ts";
import { checkArn, findLoadBalancer, findTargetGroup, own, type Place } from "./find.ts";
import { checkHealthCheck, describedMatcher } from "./health-check.ts";
import { checkName } from "./names.ts";
import { pageByArn } from "./page.ts";
import { QUOTAS } from "./quotas.ts";
import { checkTags } from "./tags.ts";
import { defaultTargetGroupAttributes } from "./target-group-attributes.ts";
import { checkKind } from "./target-group-kind.ts";

export const createTargetGroup = operation("CreateTargetGroup", {
  authorize({ Name, Tags: tags }, at) {
    const created = at.arn("elasticloadbalancing", `targetgroup/${Name}/*`);
    return creation("CreateTargetGroup", { on: created, created, tags });
  },
  run(input, context) {
    const { state, ids, now, account, region } = context;
    const settings = checkSettings(input, context);
    const tags = checkTags(input.Tags);
    const others = state.table(targetGroups).by("scope", scopeKey(context));
    const same = others.find((group) => group.name === settings.name);
    if (same) {
      if (!equalSettings(same, settings))
        throw new DuplicateTargetGroupNameException(
          because(`A target group with the same name '${same.name}' exists, but with different settings`),
        );
      return { TargetGroups: [describe(same, state)] };
    }
    if (others.length >= QUOTAS["target-groups"])
      throw new TooManyTargetGroupsException(because("The maximum number of target groups has been reached"));
    const created = state.commit(() => {
      // A target group does without the role where the caller may not make it: targets need no permissions of ours.
      ensureLinkedRole("elasticloadbalancing.amazonaws.com", context);
      return state.table(targetGroups).put({
        arn: context.arn("elasticloadbalancing", `targetgroup/${settings.name}/${ids.hex(16)}`),
        account,
        region,
        ...settings,
        attributes: defaultTargetGroupAttributes(settings),
        tags,
        createdAt: now,
      });
    });
    return { TargetGroups: [describe(created, state)] };
  },
});

export const describeTargetGroups = operation("DescribeTargetGroups", {
  authorize: () => permission("DescribeTargetGroups"),
  run(input, context) {
    const { LoadBalancerArn, TargetGroupArns = [], Names = [] } = input;
    if ([LoadBalancerArn !== undefined, TargetGroupArns.length > 0, Names.length > 0].filter(Boolean).length > 1)
      throw invalid("Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time");
    for (const arn of TargetGroupArns) checkArn(arn, "target group", context);
    const all = context.state.table(targetGroups).by("scope", scopeKey(context));
    const { items, ...marker } = pageByArn(chosen(), input, context);
    return { TargetGroups: items.map((group) => describe(group, context.state)), ...marker };

    function chosen(): readonly TargetGroupRecord[] {
      if (LoadBalancerArn !== undefined) {
        const { arn } = findLoadBalancer(LoadBalancerArn, context);
        const used = targetGroupsOfLoadBalancer(context.state, arn);
        return all.filter((group) => used.has(group.arn));
      }
      if (TargetGroupArns.length + Names.length === 0) return all;
      const found = all.filter(({ arn, name }) => TargetGroupArns.includes(arn) || Names.includes(name));
      if (found.length < new Set([...TargetGroupArns, ...Names]).size)
        throw new TargetGroupNotFoundException(because("One or more target groups not found"));
      return found;
    }
  },
});

export const modifyTargetGroup = operation("ModifyTargetGroup", {
  authorize: ({ TargetGroupArn }) => permission("ModifyTargetGroup", TargetGroupArn ?? "*"),
  run(input, context) {
    const { state } = context;
    const group = findTargetGroup(input.TargetGroupArn, context);
    const healthCheck = checkHealthCheck(input, group, group.healthCheck);
    const changed = state.commit(() => state.table(targetGroups).put({ ...group, healthCheck }));
    return { TargetGroups: [describe(changed, state)] };
  },
});

/** Deletes the group with its targets. One that does not exist is no error, as on AWS. */
export const deleteTargetGroup = operation("DeleteTargetGroup", {
  authorize: ({ TargetGroupArn }) => permission("DeleteTargetGroup", TargetGroupArn ?? "*"),
  run({ TargetGroupArn = "" }, context) {
    checkArn(TargetGroupArn, "target group", context);
    const { state } = context;
    const group = own(state.table(targetGroups).get(TargetGroupArn), context);
    if (!group) return {};
    if (targetGroupInUse(state, group.arn))
      throw new ResourceInUseException(because(`Target group '${group.arn}' is currently in use by a listener or a rule`));
    state.commit(() => {
      for (const { targetGroupArn, id, port } of state.table(targets).by("targetGroup", group.arn))
        state.table(targets).delete(targetKey(targetGroupArn, id, port));
      state.table(targetGroups).delete(group.arn);
    });
    return {};
  },
});

type Settings = Pick<
  TargetGroupRecord,
  "name" | "targetType" | "protocol" | "protocolVersion" | "port" | "vpcId" | "ipAddressType" | "healthCheck"
>;

function checkSettings(input: CreateTargetGroupInput, at: Place & Pick<OperationContext, "leadsPackets">): Settings {
  const name = checkName(input.Name, "Target group name");
  const kind = checkKind(input, at.leadsPackets);
  checkEnum(input.IpAddressType, "ipAddressType", ["ipv4", "ipv6"]);
  if (input.Port === undefined) throw invalid("A port must be specified");
  if (input.VpcId === undefined) throw invalid("A VPC ID must be specified");
  checkRange(input.Port, "port", 1, 65_535);
  if (input.IpAddressType === "ipv6")
    throw new InvalidConfigurationRequestException(because("Airfield does not support IPv6 target groups yet"));
  if (input.TargetControlPort !== undefined)
    throw new InvalidConfigurationRequestException(because("Airfield does not support target control ports"));
  const vpc = own(at.state.table(vpcs).get(input.VpcId), at);
  if (!vpc) throw invalid(`The VPC ID '${input.VpcId}' is not found`);
  return { name, ...kind, port: input.Port, vpcId: vpc.id, ipAddressType: "ipv4", healthCheck: checkHealthCheck(input, kind) };
}

function equalSettings(record: TargetGroupRecord, wanted: Settings): boolean {
  const listed = ({ targetType, protocol, protocolVersion, port, vpcId, ipAddressType, healthCheck: check }: Settings): string =>
    JSON.stringify([
      targetType,
      protocol,
      protocolVersion,
      port,
      vpcId,
      ipAddressType,
      [
        check.protocol,
        check.port,
        check.path,
        check.interval,
        check.timeout,
        check.healthyThreshold,
        check.unhealthyThreshold,
        check.matcher,
        check.grpcMatcher,
      ],
    ]);
  return listed(record) === listed(wanted);
}

function describe(group: TargetGroupRecord, state: State): TargetGroup {
  const { healthCheck } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: healthCheck.port,
    HealthCheckEnabled: healthCheck.enabled,
    HealthCheckIntervalSeconds: healthCheck.interval,
    HealthCheckTimeoutSeconds: healthCheck.timeout,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    HealthCheckPath: healthCheck.path,
    Matcher: describedMatcher(group),
    LoadBalancerArns: [...loadBalancersOfTargetGroup(state, group.arn)],
    TargetType: group.targetType,
    ProtocolVersion: group.protocolVersion,
    IpAddressType: group.ipAddressType,
  };
}
