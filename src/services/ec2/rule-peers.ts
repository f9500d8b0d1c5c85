import type { UserIdGroupPair } from "@aws-sdk/client-ec2";
import { awsPrefixLists } from "../../domain/aws-prefix-lists.ts";
import { statusAt, vpcPeerings, type VpcPeeringRecord } from "../../state/ec2-peering.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { securityGroups, type SecurityGroupRecord, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { prefixListNotFound } from "./prefix-lists.ts";
import { groupNotFound, requireGroup } from "./security-groups.ts";

type GroupPeer = Pick<SecurityGroupRuleRecord, "referencedGroupId" | "referencedAccount" | "peeringConnectionId">;

/**
 * The group that a rule of `group` names as its source or destination: one of the same VPC, or of a VPC that is peered with it in the same region, which may be another
 * account's. Source: Amazon VPC Peering Guide, "Update your security groups to reference peer security groups".
 * @throws InvalidGroup.NotFound, InvalidVpcPeeringConnectionId.NotFound
 */
export function groupPeer(group: SecurityGroupRecord, pair: UserIdGroupPair, context: OperationContext): GroupPeer {
  const { GroupId, GroupName, UserId = context.account } = pair;
  const named =
    UserId === context.account
      ? requireGroup(context, defined({ GroupId, GroupName: GroupId === undefined ? GroupName : undefined }))
      : foreign(group, { id: GroupId, name: GroupName, account: UserId }, context);
  if (named.vpcId === group.vpcId) return { referencedGroupId: named.id };
  const peering = activePeerings(group, context).find((one) => joins(one, named));
  if (!peering) throw differentNetworks();
  if (pair.VpcPeeringConnectionId !== undefined && pair.VpcPeeringConnectionId !== peering.id)
    throw new AwsError(
      "InvalidVpcPeeringConnectionID.NotFound",
      `The vpcPeeringConnection ID '${pair.VpcPeeringConnectionId}' does not exist`,
    );
  return {
    referencedGroupId: named.id,
    peeringConnectionId: peering.id,
    ...(named.account !== group.account && { referencedAccount: named.account }),
  };
}

/**
 * A group of another account, in a VPC that is peered with that of `group`. That there are others is told to nobody: who names one is answered as who names none.
 * @throws InvalidGroup.NotFound
 */
function foreign(
  group: SecurityGroupRecord,
  { id, name, account }: { readonly id: string | undefined; readonly name: string | undefined; readonly account: string },
  context: OperationContext,
): SecurityGroupRecord {
  const peerings = activePeerings(group, context).filter((one) => [one.requester, one.accepter].some((side) => side.account === account));
  if (peerings.length === 0) throw differentNetworks();
  const found = id === undefined ? undefined : context.state.whole.table(securityGroups).get(id);
  if (!found || found.account !== account || found.region !== context.region || !peerings.some((one) => joins(one, found)))
    throw groupNotFound(id ?? name ?? "");
  return found;
}

function differentNetworks(): AwsError {
  return new AwsError("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.");
}

function activePeerings(group: SecurityGroupRecord, { state, now }: OperationContext): readonly VpcPeeringRecord[] {
  return state
    .table(vpcPeerings)
    .by("vpc", group.vpcId)
    .filter((peering) => statusAt(peering, now) === "active");
}

function joins({ requester, accepter }: VpcPeeringRecord, { vpcId }: SecurityGroupRecord): boolean {
  return [requester, accepter].some((side) => side.vpcId === vpcId);
}

/** What a rule spells out that is there already: the group need not be any more, since a rule that has become stale is taken away so, too. */
export function spelledGroup({ GroupId, GroupName }: UserIdGroupPair, context: OperationContext): GroupPeer {
  return { referencedGroupId: GroupId ?? requireGroup(context, { GroupName }).id };
}

/** @throws InvalidPrefixListID.NotFound */
export function requireListForRule({ state, account, region }: OperationContext, id: string): string {
  const own = state.table(prefixLists).get(id);
  const isThere = (own?.account === account && own.region === region) || awsPrefixLists(region).some((list) => list.id === id);
  if (!isThere) throw prefixListNotFound(id);
  return id;
}

/** As how many rules one counts: a prefix list as the most entries that it may have, and AWS's lists of S3 and DynamoDB as one. Source: Amazon VPC User Guide, "AWS-managed prefix lists". */
export function ruleWeight({ prefixListId }: Pick<SecurityGroupRuleRecord, "prefixListId">, { state }: OperationContext): number {
  return prefixListId === undefined ? 1 : (state.table(prefixLists).get(prefixListId)?.maxEntries ?? 1);
}

/** Of each direction. Source: Amazon VPC quotas. */
const MOST_RULES = 60;

/** Whether the rules of one direction are more than a group may have: IPv4 and IPv6 are counted apart; groups and prefix lists count for both. */
export function hasTooManyRules(rules: readonly SecurityGroupRuleRecord[], weight: (rule: SecurityGroupRuleRecord) => number): boolean {
  return (["cidrIpv4", "cidrIpv6"] as const).some(
    (other) => rules.filter((rule) => rule[other] === undefined).reduce((sum, rule) => sum + weight(rule), 0) > MOST_RULES,
  );
}
