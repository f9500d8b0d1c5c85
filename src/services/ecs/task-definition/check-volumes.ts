import type { CompleteDefinition } from "./complete.ts";
import { refusal } from "./refusal.ts";

/** Volumes, and what containers mount of them. @throws ClientException */
export function checkVolumes({ volumes, containerDefinitions }: CompleteDefinition): void {
  const names = new Set<string>();
  for (const { name, host, dockerVolumeConfiguration, efsVolumeConfiguration, fsxWindowsFileServerVolumeConfiguration } of volumes) {
    if (!name) throw refusal("Volume.name should not be null or empty.");
    if (!/^[a-zA-Z0-9_-]{1,255}$/.test(name)) throw refusal("Volume.name contains invalid characters.");
    if (names.has(name)) throw refusal(`Volume names must be unique within a Task Definition: '${name}'.`);
    names.add(name);
    const kinds = [host?.sourcePath, dockerVolumeConfiguration, efsVolumeConfiguration, fsxWindowsFileServerVolumeConfiguration];
    if (kinds.filter((kind) => kind !== undefined).length > 1) throw refusal(`Volume '${name}' can only have one volume configuration.`);
    if (dockerVolumeConfiguration?.autoprovision && dockerVolumeConfiguration.scope !== "shared")
      throw refusal("Autoprovision can only be set on volumes whose scope is shared.");
  }
  const containers = new Set(containerDefinitions.map((container) => container.name));
  for (const { name, mountPoints = [], volumesFrom = [] } of containerDefinitions) {
    const paths = new Set<string>();
    for (const { sourceVolume, containerPath } of mountPoints) {
      if (!sourceVolume || !names.has(sourceVolume)) throw refusal(`Unknown volume '${sourceVolume ?? "null"}'.`);
      if (!containerPath) throw refusal(`MountPoint.containerPath of container '${name}' should not be null or empty.`);
      if (paths.has(containerPath)) throw refusal(`Duplicate mount point '${containerPath}' in container '${name}'.`);
      paths.add(containerPath);
    }
    for (const { sourceContainer } of volumesFrom)
      if (!sourceContainer || !containers.has(sourceContainer))
        throw refusal(`Unknown container '${sourceContainer ?? "null"}' in volumesFrom.`);
  }
}
