import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  type IAMClient,
} from "@aws-sdk/client-iam";
import type { CleanUp } from "./clean-up.ts";

const MAY_PULL_AND_LOG = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

/** The role by which ECS pulls the image and writes the logs; gives its ARN. */
export async function createExecutionRole(iam: IAMClient, name: string, cleanUp: CleanUp): Promise<string> {
  const RoleName = `${name}-execution`;
  const Statement = [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  cleanUp.later(`role ${RoleName}`, () => iam.send(new DeleteRoleCommand({ RoleName })));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: MAY_PULL_AND_LOG }));
  cleanUp.later(`policy of role ${RoleName}`, () => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: MAY_PULL_AND_LOG })));
  return Role?.Arn ?? "";
}
