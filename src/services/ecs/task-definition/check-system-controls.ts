import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { CompleteDefinition } from "./complete.ts";
import { refusal } from "./refusal.ts";

const IPC = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/;
const NETWORK = /^net\..+$/;

/**
 * Kernel parameters that belong to a namespace of the container's own; the others are the host's.
 * Source: Amazon ECS API Reference, "SystemControl". @throws ClientException
 */
export function checkSystemControls(
  { name, systemControls = [] }: ContainerDefinition,
  { ipcMode, networkMode }: Pick<CompleteDefinition, "ipcMode" | "networkMode">,
): void {
  for (const { namespace = "", value } of systemControls) {
    const where = `The systemControls namespace '${namespace}' of container '${name}'`;
    if (!IPC.test(namespace) && !NETWORK.test(namespace)) throw refusal(`${where} is not supported: it is no parameter of a namespace.`);
    if (value === undefined) throw refusal(`${where} needs a value.`);
    if (IPC.test(namespace) && (ipcMode === "host" || ipcMode === "none"))
      throw refusal(`${where} is not supported when ipcMode=${ipcMode}.`);
    if (NETWORK.test(namespace) && networkMode === "host") throw refusal(`${where} is not supported when networkMode=host.`);
  }
}
