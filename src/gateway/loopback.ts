import { isIP } from "node:net";

export const LOOPBACK = "127.0.0.1";

/** True for an address of this machine alone. */
export function isLoopback(address: string): boolean {
  return address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}
