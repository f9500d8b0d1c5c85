import { defaultGroupOf } from "../../../state/default-vpc.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { requireGroup } from "../security-groups.ts";

/** Of one interface. Source: Amazon VPC quotas. */
const MOST_GROUPS = 5;

/**
 * The ids of the groups that an interface in a VPC is to have: those that are named, or the VPC's default one where none is.
 * @throws InvalidGroup.NotFound, InvalidParameterValue, SecurityGroupsPerInterfaceLimitExceeded
 */
export function groupsFor(context: OperationContext, vpcId: string, ids: readonly string[] | undefined): readonly string[] {
  if (!ids || ids.length === 0) return [defaultGroupOf(context.state, vpcId).id];
  const wanted = [...new Set(ids)];
  for (const GroupId of wanted)
    if (requireGroup(context, { GroupId }).vpcId !== vpcId)
      throw new AwsError("InvalidParameter", "You have specified two resources that belong to different networks.");
  if (wanted.length > MOST_GROUPS)
    throw new AwsError("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.");
  return wanted;
}
