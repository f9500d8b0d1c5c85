import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { mustBeOneOf } from "../ecs-operation.ts";
import type { CompleteDefinition } from "./complete.ts";
import { checkSystemControls } from "./check-system-controls.ts";
import { refusal } from "./refusal.ts";

/** What Docker can be asked for here. Source: Amazon ECS API Reference, "ContainerDefinition": credential specs are of Windows. */
const SECURITY_OPTION = /^(no-new-privileges([:=](true|false))?|(apparmor|label|seccomp)[:=].+)$/;

/** What a container asks of the kernel and of the engine: all of it is carried out, or refused here. @throws ClientException */
export function checkLinux(name: string, container: ContainerDefinition, definition: CompleteDefinition): void {
  const { dockerSecurityOptions = [], linuxParameters: { devices = [], maxSwap, swappiness, sharedMemorySize } = {} } = container;
  for (const option of dockerSecurityOptions)
    if (!SECURITY_OPTION.test(option))
      throw refusal(`Airfield does not support the dockerSecurityOptions value '${option}' of container '${name}'.`);
  for (const { permissions = [] } of devices)
    for (const permission of permissions) mustBeOneOf("linuxParameters.devices.permissions", permission, ["read", "write", "mknod"]);
  checkSystemControls(container, definition);
  if (swappiness !== undefined && (swappiness < 0 || swappiness > 100)) throw refusal("The swappiness value must be between 0 and 100.");
  if (maxSwap !== undefined && maxSwap < 0) throw refusal("The maxSwap value must not be negative.");
  if (maxSwap !== undefined && container.memory === undefined && definition.memory === undefined)
    throw refusal(`The maxSwap of container '${name}' needs a value for 'memory', of the container or of the task.`);
  if (sharedMemorySize !== undefined && sharedMemorySize < 0) throw refusal("The sharedMemorySize value must not be negative.");
  if (sharedMemorySize !== undefined && definition.ipcMode === "host")
    throw refusal(`The sharedMemorySize of container '${name}' cannot be set when ipcMode=host: the shared memory is the host's.`);
}
