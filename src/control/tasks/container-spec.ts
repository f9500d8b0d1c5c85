import { defined } from "../../domain/defined.ts";
import type { ContainerDefinition, ContainerOverride } from "@aws-sdk/client-ecs";
import type { ContainerSpec } from "../../ports/task-runner.ts";

/** What resolving gave for a container: where to pull its image from, the values of its secrets, where its output goes. */
export interface ResolvedContainer {
  readonly image: Pick<ContainerSpec, "pullReference" | "registryAuth" | "imageDigest" | "pullFailure" | "storedImage">;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: ContainerSpec["log"];
}

/** A container as the runner takes it: the definition with the task's overrides and AWS's defaults filled in. */
export function containerSpec(
  definition: ContainerDefinition,
  override: ContainerOverride | undefined,
  resolved: ResolvedContainer,
): ContainerSpec {
  const linux = definition.linuxParameters;
  return defined({
    name: definition.name ?? "",
    image: definition.image ?? "",
    ...resolved.image,
    essential: definition.essential ?? true,
    command: override?.command ?? definition.command,
    entryPoint: definition.entryPoint,
    environment: resolved.environment,
    cpu: override?.cpu ?? definition.cpu,
    memory: override?.memory ?? definition.memory,
    memoryReservation: override?.memoryReservation ?? definition.memoryReservation,
    user: definition.user,
    workingDirectory: definition.workingDirectory,
    readonlyRootFilesystem: definition.readonlyRootFilesystem,
    privileged: definition.privileged,
    interactive: definition.interactive,
    pseudoTerminal: definition.pseudoTerminal,
    hostname: definition.hostname,
    dnsServers: definition.dnsServers,
    dnsSearchDomains: definition.dnsSearchDomains,
    extraHosts: definition.extraHosts?.map(({ hostname, ipAddress }) => ({ hostname: hostname ?? "", ipAddress: ipAddress ?? "" })),
    dockerLabels: definition.dockerLabels,
    securityOptions: definition.dockerSecurityOptions,
    networkDisabled: definition.disableNetworking,
    links: definition.links && linksOf(definition.links),
    ulimits: definition.ulimits?.map(({ name, softLimit, hardLimit }) => ({
      name: name ?? "",
      softLimit: softLimit ?? 0,
      hardLimit: hardLimit ?? 0,
    })),
    systemControls:
      definition.systemControls &&
      Object.fromEntries(definition.systemControls.map(({ namespace, value }) => [namespace ?? "", value ?? ""])),
    linux:
      linux &&
      defined({
        addCapabilities: linux.capabilities?.add,
        dropCapabilities: linux.capabilities?.drop,
        initProcessEnabled: linux.initProcessEnabled,
        sharedMemorySize: linux.sharedMemorySize,
        devices: linux.devices?.map(({ hostPath = "", containerPath = hostPath, permissions = ["read", "write", "mknod"] }) => ({
          hostPath,
          containerPath,
          permissions,
        })),
        maxSwap: linux.maxSwap,
        // Source: Amazon ECS API Reference, "LinuxParameters": without a value for maxSwap, swappiness is ignored.
        swappiness: linux.maxSwap === undefined ? undefined : linux.swappiness,
        tmpfs: linux.tmpfs?.map(({ containerPath, size, mountOptions }) => ({
          containerPath: containerPath ?? "",
          size: size ?? 0,
          mountOptions: mountOptions ?? [],
        })),
      }),
    portMappings: (definition.portMappings ?? []).map(({ containerPort, hostPort, protocol }) =>
      defined({ containerPort: containerPort ?? 0, hostPort, protocol: protocol ?? "tcp" }),
    ),
    mountPoints: (definition.mountPoints ?? []).map(({ sourceVolume, containerPath, readOnly }) => ({
      sourceVolume: sourceVolume ?? "",
      containerPath: containerPath ?? "",
      readOnly: readOnly ?? false,
    })),
    volumesFrom: (definition.volumesFrom ?? []).map(({ sourceContainer, readOnly }) => ({
      sourceContainer: sourceContainer ?? "",
      readOnly: readOnly ?? false,
    })),
    dependsOn: dependenciesOf(definition),
    startTimeout: definition.startTimeout,
    stopTimeout: definition.stopTimeout,
    restartPolicy: restartPolicyOf(definition.restartPolicy),
    healthCheck: definition.healthCheck && {
      command: definition.healthCheck.command ?? [],
      interval: definition.healthCheck.interval ?? 30,
      timeout: definition.healthCheck.timeout ?? 5,
      retries: definition.healthCheck.retries ?? 3,
      startPeriod: definition.healthCheck.startPeriod ?? 0,
    },
    logOptions: definition.logConfiguration?.logDriver === "json-file" ? definition.logConfiguration.options : undefined,
    log: resolved.log,
  });
}

/** Source: Amazon ECS API Reference, "ContainerRestartPolicy". */
function restartPolicyOf(policy: ContainerDefinition["restartPolicy"]): ContainerSpec["restartPolicy"] {
  if (policy?.enabled !== true) return undefined;
  return { ignoredExitCodes: policy.ignoredExitCodes ?? [], attemptPeriod: policy.restartAttemptPeriod ?? 300 };
}

/** `name` or `name:alias`. Source: Amazon ECS API Reference, "ContainerDefinition". */
function linksOf(links: readonly string[]): NonNullable<ContainerSpec["links"]> {
  return links.map((link) => {
    const [containerName = "", alias = containerName] = link.split(":");
    return { containerName, alias };
  });
}

/** What it says itself, and the containers that it is linked to: the engine links to what runs. */
function dependenciesOf({ dependsOn = [], links = [] }: ContainerDefinition): ContainerSpec["dependsOn"] {
  const said = dependsOn.map(({ containerName = "", condition = "START" }) => ({ containerName, condition }));
  const linked = linksOf(links).map(({ containerName }) => ({ containerName, condition: "START" as const }));
  return [...said, ...linked.filter(({ containerName }) => !said.some((one) => one.containerName === containerName))];
}
