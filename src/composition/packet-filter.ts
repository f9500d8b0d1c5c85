import { InterfacesInPlace } from "../control/packet-filter/interfaces-in-place.ts";
import type { Enforcement } from "../control/packet-filter/enforcement.ts";
import { parseAddress } from "../domain/cidr.ts";
import { hostNameServers } from "../drivers/system/name-servers.ts";
import { nftFlowCounts } from "../drivers/nftables/flow-counts.ts";
import { kernelNetlink } from "../drivers/nftables/netlink.ts";
import { nftProgram } from "../drivers/nftables/nft.ts";
import { nftPortGuard } from "../drivers/nftables/port-guard.ts";
import { nftPacketFilter } from "../drivers/nftables/packet-filter.ts";
import { whyNoPacketFilter } from "../drivers/nftables/why-not.ts";
import type { Clock } from "../ports/clock.ts";
import type { FlowCounts } from "../ports/flow-counts.ts";
import type { PortGuard } from "../ports/port-guard.ts";
import type { VpcNetworks } from "../ports/vpc-networks.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";

/** The host cannot enforce what was to be enforced. */
export class NoPacketFilterError extends Error {
  constructor(why: string) {
    super(`security groups, network ACLs and routes cannot be enforced on this host, which was required: ${why}`);
    this.name = "NoPacketFilterError";
  }
}

/** The kernel's packet filter, where this host has one for VPCs; else it is told that groups, ACLs and routes are kept and not enforced. @throws NoPacketFilterError */
export async function openPacketFilter(
  { options, logger }: Start,
  { installation, troubles }: Storage,
  networks: VpcNetworks,
): Promise<Omit<Enforcement, "doors"> | undefined> {
  const trouble = (text: string | undefined): void => void troubles.tell("packet filter", text);
  const nft = nftProgram();
  const why =
    options.packetFilter === "off"
      ? "the operator has turned the packet filter off"
      : await whyNoPacketFilter({ nft, isHere: networks.isHere });
  if (why !== undefined) {
    if (options.packetFilter === "required") throw new NoPacketFilterError(why);
    trouble(`security groups, network ACLs and routes are kept, and not enforced on this host: ${why}`);
    logger.warn("security groups, network ACLs and routes are kept, and not enforced", { why });
    return undefined;
  }
  const netlink = kernelNetlink((why) => logger.info("nft tells the kernel of each task that comes or goes, which takes longer", { why }));
  return {
    filter: nftPacketFilter(nft, installation.id, netlink),
    inPlace: new InterfacesInPlace(),
    networks,
    trouble,
    resolvers: hostNameServers().filter((address) => parseAddress(address) !== undefined),
  };
}

/** Where groups count, nobody comes as somebody else. */
export function openPortGuard(installation: string): PortGuard {
  return nftPortGuard({ nft: nftProgram(), installation });
}

/** Where the kernel lets through what the records say, it can tell what that was. */
export function openFlowCounts(clock: Clock, installation: string): FlowCounts {
  return nftFlowCounts(nftProgram(), installation, () => clock.now());
}
