import type { ContainerDefinition, RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import { isEcsName, mustBeOneOf } from "../ecs-operation.ts";
import { checkContainer } from "./check-container.ts";
import { checkDependencies } from "./check-dependencies.ts";
import { checkOffered } from "./check-offered.ts";
import { checkPorts } from "./check-ports.ts";
import { checkVolumes } from "./check-volumes.ts";
import type { CompleteDefinition } from "./complete.ts";
import { QUOTAS } from "../quotas.ts";
import { refusal } from "./refusal.ts";

/** What can be seen from the request alone, before defaults are filled in. @throws ClientException, InvalidParameterException */
export function checkRequest(request: RegisterTaskDefinitionRequest): void {
  const { family, containerDefinitions, networkMode, pidMode, ipcMode, requiresCompatibilities, runtimePlatform, tags } = request;
  if (!family) throw refusal("Family should not be null or empty.");
  if (!isEcsName(family)) throw refusal("Family contains invalid characters.");
  if (!containerDefinitions || containerDefinitions.length === 0) throw refusal("Container list cannot be empty.");
  if (containerDefinitions.length > QUOTAS.containers) throw refusal("Too many containers.");
  if (tags?.length === 0) throw refusal("Tags can not be empty.");
  const bytes = Buffer.byteLength(JSON.stringify(request));
  if (bytes > QUOTAS.definitionBytes) throw refusal(`Actual length: '${bytes}'. Max allowed length is '${QUOTAS.definitionBytes}' bytes.`);
  mustBeOneOf("networkMode", networkMode, ["awsvpc", "bridge", "host", "none"]);
  mustBeOneOf("pidMode", pidMode, ["host", "task"]);
  mustBeOneOf("ipcMode", ipcMode, ["host", "task", "none"]);
  for (const compatibility of requiresCompatibilities ?? [])
    mustBeOneOf("requiresCompatibilities", compatibility, ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]);
  mustBeOneOf("runtimePlatform.cpuArchitecture", runtimePlatform?.cpuArchitecture, ["X86_64", "ARM64"]);
  if (runtimePlatform?.operatingSystemFamily?.startsWith("WINDOWS"))
    throw refusal("Airfield runs Linux containers only: runtimePlatform.operatingSystemFamily must be LINUX.");
}

/** Refuses a definition that could run nowhere. @throws ClientException */
export function checkDefinition(definition: CompleteDefinition): void {
  const { containerDefinitions: containers } = definition;
  for (const container of containers) checkContainer(container, definition);
  const names = new Set(containers.map((container) => container.name));
  if (names.size < containers.length) throw refusal("Container names must be unique within a Task Definition.");
  if (!containers.some((container) => container.essential)) throw refusal("Task definition doesn't have any essential container.");
  checkOffered(definition);
  checkPorts(definition);
  checkVolumes(definition);
  checkDependencies(containers);
  checkSums(definition, containers);
  const constraints = definition.placementConstraints ?? [];
  if (constraints.length > 10) throw refusal("Too many placement constraints: at most 10 are allowed.");
  for (const { type, expression } of constraints)
    if (type !== "memberOf" || !expression)
      throw refusal("Invalid placement constraint: a memberOf constraint with an expression is expected.");
}

function checkSums({ cpu, memory }: CompleteDefinition, containers: readonly ContainerDefinition[]): void {
  if (cpu !== undefined && sum(containers, ({ cpu: units }) => units) > Number(cpu))
    throw refusal("The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.");
  if (memory === undefined) return;
  const greater = containers.find((container) => (container.memory ?? 0) > Number(memory));
  if (greater) throw refusal(`The 'memory' setting for container '${greater.name}' is greater than for the task.`);
  if (sum(containers, (container) => container.memoryReservation ?? container.memory) > Number(memory))
    throw refusal("The sum of all container 'memoryReservation' values cannot be greater than the value of the task 'memory'.");
}

function sum(containers: readonly ContainerDefinition[], of: (container: ContainerDefinition) => number | undefined): number {
  return containers.reduce((total, container) => total + (of(container) ?? 0), 0);
}
