import { readFile } from "node:fs/promises";
import { conntrackProgram } from "../drivers/nftables/conntrack.ts";
import { nftProgram } from "../drivers/nftables/nft.ts";
import { balancerTable, nftPacketBalancer } from "../drivers/nftables/packet-balancer.ts";
import { errorText } from "../domain/error-text.ts";
import type { Logger } from "../ports/logger.ts";
import type { PacketBalancer } from "../ports/packet-balancer.ts";

/** What leads packets for load balancers on this host; `undefined` where nothing can, which is told once. */
export async function openPackets(installation: string, logger: Logger): Promise<PacketBalancer | undefined> {
  const [nft, conntrack, table] = [nftProgram(), conntrackProgram(), balancerTable(installation)];
  try {
    await nft.read("inet", table);
    await conntrack.count({ address: "192.0.2.1", port: 9, protocol: "udp" });
    // Replies between two ends of one bridge are translated back where the bridge shows its packets to the kernel's filter.
    const shown = await readFile("/proc/sys/net/bridge/bridge-nf-call-iptables", "utf8");
    if (shown.trim() !== "1") throw new Error("net.bridge.bridge-nf-call-iptables is 0");
  } catch (cause) {
    logger.info("network load balancers carry no datagrams here, and no connections with their clients' addresses", {
      why: errorText(cause),
    });
    return undefined;
  }
  return nftPacketBalancer(nft, conntrack, table);
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
