import { ClientException, type TaskOverride } from "@aws-sdk/client-ecs";
import { rolesFailure, taskRoles } from "../../authorization/task-roles.ts";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import { because, type OperationContext } from "../operation.ts";

/** The roles of a run have to be there and to trust ECS: it takes them on before it starts anything. @throws ClientException */
export function checkRoles(
  overrides: Pick<TaskOverride, "taskRoleArn" | "executionRoleArn">,
  { definition }: TaskDefinitionRecord,
  context: OperationContext,
): void {
  const failure = rolesFailure({ state: context.state.whole, now: context.now }, context, taskRoles(overrides, definition));
  if (failure !== undefined) throw new ClientException(because(failure));
}
