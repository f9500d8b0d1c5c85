import { arn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import type { RoleRecord } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";
import { roleForService } from "./role-session.ts";

/** The service principal that the trust policies of task and execution roles name. */
export const ECS_TASKS = "ecs-tasks.amazonaws.com";

interface NamedRoles {
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
}

/**
 * The roles of a run: an override stands before the definition, and one that is empty is none. Told here once, for who asks whether the
 * roles may be passed and for who takes them on.
 */
export function taskRoles(overrides: NamedRoles | undefined, definition: NamedRoles | undefined): NamedRoles {
  return {
    taskRoleArn: overrides?.taskRoleArn || definition?.taskRoleArn || undefined,
    executionRoleArn: overrides?.executionRoleArn || definition?.executionRoleArn || undefined,
  };
}

/**
 * The role that ECS assumes for tasks of an account and region, or why it cannot, in ECS's words.
 * Source: ECS Developer Guide, "Task IAM role": `aws:SourceArn` can be narrowed to a region and account, not to a cluster.
 */
export function roleForTasks(
  parts: { readonly state: WholeState; readonly now: number },
  arnOrName: string,
  scope: Scope,
): { readonly role: RoleRecord } | { readonly failure: string } {
  const sourceArn = arn("ecs", scope, "task/*");
  const role = roleForService(parts, arnOrName, { service: ECS_TASKS, sourceAccount: scope.account, sourceArn });
  if (role) return { role };
  return {
    failure:
      `ECS was unable to assume the role '${arnOrName}' that was provided for this task. Please verify that the role being passed has the ` +
      "proper trust relationship and permissions and that your IAM user has permissions to pass this role.",
  };
}

/** Why a task cannot be started with the roles that its definition or its overrides name; `undefined` where it can. */
export function rolesFailure(
  parts: { readonly state: WholeState; readonly now: number },
  scope: Scope,
  { taskRoleArn, executionRoleArn }: NamedRoles,
): string | undefined {
  for (const named of [taskRoleArn, executionRoleArn]) {
    const found = named ? roleForTasks(parts, named, scope) : undefined;
    if (found && "failure" in found) return found.failure;
  }
  return undefined;
}
