import { createHash } from "node:crypto";
import { ConflictException, type Failure, type RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type { NetworkConfiguration, Tag } from "@aws-sdk/client-ecs";
import { tasks, type ClusterRecord, type TaskDefinitionRecord, type TaskRecord } from "../../state/ecs.ts";
import { localContainerInstanceArn } from "../../state/local-host.ts";
import { newTask } from "../../state/new-task.ts";
import { because, type OperationContext, type Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { providersFor } from "../../decide/placement/capacity-providers.ts";
import { capacityProviderKeys, inCluster, tagAtCreation, tagKeys } from "./condition-keys.ts";
import { invalid, mustBeOneOf, operation } from "./ecs-operation.ts";
import { clusterName, requireCluster } from "./find-cluster.ts";
import { requireTaskRole } from "./exec-role.ts";
import { findTaskDefinition, requireActiveDefinition, taskDefinitionArn } from "./find-task-definition.ts";
import { checkHostRights } from "./host-rights.ts";
import { portsTaken, staticHostPorts } from "./host-ports.ts";
import { checkCompatibility, checkPlatformVersion, resolveLaunch } from "./launch.ts";
import { checkNetworkConfiguration } from "./network-configuration.ts";
import { refuseTaskNotYet } from "./not-yet.ts";
import { passTaskRoles, withRoleArns } from "./pass-role.ts";
import { checkRoles } from "./check-roles.ts";
import { checkPlacement } from "./placement.ts";
import { QUOTAS } from "./quotas.ts";
import { checkTags, mergeTags } from "./tags.ts";
import { checkOverrides } from "./task-overrides.ts";
import { taskView } from "./task-view.ts";

/** Asks for 1 to 10 tasks. They begin in PROVISIONING; control brings them about. */
export const runTask = operation("RunTask", {
  authorize(input, at): readonly Permission[] {
    const { cluster, taskDefinition = "", overrides, tags, enableExecuteCommand = false, volumeConfigurations = [] } = input;
    const definition = findTaskDefinition(taskDefinition, at);
    const providers = input.capacityProviderStrategy?.map(({ capacityProvider }) => capacityProvider);
    const context = {
      ...inCluster(at, cluster),
      ...tagKeys(tags),
      ...capacityProviderKeys(at, providers),
      "ecs:enable-execute-command": String(enableExecuteCommand),
      "ecs:enable-ebs-volumes": String(volumeConfigurations.length > 0),
    };
    return [
      { action: "ecs:RunTask", resource: definition?.arn ?? taskDefinitionArn(at, input.taskDefinition), context },
      ...tagAtCreation(at.arn("ecs", `task/${clusterName(at, cluster)}/*`), "RunTask", tags),
      ...passTaskRoles(at, definition?.definition, overrides),
    ];
  },
  run(input, context) {
    const { state, ids, now } = context;
    const cluster = requireCluster(input.cluster, context);
    const retried = earlierTasks(input, cluster, context);
    if (retried) return { tasks: retried.map((task) => taskView(task, state, true)), failures: [] };
    const { count = 1 } = input;
    if (count < 1 || count > QUOTAS.tasksPerRun) throw invalid("count must be between 1 and 10.");
    checkIdentifiers(input);
    const definition = requireActiveDefinition(input.taskDefinition, context);
    refuseTaskNotYet(input, definition);
    const launch = resolveLaunch(input, cluster);
    checkPlacement(input, launch);
    checkCompatibility(launch, definition);
    checkHostRights(definition.definition, context);
    checkPlatformVersion(input.platformVersion, launch);
    const networkConfiguration = checkNetworkConfiguration(input.networkConfiguration, definition, launch.launchType, context);
    const overrides = withRoleArns(checkOverrides(input.overrides, definition, launch.launchType), context);
    checkRoles(overrides, definition, context);
    if (input.enableExecuteCommand) requireTaskRole("RunTask", definition, overrides);
    const tags = taskTags(input, cluster, definition);

    const { placeable, failures } = place(count, definition, cluster, context);
    const providers = launch.strategy ? providersFor(launch.strategy, placeable) : [];
    const started = Array.from({ length: placeable }, (_, at): TaskRecord => ({
      ...newTask(
        {
          cluster,
          definition,
          launchType: launch.launchType,
          overrides,
          tags,
          ...defined({
            group: input.group,
            startedBy: input.startedBy,
            capacityProviderName: providers[at],
            platformVersion: input.platformVersion,
            networkConfiguration,
            preferredSubnetId: subnetFor(networkConfiguration, at),
            enableExecuteCommand: input.enableExecuteCommand,
            clientToken: input.clientToken,
          }),
        },
        ids,
        now,
      ),
      ...(input.clientToken ? { requestDigest: digest(input) } : {}),
    }));
    state.commit(() => {
      for (const task of started) state.table(tasks).put(task);
    });
    return { tasks: started.map((task) => taskView(task, state, true)), failures };
  },
});

/**
 * The tasks that an earlier request with the same client token asked for.
 * @throws ConflictException where that request was another one
 */
function earlierTasks(input: RunTaskCommandInput, cluster: ClusterRecord, { state }: OperationContext): readonly TaskRecord[] | undefined {
  if (!input.clientToken) return undefined;
  if (input.clientToken.length > 64) throw invalid("clientToken must not be longer than 64 characters.");
  const known = state.table(tasks).by("clientToken", `${cluster.arn}/${input.clientToken}`);
  if (known.length === 0) return undefined;
  if (known.some((task) => task.requestDigest !== digest(input)))
    throw new ConflictException({
      ...because("The provided clientToken is already in use with a different RunTask request."),
      resourceIds: known.map((task) => task.arn),
    });
  return known;
}

function digest(input: RunTaskCommandInput): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest("base64url");
}

function checkIdentifiers({ startedBy, group, referenceId }: RunTaskCommandInput): void {
  if (startedBy !== undefined && !/^[a-zA-Z0-9\-_/=+.@:]{1,128}$/.test(startedBy))
    throw invalid("startedBy contains invalid characters or is longer than 128 characters.");
  if (group?.startsWith("service:")) throw invalid("Invalid namespace for group: 'service:' is reserved for the tasks of services.");
  if (group !== undefined && !/^[a-zA-Z0-9\-_:/.]{1,255}$/.test(group)) throw invalid("Group contains invalid characters.");
  if (referenceId !== undefined && referenceId.length > 1024) throw invalid("referenceId must not be longer than 1024 characters.");
}

function taskTags(input: RunTaskCommandInput, cluster: ClusterRecord, definition: TaskDefinitionRecord): readonly Tag[] {
  mustBeOneOf("propagateTags", input.propagateTags, ["TASK_DEFINITION", "SERVICE", "NONE"]);
  if (input.propagateTags === "SERVICE")
    throw invalid("An error is received because SERVICE is not a valid value of propagateTags for a task that is run by itself.");
  const own = mergeTags(input.propagateTags === "TASK_DEFINITION" ? definition.tags : [], checkTags(input.tags));
  return input.enableECSManagedTags ? mergeTags([{ key: "aws:ecs:clusterName", value: cluster.name }], own) : own;
}

/** A host port has room for one task: what finds its ports taken is not run, and told of as AWS does. */
function place(
  count: number,
  definition: TaskDefinitionRecord,
  cluster: ClusterRecord,
  { state }: OperationContext,
): { readonly placeable: number; readonly failures: Failure[] } {
  const ports = staticHostPorts(definition);
  const placeable = ports.length === 0 ? count : portsTaken(ports, state.whole) ? 0 : 1;
  const failure = { arn: localContainerInstanceArn(cluster, cluster.name), reason: "RESOURCE:PORTS" };
  return { placeable, failures: Array.from({ length: count - placeable }, () => failure) };
}

/** Spreads the tasks over the subnets in turn. */
function subnetFor(network: NetworkConfiguration | undefined, at: number): string | undefined {
  const subnets = network?.awsvpcConfiguration?.subnets ?? [];
  return subnets[at % Math.max(1, subnets.length)];
}
