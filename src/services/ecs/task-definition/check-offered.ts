import type { ContainerDefinition, Volume } from "@aws-sdk/client-ecs";
import { cannotRun } from "../../../state/cannot-run.ts";
import type { CompleteDefinition } from "./complete.ts";
import { refusal } from "./refusal.ts";

/**
 * Refuses by name what would not come about: what this host can never give (accelerators, storage of AWS's own), and what Airfield lacks
 * yet. @throws ClientException
 */
export function checkOffered(definition: CompleteDefinition): void {
  const { inferenceAccelerators = [], volumes, containerDefinitions } = definition;
  if (inferenceAccelerators.length > 0) throw refusal("Airfield has no Elastic Inference: inferenceAccelerators cannot be attached.");
  for (const volume of volumes) checkVolume(volume);
  for (const container of containerDefinitions) checkContainer(container);
  const missing = cannotRun(definition);
  if (missing !== undefined) throw refusal(`Airfield does not support ${missing} yet.`);
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
