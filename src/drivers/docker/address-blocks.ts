import { networkInterfaces } from "node:os";
import { formatAddress, parseAddress } from "../../domain/cidr.ts";
import { dockerEngine } from "./engine.ts";

interface ListedNetwork {
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

/** The IPv4 blocks that this host and its engine use already, those of our own networks aside. */
export async function usedAddressBlocks({
  socketPath,
  instance,
}: {
  readonly socketPath: string;
  readonly instance: string;
}): Promise<readonly string[]> {
  const networks = await dockerEngine({ socketPath }).call<readonly ListedNetwork[]>("GET", "/networks");
  const own = (network: ListedNetwork): boolean => network.Labels?.["airfield.instance"] === instance;
  const subnets = (network: ListedNetwork): readonly string[] => (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
  const ours = new Set(networks.filter(own).flatMap(subnets));
  const foreign = networks.filter((network) => !own(network)).flatMap(subnets);
  const host = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ family, cidr }) => (family === "IPv4" && cidr ? blockOf(cidr) : [])),
  );
  return [...new Set([...foreign, ...host])].filter((block) => !ours.has(block) && !block.includes(":"));
}

/** `172.17.0.1/16` → `172.17.0.0/16`. */
function blockOf(cidr: string): string {
  const [address = "", prefix = "32"] = cidr.split("/");
  const number = parseAddress(address) ?? 0;
  return `${formatAddress(number - (number % 2 ** (32 - Number(prefix))))}/${prefix}`;
}
