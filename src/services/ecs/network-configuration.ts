import type { LaunchType } from "../../domain/launch-type.ts";
import type { NetworkConfiguration } from "@aws-sdk/client-ecs";
import { securityGroups, subnets } from "../../state/ec2.ts";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import type { OperationContext } from "../operation.ts";
import { invalid, mustBeOneOf } from "./ecs-operation.ts";

/**
 * The network configuration of tasks, with AWS's defaults; `undefined` where the definition's network mode takes none.
 * @throws InvalidParameterException where it is missing, unwanted, or names what does not exist
 */
export function checkNetworkConfiguration(
  given: NetworkConfiguration | undefined,
  definition: TaskDefinitionRecord,
  launchType: LaunchType,
  context: OperationContext,
): NetworkConfiguration | undefined {
  const asked = given?.awsvpcConfiguration;
  if (definition.definition.networkMode !== "awsvpc") {
    if (asked) throw invalid("Network Configuration is not valid for the given networkMode of this task definition.");
    return undefined;
  }
  if (!asked) throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  const { subnets: subnetIds = [], securityGroups: groupIds = [], assignPublicIp = "DISABLED" } = asked;
  mustBeOneOf("networkConfiguration.awsvpcConfiguration.assignPublicIp", assignPublicIp, ["ENABLED", "DISABLED"]);
  if (subnetIds.length === 0) throw invalid("subnets can not be empty.");
  if (subnetIds.length > 16) throw invalid("subnets can have at most 16 items.");
  if (groupIds.length > 5) throw invalid("securityGroups can have at most 5 items.");
  if (assignPublicIp === "ENABLED" && launchType === "EC2") throw invalid("Assign public IP is not supported for this launch type.");
  const vpcId = vpcOf(subnetIds, context);
  checkSecurityGroups(groupIds, vpcId, context);
  return { awsvpcConfiguration: { subnets: subnetIds, securityGroups: groupIds, assignPublicIp } };
}

function vpcOf(subnetIds: readonly string[], { state, account, region }: OperationContext): string {
  const table = state.table(subnets);
  let vpcId: string | undefined;
  for (const id of subnetIds) {
    const subnet = table.get(id);
    if (!subnet || subnet.account !== account || subnet.region !== region)
      throw invalid(
        `Error retrieving subnet information for [${subnetIds.join(", ")}]: The subnet ID '${id}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
      );
    if (vpcId !== undefined && subnet.vpcId !== vpcId) throw invalid("Subnets must belong to the same VPC.");
    vpcId = subnet.vpcId;
  }
  return vpcId ?? "";
}

function checkSecurityGroups(groupIds: readonly string[], vpcId: string, { state, account, region }: OperationContext): void {
  const table = state.table(securityGroups);
  for (const id of groupIds) {
    const group = table.get(id);
    if (!group || group.account !== account || group.region !== region)
      throw invalid(
        `Error retrieving security group information for [${groupIds.join(", ")}]: The security group '${id}' does not exist (ErrorCode: InvalidGroup.NotFound)`,
      );
    if (group.vpcId !== vpcId) throw invalid(`Security Group ${id} does not appear to belong to the same VPC as the input subnets.`);
  }
}
