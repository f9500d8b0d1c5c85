import type { TaskDefinition, TaskOverride } from "@aws-sdk/client-ecs";
import { taskRoles } from "../../authorization/task-roles.ts";
import { roleKey, roles } from "../../state/iam.ts";
import type { AuthorizeScope, Permission, RequestScope } from "../operation.ts";
import { nameFromArn } from "../../domain/arn.ts";

/** Who gets a role: ECS hands it to tasks, or uses it itself to register tasks with load balancers. */
export type RoleUser = "ecs-tasks.amazonaws.com" | "ecs.amazonaws.com";

/** The right to hand roles to ECS, one permission a role. Roles may be named by name or ARN. */
export function passRole(at: AuthorizeScope, user: RoleUser, ...names: readonly (string | undefined)[]): readonly Permission[] {
  const arns = new Set(names.flatMap((role) => (role ? [fullRoleArn(at, role)] : [])));
  return [...arns].map((resource) => ({ action: "iam:PassRole", resource, context: { "iam:PassedToService": user } }));
}

/** The roles that tasks of a definition get. A definition that is not there passes none: the operation says so. */
export function passTaskRoles(
  at: AuthorizeScope,
  definition: Pick<TaskDefinition, "taskRoleArn" | "executionRoleArn"> | undefined,
  overrides?: Pick<TaskOverride, "taskRoleArn" | "executionRoleArn">,
): readonly Permission[] {
  const { taskRoleArn, executionRoleArn } = taskRoles(overrides, definition);
  return passRole(at, "ecs-tasks.amazonaws.com", taskRoleArn, executionRoleArn);
}

export function roleArn(at: RequestScope, role: string): string {
  // IAM has no regions: its ARNs leave that field empty.
  return role.startsWith("arn:") ? role : at.arn("iam", `role/${role}`).replace(`:${at.region}:`, "::");
}

/** A role that is given by its name may have a path, which only its record tells. */
function fullRoleArn(at: AuthorizeScope, role: string): string {
  const known = role.startsWith("arn:") ? undefined : at.state.table(roles).get(roleKey(at.account, nameFromArn(role)));
  return known?.arn ?? roleArn(at, role);
}
