import type { PacketBalancer, PacketService } from "../../ports/packet-balancer.ts";
import type { Conntrack } from "./conntrack.ts";
import { NftRefusedError, type Nft } from "./nft.ts";
import { renderChanges, renderTable } from "./render-services.ts";

/** The table of an installation, as its packet filter's is another one. */
export function balancerTable(installation: string): string {
  return `airfield_${installation.replaceAll(/[^A-Za-z0-9]/g, "_")}_balancers`;
}

/**
 * Leads packets by the kernel's address translation. What an earlier control plane left is replaced in one transaction when the first services are applied, which
 * no packet sees; flows that are under way are the kernel's, and stay. Replies come back through the kernel where bridged packets are shown to it, as engines have it.
 */
export function nftPacketBalancer(nft: Nft, conntrack: Conntrack, table: string): PacketBalancer {
  let applied: readonly PacketService[] | undefined;
  /** One after the other: a transaction is made of what the one before left. */
  let lane: Promise<unknown> = Promise.resolve();
  const inLane = <T>(work: () => Promise<T>): Promise<T> => {
    const done = lane.then(work);
    lane = done.catch(() => undefined);
    return done;
  };

  async function bringAbout(services: readonly PacketService[]): Promise<void> {
    const before = applied;
    if (before && before.length + services.length === 0) return;
    applied = undefined;
    if (before && before.length > 0) await change(before, services);
    // Where nobody was ever led anywhere there need be no table.
    else if (services.length > 0 || (await nft.read("inet", table))) await nft.run(renderTable(table, services));
    applied = services;
  }

  async function change(before: readonly PacketService[], services: readonly PacketService[]): Promise<void> {
    try {
      await nft.run(renderChanges(table, before, services));
    } catch (cause) {
      if (!(cause instanceof NftRefusedError)) throw cause;
      // Somebody else may have changed the table.
      await nft.run(renderTable(table, services));
    }
  }

  return {
    apply: (services) => inLane(() => bringAbout(services)),
    flows: ({ address, port }, protocol) => conntrack.count({ address, port, protocol }),
    cut: ({ address, port }, protocol) => conntrack.forget({ address, port, protocol }),
    remove: () =>
      inLane(async () => {
        applied = undefined;
        await nft.run(`add table inet ${table}\ndelete table inet ${table}\n`);
      }),
  };
}
