import type { ContainerDefinition, TaskDefinition, Volume } from "@aws-sdk/client-ecs";

/**
 * The member of a task definition that nothing here brings about yet, by its name and where it stands; `undefined` where there is none. Such a
 * definition is not registered, and one that an earlier version registered is not run: a task without its volume or its environment would
 * look like what was asked for, and be something else.
 */
export function cannotRun(definition: TaskDefinition): string | undefined {
  if (definition.proxyConfiguration) return "proxyConfiguration";
  if (definition.enableFaultInjection === true) return "enableFaultInjection";
  for (const volume of definition.volumes ?? []) {
    const member = missingInVolume(volume);
    if (member !== undefined) return `${member} of volume ${volume.name ?? ""}`;
  }
  for (const container of definition.containerDefinitions ?? []) {
    const member = missingInContainer(container);
    if (member !== undefined) return `${member} of container ${container.name ?? ""}`;
  }
  return undefined;
}

function missingInVolume({ efsVolumeConfiguration, configuredAtLaunch }: Volume): string | undefined {
  if (efsVolumeConfiguration) return "efsVolumeConfiguration";
  return configuredAtLaunch === true ? "configuredAtLaunch" : undefined;
}

/** Output goes to CloudWatch Logs, or stays with the engine. */
const LOG_DRIVERS = ["awslogs", "json-file"];

function missingInContainer({
  environmentFiles = [],
  firelensConfiguration,
  logConfiguration,
  portMappings = [],
}: ContainerDefinition): string | undefined {
  if (environmentFiles.length > 0) return "environmentFiles";
  if (firelensConfiguration) return "firelensConfiguration";
  if (portMappings.some(({ containerPortRange }) => containerPortRange !== undefined)) return "containerPortRange";
  if ((logConfiguration?.secretOptions ?? []).length > 0) return "logConfiguration.secretOptions";
  const driver = logConfiguration?.logDriver;
  return driver === undefined || LOG_DRIVERS.includes(driver) ? undefined : `the logConfiguration.logDriver ${driver}`;
}
