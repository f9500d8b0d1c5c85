import { scopeKey } from "../../domain/scope.ts";
import type {
  IpPermission,
  IpRange,
  Ipv6Range,
  PrefixListId,
  SecurityGroup,
  Tag,
  TagSpecification,
  UserIdGroupPair,
} from "@aws-sdk/client-ec2";
import { securityGroups, type SecurityGroupRecord, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { isGroupInUse } from "../../state/group-users.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { chosen, described, type FilterFields } from "./describe.ts";
import { refuseGroupDescription } from "./descriptions.ts";
import { defaultNetworkOf, invalidValue, onAny, operation } from "./ec2-operation.ts";
import { peeringStatusOf, peerVpcOf } from "./rule-peering.ts";
import { onGroup, onNewGroup } from "./security-group-permissions.ts";
import { refuseTags } from "./tag-rules.ts";
import { requireVpc } from "./vpcs.ts";

/** Of a region. Source: Amazon VPC quotas. */
const MOST_GROUPS = 2500;

export function groupNotFound(idOrName: string): AwsError {
  return new AwsError("InvalidGroup.NotFound", `The security group '${idOrName}' does not exist`);
}

/** The group that a request names by id or, in the default VPC, by name. */
export function requireGroup(
  context: OperationContext,
  { GroupId: id, GroupName: name }: { GroupId?: string | undefined; GroupName?: string | undefined },
): SecurityGroupRecord {
  const { state, account, region } = context;
  if (id !== undefined) {
    if (!id.startsWith("sg-")) throw new AwsError("InvalidGroupId.Malformed", `Invalid id: "${id}" (expecting "sg-...")`);
    const group = state.table(securityGroups).get(id);
    if (!group || group.account !== account || group.region !== region) throw groupNotFound(id);
    return group;
  }
  if (name === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter groupName or groupId");
  const { vpc } = defaultNetworkOf(context);
  const group = state
    .table(securityGroups)
    .by("vpc", vpc.id)
    .find((candidate) => candidate.name === name);
  if (!group) throw new AwsError("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpc.id}'`);
  return group;
}

export const createSecurityGroup = operation("CreateSecurityGroup", {
  authorize: onNewGroup,
  run(input, context) {
    const { state, ids, account, region } = context;
    const { GroupName: name = "", Description: description = "" } = input;
    refuseGroupName(name);
    refuseGroupDescription(description);
    const tags = tagsFor("security-group", input.TagSpecifications);
    const vpcId = input.VpcId === undefined ? defaultNetworkOf(context).vpc.id : requireVpc(context, input.VpcId).id;
    if (
      state
        .table(securityGroups)
        .by("vpc", vpcId)
        .some((group) => group.name === name)
    )
      throw new AwsError("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
    if (state.table(securityGroups).count("scope", scopeKey(context)) >= MOST_GROUPS)
      throw new AwsError("SecurityGroupLimitExceeded", "The maximum number of security groups for this account has been reached.");
    const id = `sg-${ids.hex(17)}`;
    const all = { id: `sgr-${ids.hex(17)}`, isEgress: true, ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv4: "0.0.0.0/0", tags: [] };
    state.commit(() => state.table(securityGroups).put({ id, name, description, account, region, vpcId, rules: [all], tags }));
    return { GroupId: id, Tags: [...tags], SecurityGroupArn: context.arn("ec2", `security-group/${id}`) };
  },
});

function refuseGroupName(name: string): void {
  if (name.toLowerCase().startsWith("sg-"))
    throw invalidValue(`Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`);
  if (name === "default") throw invalidValue("Cannot use reserved security group name: default");
  // oxlint-disable-next-line no-control-regex -- ASCII, as AWS says
  if (name === "" || name.length > 255 || !/^[\x00-\x7f]*$/.test(name))
    throw invalidValue(
      `Value (${name}) for parameter GroupName is invalid. Group names have 1 to 255 characters. Character sets beyond ASCII are not supported.`,
    );
}

/** The tags that a creation brings for one kind of resource. */
export function tagsFor(kind: string, specifications: readonly TagSpecification[] | undefined): readonly Tag[] {
  for (const { ResourceType } of specifications ?? [])
    if (ResourceType !== kind) throw invalidValue(`'${String(ResourceType)}' is not a valid taggable resource type for this operation.`);
  const tags = (specifications ?? []).flatMap(({ Tags = [] }) => Tags).map(({ Key = "", Value = "" }) => ({ Key, Value }));
  refuseTags(tags);
  return tags;
}

export const deleteSecurityGroup = operation("DeleteSecurityGroup", {
  authorize: onGroup("DeleteSecurityGroup"),
  run(input, context) {
    const { state } = context;
    const group = requireGroup(context, input);
    if (group.name === "default")
      throw new AwsError("CannotDelete", `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
    if (isGroupInUse(state, group)) throw new AwsError("DependencyViolation", `resource ${group.id} has a dependent object`);
    state.commit(() => state.table(securityGroups).delete(group.id));
    return { Return: true, GroupId: group.id };
  },
});

const ruleFields = (prefix: string, egress: boolean): FilterFields<SecurityGroupRecord> => {
  const each = (pick: (rule: SecurityGroupRuleRecord) => string | number | undefined) => (group: SecurityGroupRecord) =>
    group.rules.filter((rule) => rule.isEgress === egress).map(pick);
  return {
    [`${prefix}.cidr`]: each((rule) => rule.cidrIpv4),
    [`${prefix}.ipv6-cidr`]: each((rule) => rule.cidrIpv6),
    [`${prefix}.from-port`]: each((rule) => rule.fromPort),
    [`${prefix}.to-port`]: each((rule) => rule.toPort),
    [`${prefix}.protocol`]: each((rule) => rule.ipProtocol),
    [`${prefix}.group-id`]: each((rule) => rule.referencedGroupId),
    [`${prefix}.user-id`]: (group) =>
      group.rules.flatMap((rule) =>
        rule.isEgress === egress && rule.referencedGroupId !== undefined ? (rule.referencedAccount ?? group.account) : [],
      ),
    [`${prefix}.prefix-list-id`]: each((rule) => rule.prefixListId),
  };
};

const FIELDS: FilterFields<SecurityGroupRecord> = {
  "group-id": ({ id }) => id,
  "group-name": ({ name }) => name,
  description: ({ description }) => description,
  "vpc-id": ({ vpcId }) => vpcId,
  "owner-id": ({ account }) => account,
  ...ruleFields("ip-permission", false),
  ...ruleFields("egress.ip-permission", true),
};

function fieldsIn({ state }: OperationContext): FilterFields<SecurityGroupRecord> {
  const named = (egress: boolean) => (group: SecurityGroupRecord) =>
    group.rules
      .filter((rule) => rule.isEgress === egress)
      .map(({ referencedGroupId: id = "" }) => state.table(securityGroups).get(id)?.name);
  return { ...FIELDS, "ip-permission.group-name": named(false), "egress.ip-permission.group-name": named(true) };
}

export const describeSecurityGroups = operation("DescribeSecurityGroups", {
  authorize: onAny("DescribeSecurityGroups"),
  run(input, context) {
    const all = context.state.table(securityGroups).by("scope", scopeKey(context));
    for (const id of input.GroupIds ?? []) requireGroup(context, { GroupId: id });
    for (const name of input.GroupNames ?? []) requireGroup(context, { GroupName: name });
    const byName = chosenByName(all, input.GroupNames);
    const wanted = chosen(byName, input.GroupIds, ({ id }) => id, groupNotFound);
    const { items, ...more } = described(
      wanted,
      input,
      { id: ({ id }) => id, fields: fieldsIn(context), tags: ({ tags }) => tags },
      context,
    );
    return { SecurityGroups: items.map((group) => shown(group, context)), ...more };
  },
});

function chosenByName(groups: readonly SecurityGroupRecord[], names: readonly string[] | undefined): readonly SecurityGroupRecord[] {
  return names && names.length > 0 ? groups.filter(({ name }) => names.includes(name)) : groups;
}

function shown(group: SecurityGroupRecord, context: OperationContext): SecurityGroup {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    OwnerId: group.account,
    VpcId: group.vpcId,
    SecurityGroupArn: context.arn("ec2", `security-group/${group.id}`),
    IpPermissions: permissions(group, false, context),
    IpPermissionsEgress: permissions(group, true, context),
    Tags: [...group.tags],
  };
}

interface Permission extends IpPermission {
  IpRanges: IpRange[];
  Ipv6Ranges: Ipv6Range[];
  PrefixListIds: PrefixListId[];
  UserIdGroupPairs: UserIdGroupPair[];
}

/** Rules of the same protocol and ports are one permission with several sources. */
function permissions(group: SecurityGroupRecord, egress: boolean, context: OperationContext): IpPermission[] {
  const found = new Map<string, Permission>();
  for (const rule of group.rules) {
    if (rule.isEgress !== egress) continue;
    const key = `${rule.ipProtocol}/${rule.fromPort}/${rule.toPort}`;
    const ports = rule.ipProtocol === "-1" ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort };
    const permission: Permission = found.get(key) ?? {
      IpProtocol: rule.ipProtocol,
      ...ports,
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    };
    found.set(key, permission);
    const description = defined({ Description: rule.description });
    if (rule.cidrIpv4 !== undefined) permission.IpRanges.push({ ...description, CidrIp: rule.cidrIpv4 });
    if (rule.cidrIpv6 !== undefined) permission.Ipv6Ranges.push({ ...description, CidrIpv6: rule.cidrIpv6 });
    if (rule.prefixListId !== undefined) permission.PrefixListIds.push({ ...description, PrefixListId: rule.prefixListId });
    if (rule.referencedGroupId !== undefined)
      permission.UserIdGroupPairs.push({
        ...description,
        GroupId: rule.referencedGroupId,
        UserId: rule.referencedAccount ?? group.account,
        ...defined({
          VpcId: peerVpcOf(rule, group, context),
          VpcPeeringConnectionId: rule.peeringConnectionId,
          PeeringStatus: peeringStatusOf(rule, context),
        }),
      });
  }
  return [...found.values()];
}
