import type { PublicSender } from "../../domain/public-sender.ts";
import type { PublicSenders } from "../../ports/public-senders.ts";
import { NftRefusedError, type Nft } from "./nft.ts";
import { removeTable, withoutTable } from "./remove-table.ts";

/** The table of an installation. */
export function senderTable(installation: string): string {
  return `airfield-${installation}-senders`;
}

/** By the kernel's address translation, before the engine gives what leaves a bridge the host's address (100). Without senders there is no table. */
export function nftPublicSenders(nft: Pick<Nft, "run">, installation: string): PublicSenders {
  const table = `ip ${senderTable(installation)}`;
  let held = new Map<string, readonly PublicSender[]>();
  /** One after the other: a change is made of what the one before left. */
  let lane: Promise<unknown> = Promise.resolve();
  const inLane = <T>(work: () => Promise<T>): Promise<T> => {
    const done = lane.then(work);
    lane = done.catch(() => undefined);
    return done;
  };

  async function renew(all: ReadonlyMap<string, readonly PublicSender[]>): Promise<void> {
    const elements = [...all.values()].flat().map(elementOf);
    await nft.run(`${withoutTable(table)}${elements.length === 0 ? "" : wholeTable(table, elements)}`);
    held = new Map(all);
  }

  async function change(key: string, senders: readonly PublicSender[]): Promise<void> {
    const [had, has] = [(held.get(key) ?? []).map(elementOf), senders.map(elementOf)];
    const gone = had.filter((one) => !has.includes(one));
    const added = has.filter((one) => !had.includes(one));
    const after = new Map([...held, [key, senders] as const]);
    if (senders.length === 0) after.delete(key);
    if (gone.length + added.length === 0) return;
    if (held.size === 0 || after.size === 0) return renew(after);
    const lines = [
      ...(gone.length === 0 ? [] : [`delete element ${table} senders { ${gone.join(", ")} }`]),
      ...(added.length === 0 ? [] : [`add element ${table} senders { ${added.join(", ")} }`]),
    ];
    try {
      await nft.run(lines.map((line) => `${line}\n`).join(""));
      held = after;
    } catch (cause) {
      if (!(cause instanceof NftRefusedError)) throw cause;
      // Somebody else may have changed the table.
      await renew(after);
    }
  }

  return {
    adopt: (all) => inLane(() => renew(all)),
    replace: (key, senders) => inLane(() => change(key, senders)),
  };
}

/** Takes the installation's table away, where there is one and this user could have made it. */
export async function removePublicSenders(nft: Pick<Nft, "run">, installation: string): Promise<void> {
  await removeTable(nft, `ip ${senderTable(installation)}`);
}

function elementOf({ from, to, as }: PublicSender): string {
  return `${from} . ${to} : ${as}`;
}

function wholeTable(table: string, elements: readonly string[]): string {
  return `table ${table} {
  map senders {
    type ipv4_addr . ipv4_addr : ipv4_addr
    flags interval
    elements = { ${elements.join(", ")} }
  }
  chain leaving {
    type nat hook postrouting priority 98; policy accept;
    snat to ip saddr . ip daddr map @senders
  }
}
`;
}
