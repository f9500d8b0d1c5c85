import { conntrackProgram } from "../drivers/nftables/conntrack.ts";
import { nftProgram } from "../drivers/nftables/nft.ts";
import { balancerTable, nftPacketBalancer } from "../drivers/nftables/packet-balancer.ts";
import { whyNotLed } from "../drivers/nftables/why-not-led.ts";
import type { Logger } from "../ports/logger.ts";
import type { PacketBalancer } from "../ports/packet-balancer.ts";

/** What leads packets for load balancers on this host; `undefined` where nothing can, which is told once. */
export async function openPackets(installation: string, logger: Logger): Promise<PacketBalancer | undefined> {
  const why = await whyNotLed();
  if (why === undefined) return nftPacketBalancer(nftProgram(), conntrackProgram(), balancerTable(installation));
  logger.info("network load balancers carry no datagrams here, and no connections with their clients' addresses", { why });
  return undefined;
}

/** Takes away what an installation that does not run has left. */
export async function removePackets(installation: string): Promise<void> {
  const [nft, table] = [nftProgram(), balancerTable(installation)];
  const isThere = await nft.read("inet", table).then(
    (found) => found !== undefined,
    () => false,
  );
  if (isThere) await nftPacketBalancer(nft, conntrackProgram(), table).remove();
}
