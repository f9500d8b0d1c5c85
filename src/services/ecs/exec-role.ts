import type { TaskOverride } from "@aws-sdk/client-ecs";
import { taskRoles } from "../../authorization/task-roles.ts";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import { invalid } from "./ecs-operation.ts";

/** A task whose containers commands may run in has a role of its own, by which its agent is reached. @throws InvalidParameterException in AWS's words for the operation */
export function requireTaskRole(
  operation: "RunTask" | "CreateService" | "UpdateService",
  { definition }: TaskDefinitionRecord,
  overrides?: Pick<TaskOverride, "taskRoleArn" | "executionRoleArn">,
): void {
  if (taskRoles(overrides, definition).taskRoleArn === undefined) throw invalid(WORDS[operation]);
}

const SPECIFY = "because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.";
const WORDS = {
  RunTask:
    "The execute command failed because a valid task role is not being used. Specify a valid task role in your task definition or as a task override and try again.",
  CreateService: `The service couldn't be created ${SPECIFY}`,
  UpdateService: `The service couldn't be updated ${SPECIFY}`,
} as const;
