import { writeFile } from "node:fs/promises";
import type { PublicWays } from "../../ports/public-ways.ts";
import { callProgram, type CallProgram } from "./call-program.ts";
import { NftRefusedError, type Nft } from "./nft.ts";
import { removeTable } from "./remove-table.ts";

/** The table of an installation. */
export function publicTable(installation: string): string {
  return `airfield-${installation}-public`;
}

export interface PublicWaysParts {
  readonly nft: Pick<Nft, "run">;
  readonly table: string;
  /** The program `ip`. */
  readonly ip?: CallProgram;
  /** Sets a switch of the kernel's. */
  readonly set?: (path: string, value: string) => Promise<void>;
}

/**
 * Leads to public addresses by the kernel's address translation, before any filter looks: a map from one address to the other, so that a change is one element. A program of this host that calls a
 * loopback address comes from the VPC's router; for that the bridge may carry such packets, and what others send to loopback over it is dropped.
 */
export function nftPublicWays({ nft, table: name, ip = callProgram("ip"), set = writeFile }: PublicWaysParts): PublicWays {
  const table = `ip ${name}`;
  let held = new Map<string, string>();
  /** Of VPCs: over these packets may come that the kernel would not take elsewhere. */
  const bridges = new Set<string>();
  /** One after the other: a change is made of what the one before left. */
  let lane: Promise<unknown> = Promise.resolve();
  const inLane = <T>(work: () => Promise<T>): Promise<T> => {
    const done = lane.then(work);
    lane = done.catch(() => undefined);
    return done;
  };

  async function renew(ways: ReadonlyMap<string, string>): Promise<void> {
    await nft.run(wholeTable(table, ways, bridges));
    held = new Map(ways);
  }

  async function change(publicAddress: string, to: string | undefined): Promise<void> {
    const before = held.get(publicAddress);
    if (before === to) return;
    const after = new Map(held);
    if (to === undefined) after.delete(publicAddress);
    else after.set(publicAddress, to);
    const commands = [
      ...(before === undefined ? [] : [`delete element ${table} ways { ${publicAddress} }`]),
      ...(to === undefined ? [] : [`add element ${table} ways { ${publicAddress} : ${to} }`]),
    ];
    try {
      await nft.run(`${commands.join("\n")}\n`);
      held = after;
    } catch (cause) {
      if (!(cause instanceof NftRefusedError)) throw cause;
      // Somebody else may have changed the table.
      await renew(after);
    }
  }

  return {
    adopt: (ways) => inLane(() => renew(ways)),
    lead: (publicAddress, privateAddress) => inLane(() => change(publicAddress, privateAddress)),
    async open(gateway) {
      const { code, output, errors } = await ip(["-json", "-4", "address", "show", "to", `${gateway}/32`]);
      if (code !== 0) throw new Error(`ip does not tell this host's addresses: ${errors.trim()}`);
      for (const { ifname } of JSON.parse(output || "[]") as readonly { readonly ifname?: string }[]) {
        if (ifname === undefined) continue;
        // What tasks themselves send to loopback is dropped before it could come in.
        await inLane(() => nft.run(`add element ${table} bridges { "${ifname}" }\n`));
        bridges.add(ifname);
        await set(`/proc/sys/net/ipv4/conf/${ifname}/route_localnet`, "1");
      }
    },
  };
}

/** Takes the installation's table away, where there is one and this user could have made it. */
export async function removePublicWays(nft: Pick<Nft, "run">, installation: string): Promise<void> {
  await removeTable(nft, `ip ${publicTable(installation)}`);
}

/**
 * In one transaction: nobody meets half of it. Connections that were led already are the kernel's, and stay. So do the bridges of an earlier life, which may still carry packets to loopback: they are dropped
 * before this one has found them again.
 */
function wholeTable(table: string, ways: ReadonlyMap<string, string>, bridges: ReadonlySet<string>): string {
  return `add table ${table}
add map ${table} ways { type ipv4_addr : ipv4_addr; }
flush map ${table} ways
flush table ${table}
table ${table} {
  map ways {
    type ipv4_addr : ipv4_addr${elements([...ways].map(([from, to]) => `${from} : ${to}`))}
  }
  set bridges {
    type ifname${elements([...bridges].map((bridge) => `"${bridge}"`))}
  }
  chain strangers {
    type filter hook prerouting priority -300; policy accept;
    iifname @bridges ip daddr 127.0.0.0/8 drop
    iifname @bridges ip saddr 127.0.0.0/8 drop
  }
  chain from-others {
    type nat hook prerouting priority -100; policy accept;
    dnat to ip daddr map @ways
  }
  chain from-this-host {
    type nat hook output priority -100; policy accept;
    dnat to ip daddr map @ways
  }
  chain by-the-router {
    type nat hook postrouting priority 100; policy accept;
    oifname @bridges ip saddr 127.0.0.0/8 ct status dnat masquerade
  }
}
`;
}

/** An empty list is none. */
function elements(all: readonly string[]): string {
  return all.length === 0 ? "" : `\n    elements = { ${all.join(", ")} }`;
}
