import type { ContainerDefinition, Volume } from "@aws-sdk/client-ecs";
import type { CompleteDefinition } from "./complete.ts";
import { refusal } from "./refusal.ts";

/**
 * Refuses by name what this host can never give: accelerators, Windows, storage of AWS's own. What Airfield lacks yet is registered, and
 * refused by name when it would run. @throws ClientException
 */
export function checkOffered({ inferenceAccelerators = [], volumes, containerDefinitions }: CompleteDefinition): void {
  if (inferenceAccelerators.length > 0) throw refusal("Airfield has no Elastic Inference: inferenceAccelerators cannot be attached.");
  for (const volume of volumes) checkVolume(volume);
  for (const container of containerDefinitions) checkContainer(container);
}

function checkVolume({ name, fsxWindowsFileServerVolumeConfiguration, s3filesVolumeConfiguration }: Volume): void {
  if (fsxWindowsFileServerVolumeConfiguration)
    throw refusal(
      `Airfield has no FSx for Windows File Server: fsxWindowsFileServerVolumeConfiguration of volume '${name}' cannot be mounted.`,
    );
  if (s3filesVolumeConfiguration)
    throw refusal(`Airfield has no S3 Files: s3filesVolumeConfiguration of volume '${name}' cannot be mounted.`);
}

function checkContainer({ name, resourceRequirements = [], credentialSpecs = [] }: ContainerDefinition): void {
  if (resourceRequirements.length > 0)
    throw refusal(`Airfield has no GPUs or accelerators: container '${name}' cannot have resourceRequirements.`);
  if (credentialSpecs.length > 0) throw refusal(`Airfield has no Active Directory: container '${name}' cannot have credentialSpecs.`);
}
