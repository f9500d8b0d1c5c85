import { NO_ORIGIN } from "../../authorization/authorize.ts";
import { containerInstance } from "../../authorization/container-instance.ts";
import { denialOf } from "../../authorization/denial-of.ts";
import { plainSession, serviceSession } from "../../authorization/role-session.ts";
import { roleForTasks, taskRoles } from "../../authorization/task-roles.ts";
import { endpointOfTask } from "../../authorization/vpc-endpoint.ts";
import type { Principal, RoleSessionPrincipal } from "../../domain/principal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { TaskDefinitionRecord, TaskRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";

/** As whom images are pulled, secrets read and logs written for one task, before it runs. */
export type Execution =
  | { readonly kind: "role"; readonly principal: RoleSessionPrincipal }
  /** On EC2 and external instances, without an execution role: the instance, which may pull and log, and reads no secret. */
  | { readonly kind: "container-instance"; readonly principal: Principal }
  /** On Fargate, without an execution role: nobody. */
  | { readonly kind: "nobody" };

/** Asks whether something is allowed; gives AWS's sentence about it where it is not. */
export type Ask = (
  action: string,
  resource: string,
  context?: Readonly<Record<string, string | readonly string[] | undefined>>,
) => string | undefined;

export interface ExecutionParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** How long what is started for a task may take. The session lives no longer than it is used. */
const LIFETIME_SECONDS = 6 * 3600;

/** Takes on the execution role, after a look at the task's own: where ECS cannot assume either, the task does not start. */
export function executionOf(
  { state, clock, ids }: ExecutionParts,
  task: TaskRecord,
  { definition }: TaskDefinitionRecord,
): Execution | { readonly failure: string } {
  const now = clock.now();
  const { taskRoleArn, executionRoleArn } = taskRoles(task.overrides, definition);
  if (taskRoleArn !== undefined) {
    const own = roleForTasks({ state, now }, taskRoleArn, task);
    if ("failure" in own) return own;
  }
  if (executionRoleArn === undefined)
    return task.launchType === "FARGATE" ? { kind: "nobody" } : { kind: "container-instance", principal: containerInstance(task) };
  const found = roleForTasks({ state, now }, executionRoleArn, task);
  if ("failure" in found) return found;
  return { kind: "role", principal: serviceSession(found.role, task.id, plainSession(now, LIFETIME_SECONDS), ids) };
}

/**
 * What the policies of the execution role, or of the container instance, say, and of the VPC endpoint through which the task's secrets are fetched and its logs are sent. Nobody may do
 * anything.
 */
export function asker({ state, clock }: ExecutionParts, execution: Execution, task: Pick<TaskRecord, "region" | "networkInterface">): Ask {
  return (action, resource, context = {}) => {
    if (execution.kind === "nobody") return `the task has no execution role, which ${action} needs`;
    const through = endpointOfTask(state, task, task.region, action.slice(0, action.indexOf(":")));
    const origin = { ...NO_ORIGIN, region: task.region, ...(through && { through }) };
    return denialOf({ state, now: clock.now() }, execution.principal, { action, resource, context }, origin);
  };
}
