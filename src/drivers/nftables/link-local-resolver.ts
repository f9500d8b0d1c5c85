import type { LinkLocalResolver } from "../../ports/link-local-resolver.ts";
import type { Nft } from "./nft.ts";
import { removeTable, withoutTable } from "./remove-table.ts";

/** Source: Amazon VPC User Guide, "Amazon DNS server". */
const ADDRESS = "169.254.169.253";

/** The table of an installation. */
export function resolverTable(installation: string): string {
  return `airfield-${installation}-resolver`;
}

/** Where, in what tells that nobody listens, the port stands that was asked: behind eight bytes of ICMP and the datagram's head of twenty and two. In bits. */
const ASKED_PORT_AT = (8 + 20 + 2) * 8;

/**
 * Leads by the kernel's address translation, before any filter looks. While nobody answers, since the control plane starts anew, who asks in datagrams is not told so but waits, and asks again: told, it
 * would give up at once. A change is one transaction, and costs the bridges.
 */
export function nftLinkLocalResolver(nft: Pick<Nft, "run">, name: string): LinkLocalResolver {
  return {
    async lead(byBridge) {
      await nft.run(`${withoutTable(`ip ${name}`)}${byBridge.size === 0 ? "" : wholeTable(name, byBridge)}`);
    },
  };
}

/** Takes the installation's table away, where there is one and this user could have made it. */
export async function removeLinkLocalResolver(nft: Pick<Nft, "run">, installation: string): Promise<void> {
  await removeTable(nft, `ip ${resolverTable(installation)}`);
}

function wholeTable(name: string, byBridge: ReadonlyMap<string, string>): string {
  const elements = [...byBridge].map(([bridge, address]) => `"${bridge}" : ${address}`).join(", ");
  const bridges = [...byBridge.keys()].map((bridge) => `"${bridge}"`).join(", ");
  return `table ip ${name} {
  map resolvers {
    type ifname : ipv4_addr
    elements = { ${elements} }
  }
  set bridges {
    type ifname
    elements = { ${bridges} }
  }
  chain from-tasks {
    type nat hook prerouting priority -100; policy accept;
    ip daddr ${ADDRESS} udp dport 53 dnat to iifname map @resolvers
    ip daddr ${ADDRESS} tcp dport 53 dnat to iifname map @resolvers
  }
  chain to-tasks {
    type filter hook output priority 0; policy accept;
    oifname @bridges icmp type destination-unreachable icmp code port-unreachable @th,${ASKED_PORT_AT},16 53 drop
  }
}
`;
}
