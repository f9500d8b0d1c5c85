import type { TaskDefinition, TaskOverride } from "@aws-sdk/client-ecs";
import { namedRole } from "../../authorization/named-role.ts";
import { taskRoles } from "../../authorization/task-roles.ts";
import type { State } from "../../state/state.ts";
import type { AuthorizeScope, Permission } from "../operation.ts";
import { refusal } from "./task-definition/refusal.ts";

/** Who gets a role: ECS hands it to tasks, or uses it itself to register tasks with load balancers. */
export type RoleUser = "ecs-tasks.amazonaws.com" | "ecs.amazonaws.com";

/** The right to hand roles to ECS, one permission a role. Roles may be named by name or ARN. */
export function passRole(at: AuthorizeScope, user: RoleUser, ...names: readonly (string | undefined)[]): readonly Permission[] {
  const arns = new Set(names.flatMap((role) => (role ? resourceOf(at, role) : [])));
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

/** A text that names no role passes none: the operation refuses it, and who would take it on finds nobody. */
function resourceOf({ state, account, region }: AuthorizeScope, role: string): readonly string[] {
  const named = namedRole(state, account, role, region);
  if (named.kind === "invalid") return [];
  return [named.kind === "role" ? named.role.arn : named.arn];
}

interface TaskRoles {
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
}

/**
 * The roles of a definition or of overrides as ARNs, whichever way they were named: what is kept means the role that was passed, also when
 * another one gets its name. As on AWS an ARN need not lead to a role yet; a name has to.
 * @throws ClientException
 */
export function withRoleArns<T extends TaskRoles>(named: T, at: { readonly state: State; readonly account: string }): T {
  const arns = Object.entries({ taskRoleArn: named.taskRoleArn, executionRoleArn: named.executionRoleArn }).flatMap(([member, role]) =>
    role ? [[member, validRole(role, at)] as const] : [],
  );
  return { ...named, ...Object.fromEntries(arns) };
}

function validRole(role: string, { state, account }: { readonly state: State; readonly account: string }): string {
  const named = namedRole(state, account, role);
  if (named.kind === "role") return named.role.arn;
  if (named.kind === "absent" && named.by === "arn") return named.arn;
  throw refusal("Role is not valid");
}
