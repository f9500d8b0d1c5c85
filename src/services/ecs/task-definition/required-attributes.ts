import type { Attribute, ContainerDefinition } from "@aws-sdk/client-ecs";
import type { CompleteDefinition } from "./complete.ts";

/**
 * What a container instance must be capable of to run the definition, for `requiresAttributes`. Nothing is placed by them here.
 * Source: Amazon ECS Developer Guide, "Amazon ECS container agent capabilities".
 */
export function requiredAttributes(definition: CompleteDefinition): Attribute[] {
  const names = new Set<string>();
  const { executionRoleArn, taskRoleArn, networkMode, pidMode, ipcMode, volumes } = definition;
  for (const container of definition.containerDefinitions) addContainer(names, container, executionRoleArn !== undefined);
  if (taskRoleArn !== undefined) {
    names.add(`com.amazonaws.ecs.capability.task-iam-role${networkMode === "host" ? "-network-host" : ""}`);
    names.add("com.amazonaws.ecs.capability.docker-remote-api.1.17");
  }
  if (networkMode === "awsvpc") names.add("ecs.capability.task-eni");
  if (pidMode !== undefined || ipcMode !== undefined) names.add("ecs.capability.pid-ipc-namespace-sharing");
  if (definition.memory !== undefined || definition.cpu !== undefined) names.add("ecs.capability.task-cpu-mem-limit");
  if (volumes.some((volume) => volume.efsVolumeConfiguration)) names.add("ecs.capability.efs");
  if (volumes.some((volume) => volume.dockerVolumeConfiguration)) names.add("com.amazonaws.ecs.capability.docker-remote-api.1.25");
  names.add("com.amazonaws.ecs.capability.docker-remote-api.1.18");
  return [...names].map((name) => ({ name }));
}

function addContainer(names: Set<string>, container: ContainerDefinition, hasExecutionRole: boolean): void {
  const driver = container.logConfiguration?.logDriver;
  if (driver !== undefined) {
    names.add(`com.amazonaws.ecs.capability.logging-driver.${driver}`);
    names.add("com.amazonaws.ecs.capability.docker-remote-api.1.19");
    if (driver === "awslogs" && hasExecutionRole) names.add("ecs.capability.execution-role-awslogs");
  }
  if (/^\d{12}\.dkr\.ecr\./.test(container.image ?? "")) {
    names.add("com.amazonaws.ecs.capability.ecr-auth");
    if (hasExecutionRole) names.add("ecs.capability.execution-role-ecr-pull");
  }
  for (const { valueFrom = "" } of container.secrets ?? [])
    names.add(`ecs.capability.secrets.${valueFrom.includes(":secretsmanager:") ? "asm" : "ssm"}.environment-variables`);
  if (container.memoryReservation !== undefined) names.add("com.amazonaws.ecs.capability.docker-remote-api.1.21");
  if (container.healthCheck) {
    names.add("ecs.capability.container-health-check");
    names.add("com.amazonaws.ecs.capability.docker-remote-api.1.24");
  }
  if (container.dependsOn?.length) names.add("ecs.capability.container-ordering");
  if (container.environmentFiles?.length) names.add("ecs.capability.env-files.s3");
  if (container.privileged) names.add("com.amazonaws.ecs.capability.privileged-container");
}
