import { networkInterfaces } from "node:os";

/**
 * The addresses that a wildcard stands for at this moment, without loopback and without those of a link alone, where other endpoints of ours
 * listen. Wildcards themselves would keep these from their ports.
 */
export function localAddresses(wildcard: "0.0.0.0" | "::"): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((interfaces = []) => interfaces);
  return all.flatMap(({ address, family, internal }) => {
    if (internal || address.startsWith("169.254.") || /^fe[89ab]/i.test(address)) return [];
    return family === "IPv4" || wildcard === "::" ? [address] : [];
  });
}
