import { scopeKey } from "../../domain/scope.ts";
import type { SecurityGroupRule, SecurityGroupRuleDescription, TagSpecification, UserIdGroupPair } from "@aws-sdk/client-ec2";
import { securityGroups, type SecurityGroupRecord, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { chosen, described } from "./describe.ts";
import { refuseRuleDescription } from "./descriptions.ts";
import { invalidValue, onAny, operation } from "./ec2-operation.ts";
import { ipv4Block, ipv6Block, protocolAndPorts, ruleText, rulesIn, sameRule, type PermissionInput, type RuleInput } from "./rule-input.ts";
import { peeringStatusOf, peerVpcOf } from "./rule-peering.ts";
import { groupPeer, hasTooManyRules, requireListForRule, ruleWeight, spelledGroup } from "./rule-peers.ts";
import { onGroup, onRulesOfGroup } from "./security-group-permissions.ts";
import { requireGroup, tagsFor } from "./security-groups.ts";

type NamesGroup = { GroupId?: string | undefined; GroupName?: string | undefined };

const authorized =
  (egress: boolean) =>
  (input: NamesGroup & PermissionInput & { TagSpecifications?: TagSpecification[] | undefined }, context: OperationContext) => {
    const group = requireGroup(context, input);
    const tags = tagsFor("security-group-rule", input.TagSpecifications);
    let known = group.rules.filter((rule) => rule.isEgress === egress);
    const peers = {
      group: (pair: UserIdGroupPair) => groupPeer(group, pair, context),
      list: (id: string) => requireListForRule(context, id),
    };
    const added = rulesIn(input, peers).map((rule): SecurityGroupRuleRecord => {
      refuseRuleDescription(rule.description);
      if (known.some((other) => sameRule(other, rule)))
        throw new AwsError("InvalidPermission.Duplicate", `the specified rule "${ruleText(rule)}" already exists`);
      const made = { id: `sgr-${context.ids.hex(17)}`, isEgress: egress, ...rule, tags };
      known = [...known, made];
      return made;
    });
    refuseMoreRules(known, context);
    const changed = { ...group, rules: [...group.rules, ...added] };
    context.state.commit(() => context.state.table(securityGroups).put(changed));
    return { Return: true, SecurityGroupRules: added.map((rule) => shown(group, rule, context)) };
  };

export const authorizeSecurityGroupIngress = operation("AuthorizeSecurityGroupIngress", {
  authorize: onGroup("AuthorizeSecurityGroupIngress"),
  run: authorized(false),
});

export const authorizeSecurityGroupEgress = operation("AuthorizeSecurityGroupEgress", {
  authorize: onGroup("AuthorizeSecurityGroupEgress"),
  run: authorized(true),
});

const revoked =
  (egress: boolean) =>
  (input: NamesGroup & PermissionInput & { SecurityGroupRuleIds?: string[] | undefined }, context: OperationContext) => {
    const group = requireGroup(context, input);
    const own = group.rules.filter((rule) => rule.isEgress === egress);
    const ids = input.SecurityGroupRuleIds ?? [];
    const gone =
      ids.length > 0
        ? ids.map((id) => own.find((rule) => rule.id === id) ?? ruleNotFound(id))
        : rulesIn(input, spelled(context)).map((wanted) => own.find((rule) => sameRule(rule, wanted)) ?? permissionNotFound());
    const rules = group.rules.filter((rule) => !gone.includes(rule));
    context.state.commit(() => context.state.table(securityGroups).put({ ...group, rules }));
    return {
      Return: true,
      RevokedSecurityGroupRules: gone.map((rule) => ({
        SecurityGroupRuleId: rule.id,
        GroupId: group.id,
        IsEgress: egress,
        IpProtocol: rule.ipProtocol,
        FromPort: rule.fromPort,
        ToPort: rule.toPort,
        ...defined({
          CidrIpv4: rule.cidrIpv4,
          CidrIpv6: rule.cidrIpv6,
          PrefixListId: rule.prefixListId,
          ReferencedGroupId: rule.referencedGroupId,
          Description: rule.description,
        }),
      })),
    };
  };

/** @param rules of one direction @throws RulesPerSecurityGroupLimitExceeded */
function refuseMoreRules(rules: readonly SecurityGroupRuleRecord[], context: OperationContext): void {
  if (hasTooManyRules(rules, (rule) => ruleWeight(rule, context)))
    throw new AwsError("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.");
}

/** The peers of rules that are there already. */
function spelled(context: OperationContext) {
  return { group: (pair: UserIdGroupPair) => spelledGroup(pair, context), list: (id: string) => id };
}

function ruleNotFound(id: string): never {
  throw new AwsError("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${id}' does not exist`);
}

function permissionNotFound(): never {
  throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
}

export const revokeSecurityGroupIngress = operation("RevokeSecurityGroupIngress", {
  authorize: onGroup("RevokeSecurityGroupIngress"),
  run: revoked(false),
});

export const revokeSecurityGroupEgress = operation("RevokeSecurityGroupEgress", {
  authorize: onGroup("RevokeSecurityGroupEgress"),
  run: revoked(true),
});

export const modifySecurityGroupRules = operation("ModifySecurityGroupRules", {
  authorize: onRulesOfGroup,
  run(input, context) {
    const group = requireGroup(context, input);
    let rules = group.rules;
    for (const { SecurityGroupRuleId: id = "", SecurityGroupRule: wanted = {} } of input.SecurityGroupRules ?? []) {
      refuseRuleDescription(wanted.Description);
      const rule = rules.find((candidate) => candidate.id === id) ?? ruleNotFound(id);
      const source: Partial<RuleInput> = {
        ...(wanted.CidrIpv4 === undefined ? {} : { cidrIpv4: ipv4Block(wanted.CidrIpv4) }),
        ...(wanted.CidrIpv6 === undefined ? {} : { cidrIpv6: ipv6Block(wanted.CidrIpv6) }),
        ...(wanted.ReferencedGroupId === undefined ? {} : groupPeer(group, changedPair(rule, wanted.ReferencedGroupId), context)),
        ...(wanted.PrefixListId === undefined ? {} : { prefixListId: requireListForRule(context, wanted.PrefixListId) }),
      };
      refuseSources(
        rule,
        Object.keys(source).filter((name) => name in SOURCES),
      );
      if (wanted.IpProtocol === undefined)
        throw invalidValue("Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.");
      const changed: SecurityGroupRuleRecord = {
        id,
        isEgress: rule.isEgress,
        ...protocolAndPorts(wanted.IpProtocol, wanted.FromPort, wanted.ToPort),
        ...source,
        ...defined({ description: wanted.Description }),
        tags: rule.tags,
      };
      if (rules.some((other) => other.id !== id && other.isEgress === rule.isEgress && sameRule(other, changed)))
        throw new AwsError("InvalidPermission.Duplicate", `the specified rule "${ruleText(changed)}" already exists`);
      rules = rules.map((other) => (other.id === id ? changed : other));
    }
    // A rule that names a prefix list now counts as all its entries.
    const touched = rules.filter((rule) => !group.rules.includes(rule));
    for (const egress of new Set(touched.map(({ isEgress }) => isEgress)))
      refuseMoreRules(
        rules.filter((rule) => rule.isEgress === egress),
        context,
      );
    context.state.commit(() => context.state.table(securityGroups).put({ ...group, rules }));
    return { Return: true };
  },
});

/** Rules are named by their ids, or spelt out. One without a description has none from then on. Source: EC2 API, "UpdateSecurityGroupRuleDescriptionsIngress". */
const redescribed =
  (egress: boolean) =>
  (
    input: NamesGroup & PermissionInput & { SecurityGroupRuleDescriptions?: SecurityGroupRuleDescription[] | undefined },
    context: OperationContext,
  ) => {
    const group = requireGroup(context, input);
    const own = group.rules.filter((rule) => rule.isEgress === egress);
    const byId = (input.SecurityGroupRuleDescriptions ?? []).map(({ SecurityGroupRuleId: id = "", Description }) => ({
      rule: own.find((rule) => rule.id === id) ?? ruleNotFound(id),
      description: Description,
    }));
    const wanted =
      byId.length > 0
        ? byId
        : rulesIn(input, spelled(context)).map((spelt) => ({
            rule: own.find((rule) => sameRule(rule, spelt)) ?? permissionNotFound(),
            description: spelt.description,
          }));
    for (const { description } of wanted) refuseRuleDescription(description);
    const rules = group.rules.map((rule) => {
      const change = wanted.findLast((one) => one.rule === rule);
      if (!change) return rule;
      const { description: _before, ...rest } = rule;
      return { ...rest, ...(change.description ? { description: change.description } : {}) };
    });
    context.state.commit(() => context.state.table(securityGroups).put({ ...group, rules }));
    return { Return: true };
  };

export const updateSecurityGroupRuleDescriptionsIngress = operation("UpdateSecurityGroupRuleDescriptionsIngress", {
  authorize: onGroup("UpdateSecurityGroupRuleDescriptionsIngress"),
  run: redescribed(false),
});

export const updateSecurityGroupRuleDescriptionsEgress = operation("UpdateSecurityGroupRuleDescriptionsEgress", {
  authorize: onGroup("UpdateSecurityGroupRuleDescriptionsEgress"),
  run: redescribed(true),
});

/** A modified rule names a group of the account that it named one of. */
function changedPair({ referencedAccount }: SecurityGroupRuleRecord, GroupId: string): UserIdGroupPair {
  return { GroupId, ...defined({ UserId: referencedAccount }) };
}

/** How AWS names a rule by what it has for a source, and the member of a request for it. */
const SOURCES = {
  cidrIpv4: { member: "CidrIpv4", rule: "IPv4 CIDR" },
  cidrIpv6: { member: "CidrIpv6", rule: "IPv6 CIDR" },
  prefixListId: { member: "PrefixListId", rule: "prefix list" },
  referencedGroupId: { member: "ReferencedGroupId", rule: "security group" },
} as const;

/** A modified rule has one source, of the kind that it had. Source: EC2 API, "ModifySecurityGroupRules". */
function refuseSources(rule: SecurityGroupRuleRecord, given: readonly string[]): void {
  const names = "cidrIp, cidrIpv6, prefixListId, or referencedGroupId";
  if (given.length === 0) throw new AwsError("MissingParameter", `The request must contain exactly one of: ${names}`);
  if (given.length > 1) throw new AwsError("InvalidParameterCombination", `Only one of ${names} can be specified`);
  const kinds = Object.keys(SOURCES) as (keyof typeof SOURCES)[];
  const [was, wanted] = [kinds.find((kind) => rule[kind] !== undefined), kinds.find((kind) => kind === given[0])];
  if (was === undefined || wanted === undefined || was === wanted) return;
  throw invalidValue(
    `Invalid rule type for security group rule '${rule.id}'. You may not specify ${SOURCES[wanted].member} for an existing ${SOURCES[was].rule} rule.`,
  );
}

export const describeSecurityGroupRules = operation("DescribeSecurityGroupRules", {
  authorize: onAny("DescribeSecurityGroupRules"),
  run(input, context) {
    // Of all filters, this one is refused where its value cannot be an id; others find nothing then.
    const groupIds = (input.Filters ?? []).filter(({ Name }) => Name === "group-id").flatMap(({ Values = [] }) => Values);
    for (const id of groupIds)
      if (!/^sg-|[*?]/.test(id)) throw new AwsError("InvalidGroupId.Malformed", `The security group ID '${id}' is malformed`);
    const all = context.state
      .table(securityGroups)
      .by("scope", scopeKey(context))
      .flatMap((group) => group.rules.map((rule) => ({ group, rule })));
    const wanted = chosen(all, input.SecurityGroupRuleIds, ({ rule }) => rule.id, ruleNotFound);
    const fields = {
      "group-id": ({ group }: (typeof all)[number]) => group.id,
      "security-group-rule-id": ({ rule }: (typeof all)[number]) => rule.id,
    };
    const { items, ...more } = described(wanted, input, { id: ({ rule }) => rule.id, fields, tags: ({ rule }) => rule.tags }, context);
    return { SecurityGroupRules: items.map(({ group, rule }) => shown(group, rule, context)), ...more };
  },
});

function shown(group: SecurityGroupRecord, rule: SecurityGroupRuleRecord, context: OperationContext): SecurityGroupRule {
  const referenced = rule.referencedGroupId;
  return {
    SecurityGroupRuleId: rule.id,
    GroupId: group.id,
    GroupOwnerId: group.account,
    IsEgress: rule.isEgress,
    IpProtocol: rule.ipProtocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...defined({ CidrIpv4: rule.cidrIpv4, CidrIpv6: rule.cidrIpv6, PrefixListId: rule.prefixListId, Description: rule.description }),
    ...(referenced !== undefined && {
      ReferencedGroupInfo: {
        GroupId: referenced,
        UserId: rule.referencedAccount ?? group.account,
        ...defined({
          VpcId: peerVpcOf(rule, group, context),
          VpcPeeringConnectionId: rule.peeringConnectionId,
          PeeringStatus: peeringStatusOf(rule, context),
        }),
      },
    }),
    Tags: [...rule.tags],
    SecurityGroupRuleArn: context.arn("ec2", `security-group-rule/${rule.id}`),
  };
}
