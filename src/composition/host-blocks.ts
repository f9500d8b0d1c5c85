import { usedAddressBlocks } from "../drivers/docker/address-blocks.ts";
import { hostBlocks } from "../state/host-blocks.ts";
import type { WholeState } from "../state/state.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";

/** Looks which blocks of addresses this host uses, so that no VPC gets one of them. @throws EngineUnavailableError */
export async function lookAtHostBlocks({ options }: Start, { state, installation }: Storage): Promise<void> {
  const blocks = await usedAddressBlocks({ socketPath: options.dockerSocket, instance: installation.id });
  state.commit(() => noteHostBlocks(state, blocks));
}

/** What the host uses may have changed since the last start. */
function noteHostBlocks(state: WholeState, blocks: readonly string[]): void {
  const table = state.table(hostBlocks);
  for (const { cidr } of [...table.values()]) if (!blocks.includes(cidr)) table.delete(cidr);
  for (const cidr of blocks) if (!table.has(cidr)) table.put({ cidr });
}
