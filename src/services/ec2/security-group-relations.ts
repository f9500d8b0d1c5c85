import type { SecurityGroupReference, StaleIpPermission, StaleSecurityGroup } from "@aws-sdk/client-ec2";
import { defined } from "../../domain/defined.ts";
import { securityGroups, type SecurityGroupRecord, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { described } from "./describe.ts";
import { onAny, onOne, operation, unsupported } from "./ec2-operation.ts";
import { peeringStatusOf, peerVpcOf } from "./rule-peering.ts";
import { requireGroup } from "./security-groups.ts";
import { requireVpc } from "./vpcs.ts";

/** The VPCs on the other sides of peering connections whose groups name one of these. */
export const describeSecurityGroupReferences = operation("DescribeSecurityGroupReferences", {
  authorize: ({ GroupId: ids = [] }, at) => ids.map((id) => onOne("DescribeSecurityGroupReferences", "security-group", id, at)),
  run({ GroupId: ids = [] }, context) {
    const found = ids.flatMap((GroupId) => referencesTo(requireGroup(context, { GroupId }), context));
    const distinct = new Map(found.map((one) => [JSON.stringify(one), one]));
    return { SecurityGroupReferenceSet: [...distinct.values()] };
  },
});

function referencesTo({ id, vpcId }: SecurityGroupRecord, { state }: OperationContext): readonly SecurityGroupReference[] {
  return state.whole
    .table(securityGroups)
    .by("reference", id)
    .filter((other) => other.vpcId !== vpcId)
    .flatMap((other) =>
      other.rules
        .filter(({ referencedGroupId }) => referencedGroupId === id)
        .map(({ peeringConnectionId }) => ({
          GroupId: id,
          ReferencingVpcId: other.vpcId,
          ...defined({ VpcPeeringConnectionId: peeringConnectionId }),
        })),
    );
}

/**
 * The groups of a VPC with rules that name a group of a peered VPC which is gone, or to which the connection has ended: such rules let nothing through.
 * Source: Amazon VPC Peering Guide, "Identify and work with stale security group rules".
 */
export const describeStaleSecurityGroups = operation("DescribeStaleSecurityGroups", {
  authorize: onAny("DescribeStaleSecurityGroups"),
  run({ VpcId = "", ...input }, context) {
    const vpc = requireVpc(context, VpcId);
    const stale = context.state
      .table(securityGroups)
      .by("vpc", vpc.id)
      .flatMap((group) => staleGroup(group, context) ?? []);
    const { items, ...more } = described(
      stale,
      input,
      { id: ({ GroupId = "" }) => GroupId, fields: {}, page: { least: 5, most: 255 } },
      context,
    );
    return { StaleSecurityGroupSet: [...items], ...more };
  },
});

function staleGroup(group: SecurityGroupRecord, context: OperationContext): StaleSecurityGroup | undefined {
  const stale = group.rules.filter((rule) => isStale(rule, context));
  if (stale.length === 0) return undefined;
  const side = (egress: boolean): StaleIpPermission[] =>
    stale.filter(({ isEgress }) => isEgress === egress).map((rule) => stalePermission(rule, group, context));
  return {
    Description: group.description,
    GroupId: group.id,
    GroupName: group.name,
    StaleIpPermissions: side(false),
    StaleIpPermissionsEgress: side(true),
    VpcId: group.vpcId,
  };
}

function isStale(rule: SecurityGroupRuleRecord, context: OperationContext): boolean {
  if (rule.peeringConnectionId === undefined || rule.referencedGroupId === undefined) return false;
  return peeringStatusOf(rule, context) !== "active" || !context.state.whole.table(securityGroups).has(rule.referencedGroupId);
}

function stalePermission(rule: SecurityGroupRuleRecord, group: SecurityGroupRecord, context: OperationContext): StaleIpPermission {
  return {
    IpProtocol: rule.ipProtocol,
    ...(rule.ipProtocol !== "-1" && { FromPort: rule.fromPort, ToPort: rule.toPort }),
    IpRanges: [],
    PrefixListIds: [],
    UserIdGroupPairs: [
      {
        UserId: rule.referencedAccount ?? group.account,
        ...defined({
          GroupId: rule.referencedGroupId,
          VpcId: peerVpcOf(rule, group, context),
          VpcPeeringConnectionId: rule.peeringConnectionId,
          PeeringStatus: peeringStatusOf(rule, context),
          Description: rule.description,
        }),
      },
    ],
  };
}

/** The groups that can be used in a VPC: its own, since groups are associated with no other VPC here. */
export const getSecurityGroupsForVpc = operation("GetSecurityGroupsForVpc", {
  authorize: ({ VpcId }, at) => onOne("GetSecurityGroupsForVpc", "vpc", VpcId, at),
  run({ VpcId = "", ...input }, context) {
    const vpc = requireVpc(context, VpcId);
    const own = context.state.table(securityGroups).by("vpc", vpc.id);
    const fields = {
      "group-id": ({ id }: SecurityGroupRecord) => id,
      description: ({ description }: SecurityGroupRecord) => description,
      "group-name": ({ name }: SecurityGroupRecord) => name,
      "owner-id": ({ account }: SecurityGroupRecord) => account,
      "primary-vpc-id": ({ vpcId }: SecurityGroupRecord) => vpcId,
    };
    const { items, ...more } = described(own, input, { id: ({ id }) => id, fields, tags: ({ tags }) => tags }, context);
    return {
      SecurityGroupForVpcs: items.map((group) => ({
        Description: group.description,
        GroupName: group.name,
        OwnerId: group.account,
        GroupId: group.id,
        Tags: [...group.tags],
        PrimaryVpcId: group.vpcId,
      })),
      ...more,
    };
  },
});

// A group is used in the VPC that it was made in.

export const associateSecurityGroupVpc = operation("AssociateSecurityGroupVpc", {
  authorize: ({ GroupId, VpcId }, at) => [
    onOne("AssociateSecurityGroupVpc", "security-group", GroupId, at),
    onOne("AssociateSecurityGroupVpc", "vpc", VpcId, at),
  ],
  run({ GroupId, VpcId = "" }, context) {
    requireGroup(context, { GroupId });
    requireVpc(context, VpcId);
    throw unsupported("Security groups cannot be associated with another VPC than the one that they were created in.");
  },
});

export const disassociateSecurityGroupVpc = operation("DisassociateSecurityGroupVpc", {
  authorize: ({ GroupId, VpcId }, at) => [
    onOne("DisassociateSecurityGroupVpc", "security-group", GroupId, at),
    onOne("DisassociateSecurityGroupVpc", "vpc", VpcId, at),
  ],
  run({ GroupId = "", VpcId = "" }, context) {
    requireGroup(context, { GroupId });
    throw new AwsError(
      "InvalidParameterValue",
      `The security group '${GroupId}' is not associated with the VPC '${VpcId}' by AssociateSecurityGroupVpc.`,
    );
  },
});

const ASSOCIATION_FILTERS = ["group-id", "group-owner-id", "state", "vpc-id", "vpc-owner-id"];

export const describeSecurityGroupVpcAssociations = operation("DescribeSecurityGroupVpcAssociations", {
  authorize: onAny("DescribeSecurityGroupVpcAssociations"),
  run(input, context) {
    const fields = Object.fromEntries(ASSOCIATION_FILTERS.map((name) => [name, () => undefined]));
    described<object>([], input, { id: () => "", fields }, context);
    return { SecurityGroupVpcAssociations: [] };
  },
});
