import { statusAt, vpcPeerings } from "../../state/ec2-peering.ts";
import type { SecurityGroupRecord, SecurityGroupRuleRecord } from "../../state/ec2.ts";
import type { OperationContext } from "../operation.ts";

/** Whether the connection by which a rule names a group of another VPC still leads there: `active`, `deleted`, …; none for a group of the same VPC. */
export function peeringStatusOf(
  { peeringConnectionId }: SecurityGroupRuleRecord,
  { state, now, account, region }: OperationContext,
): string | undefined {
  if (peeringConnectionId === undefined) return undefined;
  const copy = state
    .table(vpcPeerings)
    .by("id", peeringConnectionId)
    .find((one) => one.account === account && one.region === region);
  return copy ? statusAt(copy, now) : "deleted";
}

/** The VPC of the group that a rule names, where it is another one than the rule's. */
export function peerVpcOf(
  rule: SecurityGroupRuleRecord,
  group: SecurityGroupRecord,
  { state, account, region }: OperationContext,
): string | undefined {
  if (rule.peeringConnectionId === undefined) return undefined;
  const copy = state
    .table(vpcPeerings)
    .by("id", rule.peeringConnectionId)
    .find((one) => one.account === account && one.region === region);
  return copy && [copy.requester, copy.accepter].find(({ vpcId }) => vpcId !== group.vpcId)?.vpcId;
}
