import { ClientException, type Failure } from "@aws-sdk/client-ecs";
import { families, taskDefinitions, type TaskDefinitionRecord } from "../../state/ecs.ts";
import { because, type Permission, type RequestScope } from "../operation.ts";
import { tagAtCreation, taskDefinitionKeys } from "./condition-keys.ts";
import { invalid, operation, shown } from "./ecs-operation.ts";
import { findTaskDefinition, lastRevision, parseTaskDefinition, taskDefinitionArn, taskDefinitionView } from "./find-task-definition.ts";
import { checkHostRights } from "./host-rights.ts";
import { passTaskRoles, withRoleArns } from "./pass-role.ts";
import { checkTags } from "./tags.ts";
import { checkDefinition, checkRequest } from "./task-definition/check.ts";
import { compatibilities } from "./task-definition/compatibility.ts";
import { complete } from "./task-definition/complete.ts";
import { requiredAttributes } from "./task-definition/required-attributes.ts";

export const registerTaskDefinition = operation("RegisterTaskDefinition", {
  authorize(input, at): readonly Permission[] {
    const resource = at.arn("ecs", `task-definition/${input.family}:*`);
    return [
      { action: "ecs:RegisterTaskDefinition", resource, context: taskDefinitionKeys(input) },
      ...tagAtCreation(resource, "RegisterTaskDefinition", input.tags),
      ...passTaskRoles(at, input),
    ];
  },
  run(input, context) {
    const { state, account, region } = context;
    checkRequest(input);
    const completed = complete(withRoleArns(input, context));
    checkDefinition(completed);
    const runsOn = compatibilities(completed, context.registryHost);
    checkHostRights(completed, context);
    const tags = checkTags(input.tags);
    const family = input.family ?? "";
    const revision = lastRevision(state, context, family) + 1;
    const arn = context.arn("ecs", `task-definition/${family}:${revision}`);
    const record: TaskDefinitionRecord = {
      arn,
      family,
      revision,
      account,
      region,
      status: "ACTIVE",
      definition: {
        taskDefinitionArn: arn,
        ...completed,
        revision,
        requiresAttributes: requiredAttributes(completed),
        compatibilities: runsOn,
      },
      tags,
      registeredAt: context.now,
      registeredBy: context.principal.arn,
    };
    state.commit(() => {
      state.table(families).put({ account, region, family, lastRevision: revision });
      state.table(taskDefinitions).put(record);
    });
    return { taskDefinition: taskDefinitionView(record), ...(tags.length > 0 ? { tags: shown(tags) } : {}) };
  },
});

export const describeTaskDefinition = operation("DescribeTaskDefinition", {
  authorize: () => ({ action: "ecs:DescribeTaskDefinition", resource: "*" }),
  run({ taskDefinition = "", include = [] }, context) {
    const found = findTaskDefinition(taskDefinition, context);
    if (!found) throw new ClientException(because("Unable to describe task definition."));
    return { taskDefinition: taskDefinitionView(found), ...(include.includes("TAGS") ? { tags: shown(found.tags) } : {}) };
  },
});

/** Running tasks and services go on with an INACTIVE definition; new ones are refused. */
export const deregisterTaskDefinition = operation("DeregisterTaskDefinition", {
  authorize: () => ({ action: "ecs:DeregisterTaskDefinition", resource: "*" }),
  run({ taskDefinition = "" }, context) {
    if (parseTaskDefinition(taskDefinition)?.revision === undefined) throw invalidRevision(taskDefinition);
    const found = findTaskDefinition(taskDefinition, context);
    if (!found) throw new ClientException(because("The specified task definition does not exist."));
    if (found.status !== "ACTIVE")
      throw invalid("The specified task definition is inactive. You can't deregister an inactive task definition.");
    const record: TaskDefinitionRecord = { ...found, status: "INACTIVE", deregisteredAt: context.now };
    context.state.commit(() => context.state.table(taskDefinitions).put(record));
    return { taskDefinition: taskDefinitionView(record) };
  },
});

/** Deleting takes an INACTIVE definition out of use for good: it stays described as DELETE_IN_PROGRESS, as on AWS while tasks refer to it. */
export const deleteTaskDefinitions = operation("DeleteTaskDefinitions", {
  authorize: ({ taskDefinitions: ids = [] }, at: RequestScope) => ({
    action: "ecs:DeleteTaskDefinitions",
    resource: ids.map((id) => taskDefinitionArn(at, id)),
  }),
  run({ taskDefinitions: ids = [] }, context) {
    if (ids.length === 0 || ids.length > 10) throw invalid("The number of task definitions must be between 1 and 10.");
    const failures: Failure[] = [];
    const deleted: TaskDefinitionRecord[] = [];
    for (const id of ids) {
      if (parseTaskDefinition(id)?.revision === undefined) throw invalidRevision(id);
      const found = findTaskDefinition(id, context);
      const arn = found?.arn ?? taskDefinitionArn(context, id);
      if (!found)
        failures.push({
          arn,
          reason: "TASK_DEFINITION_NOT_FOUND",
          detail: "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
        });
      else if (found.status === "ACTIVE")
        failures.push({
          arn,
          reason: "TASK_DEFINITION_ACTIVE",
          detail: "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
        });
      else deleted.push(found.status === "INACTIVE" ? { ...found, status: "DELETE_IN_PROGRESS", deleteRequestedAt: context.now } : found);
    }
    context.state.commit(() => {
      for (const record of deleted) context.state.table(taskDefinitions).put(record);
    });
    return { taskDefinitions: deleted.map(taskDefinitionView), failures };
  },
});

function invalidRevision(id: string): ClientException {
  return new ClientException(because(parseTaskDefinition(id) ? "Invalid revision number. Number: null" : "Invalid task definition name."));
}
