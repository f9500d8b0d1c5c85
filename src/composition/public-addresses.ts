import { formatAddress, parseAddress } from "../domain/cidr.ts";
import { notePublicRange } from "../state/public-addresses.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";

/** Of loopback, in which every address is this host's: 127.128.0.0/9 has room for 512 installations of 16,382 addresses each. */
const FIRST = "127.128.0.0";
const BLOCKS = 512;
const PREFIX = 18;

/**
 * Says from where public addresses come.
 * @param reachable whether this host leads from them to who has them
 */
export function setPublicAddresses({ options }: Start, { state, installation }: Storage, reachable: boolean): void {
  notePublicRange(state, { cidr: options.publicAddresses ?? loopbackBlock(installation.id), reachable });
}

/** The same at every start, and hardly that of another installation on this host. */
export function loopbackBlock(installationId: string): string {
  const at = Number.parseInt(installationId, 16) % BLOCKS;
  return `${formatAddress((parseAddress(FIRST) ?? 0) + at * 2 ** (32 - PREFIX))}/${PREFIX}`;
}
