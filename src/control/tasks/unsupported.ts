import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";

/**
 * What a task definition may say and no runner here brings about. Such a task does not start: one that ran without its volume or
 * its environment would look like what was asked for, and be something else.
 */
export function unsupported({ definition }: TaskDefinitionRecord): string | undefined {
  for (const volume of definition.volumes ?? []) {
    if (volume.efsVolumeConfiguration) return named(`the EFS volume ${volume.name ?? ""}`);
    if (volume.fsxWindowsFileServerVolumeConfiguration) return named(`the FSx volume ${volume.name ?? ""}`);
    if (volume.configuredAtLaunch) return named(`the EBS volume ${volume.name ?? ""}`);
  }
  for (const container of definition.containerDefinitions ?? []) {
    const what = unsupportedInContainer(container);
    if (what !== undefined) return named(`${what} of container ${container.name ?? ""}`);
  }
  return undefined;
}

function unsupportedInContainer(container: ContainerDefinition): string | undefined {
  if ((container.environmentFiles ?? []).length > 0) return "the environment files";
  if (container.firelensConfiguration) return "the FireLens configuration";
  const driver = container.logConfiguration?.logDriver;
  if (driver !== undefined && driver !== "awslogs") return `the log driver ${driver}`;
  if ((container.logConfiguration?.secretOptions ?? []).length > 0) return "the secret log options";
  if ((container.resourceRequirements ?? []).length > 0) return "the resource requirements";
  return undefined;
}

function named(what: string): string {
  return `ResourceInitializationError: Airfield does not bring about ${what} yet.`;
}
