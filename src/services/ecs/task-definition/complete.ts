import type { ContainerDefinition, NetworkMode, PortMapping, RegisterTaskDefinitionRequest, TaskDefinition } from "@aws-sdk/client-ecs";
import { defined } from "../../../domain/defined.ts";
import { cpuUnits, memoryMib } from "./task-size.ts";

/** A definition with AWS's defaults in place, not yet with a revision. */
export type CompleteDefinition = Omit<TaskDefinition, "containerDefinitions" | "volumes"> & {
  readonly containerDefinitions: ContainerDefinition[];
  readonly volumes: NonNullable<TaskDefinition["volumes"]>;
};

/**
 * Fills in what a request leaves out, as DescribeTaskDefinition shows it. What was completed once stays the same when it is
 * completed again, so that a described definition can be registered. @throws ClientException for a malformed task size
 */
export function complete(request: RegisterTaskDefinitionRequest): CompleteDefinition {
  const { tags: _tags, containerDefinitions, volumes, placementConstraints, cpu, memory, ...rest } = request;
  return {
    ...defined({ ...rest, cpu: cpuUnits(cpu)?.toString(), memory: memoryMib(memory)?.toString() }),
    containerDefinitions: (containerDefinitions ?? []).map((container) => completeContainer(container, request.networkMode)),
    volumes: volumes ?? [],
    placementConstraints: placementConstraints ?? [],
  };
}

function completeContainer(container: ContainerDefinition, networkMode: NetworkMode | undefined): ContainerDefinition {
  const { healthCheck, portMappings } = container;
  return {
    ...container,
    cpu: container.cpu ?? 0,
    portMappings: (portMappings ?? []).map((mapping) => completeMapping(mapping, networkMode)),
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    ...(healthCheck
      ? {
          healthCheck: {
            ...healthCheck,
            interval: healthCheck.interval ?? 30,
            timeout: healthCheck.timeout ?? 5,
            retries: healthCheck.retries ?? 3,
          },
        }
      : {}),
    ...(container.dependsOn ? { dependsOn: container.dependsOn } : {}),
  };
}

/** In `awsvpc` and `host` the host's port is the container's; in `bridge` 0 asks for any. */
function completeMapping(mapping: PortMapping, networkMode: NetworkMode | undefined): PortMapping {
  if (mapping.containerPortRange !== undefined) return { ...mapping, protocol: mapping.protocol ?? "tcp" };
  const own = networkMode === "awsvpc" || networkMode === "host";
  const hostPort = own && !mapping.hostPort ? mapping.containerPort : (mapping.hostPort ?? 0);
  return { ...mapping, hostPort, protocol: mapping.protocol ?? "tcp" };
}
