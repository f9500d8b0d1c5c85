import type { Compatibility, ContainerDefinition } from "@aws-sdk/client-ecs";
import type { CompleteDefinition } from "./complete.ts";
import { refusal } from "./refusal.ts";
import { isFargateSize } from "./task-size.ts";

/**
 * Where a definition can run, for `compatibilities`.
 *
 * @param registryHost under which images of the registry here may be named too
 * @throws ClientException where it cannot run on what it requires
 */
export function compatibilities(definition: CompleteDefinition, registryHost: string): Compatibility[] {
  const required = definition.requiresCompatibilities ?? [];
  const fargate = fargateProblem(definition, registryHost);
  if (fargate !== undefined && required.includes("FARGATE")) throw refusal(fargate);
  if (required.includes("MANAGED_INSTANCES"))
    throw refusal("Airfield has no ECS Managed Instances: requiresCompatibilities may be EC2, FARGATE or EXTERNAL.");
  const external = definition.networkMode !== "awsvpc";
  if (!external && required.includes("EXTERNAL")) throw refusal("Tasks using the External launch type do not support network mode awsvpc.");
  return [...(external ? (["EXTERNAL"] as const) : []), "EC2", ...(fargate === undefined ? (["FARGATE"] as const) : [])];
}

/** Why Fargate would not take the definition, in AWS's words. */
function fargateProblem(definition: CompleteDefinition, registryHost: string): string | undefined {
  const { networkMode, cpu, memory, containerDefinitions, volumes } = definition;
  if (networkMode !== "awsvpc") return "Fargate only supports network mode ‘awsvpc’.";
  if (cpu === undefined) return "Fargate requires that 'cpu' be defined at the task level.";
  if (memory === undefined) return "Fargate requires that 'memory' be defined at the task level.";
  if (!isFargateSize(Number(cpu), Number(memory)))
    return `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`;
  if (definition.ipcMode !== undefined) return "Tasks using the Fargate launch type do not support ipcMode.";
  if (definition.pidMode === "host")
    return "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.";
  if ((definition.placementConstraints?.length ?? 0) > 0) return "Fargate compatible task definitions do not support constraints";
  if (volumes.some((volume) => volume.host?.sourcePath)) return "Fargate compatible task definitions do not support sourcePath";
  if (volumes.some((volume) => volume.dockerVolumeConfiguration))
    return "Fargate compatible task definitions do not support dockerVolumeConfiguration";
  const storage = definition.ephemeralStorage?.sizeInGiB;
  if (storage !== undefined && (storage < 21 || storage > 200))
    return "Invalid ephemeral storage size. The size must be between 21 and 200 GiB.";
  for (const container of containerDefinitions) {
    const problem = containerProblem(container, definition, registryHost);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Source: Amazon ECS Developer Guide, "Task definition differences for Fargate". */
function unsupportedMember({ linuxParameters = {}, ...container }: ContainerDefinition): string | undefined {
  const asked: Readonly<Record<string, boolean | number | readonly unknown[] | undefined>> = {
    disableNetworking: container.disableNetworking,
    dnsServers: container.dnsServers,
    dnsSearchDomains: container.dnsSearchDomains,
    dockerSecurityOptions: container.dockerSecurityOptions,
    extraHosts: container.extraHosts,
    links: container.links,
    devices: linuxParameters.devices,
    tmpfs: linuxParameters.tmpfs,
    sharedMemorySize: linuxParameters.sharedMemorySize,
    maxSwap: linuxParameters.maxSwap,
    swappiness: linuxParameters.swappiness,
    credentialSpecs: container.credentialSpecs,
  };
  return Object.keys(asked).find((member) => {
    const value = asked[member];
    return Array.isArray(value) ? value.length > 0 : typeof value === "number" || value === true;
  });
}

const FARGATE_LOG_DRIVERS = ["awslogs", "splunk", "awsfirelens"];

function containerProblem(container: ContainerDefinition, definition: CompleteDefinition, registryHost: string): string | undefined {
  const { linuxParameters, logConfiguration, image = "" } = container;
  if (container.privileged) return "Fargate compatible task definitions do not support privileged containers";
  const unsupported = unsupportedMember(container);
  if (unsupported !== undefined) return `Fargate compatible task definitions do not support ${unsupported}`;
  if (linuxParameters?.capabilities?.add?.some((capability) => capability !== "SYS_PTRACE"))
    return "Fargate compatible task definitions only support adding the SYS_PTRACE kernel capability";
  if ((container.stopTimeout ?? 0) > 120) return "Fargate compatible task definitions do not support a stopTimeout above 120 seconds";
  const driver = logConfiguration?.logDriver;
  if (driver !== undefined && !FARGATE_LOG_DRIVERS.includes(driver))
    return `Fargate compatible task definitions do not support log driver ${driver}`;
  const hasRole = Boolean(definition.executionRoleArn);
  if (driver === "awslogs" && !hasRole) return "Fargate requires task definition to have execution role ARN to support log driver awslogs.";
  if (driver === "awslogs" && !logConfiguration?.options?.["awslogs-stream-prefix"])
    return "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.";
  if (!hasRole && (/^\d{12}\.dkr\.ecr\./.test(image) || image.startsWith(`${registryHost}/`)))
    return "Fargate requires task definition to have execution role ARN to support ECR images.";
  return undefined;
}
