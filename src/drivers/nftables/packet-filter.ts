import type { FilterChain, FilterChange, FilterContents, FilterSetKind } from "../../domain/packet-filter.ts";
import type { PacketFilter } from "../../ports/packet-filter.ts";
import { elementMessages } from "./element-messages.ts";
import { MOST_BYTES, type Netlink } from "./netlink.ts";
import type { Nft } from "./nft.ts";
import { removeTable } from "./remove-table.ts";
import { heldTable, type HeldTable } from "./read-back.ts";
import { chainMarks, commandsOf, hookOf } from "./render.ts";

/** The table of an installation. */
export function tableOf(installation: string): string {
  return `airfield-${installation}`;
}

/**
 * The packet filter in a table of nftables that is ours alone. A task that comes or goes is some elements, which the kernel is told of without `nft` where that is possible: the program looks at all chains
 * and sets of the kernel first.
 */
export function nftPacketFilter(nft: Nft, installation: string, netlink: Netlink | undefined): PacketFilter {
  const name = tableOf(installation);
  const table = `inet ${name}`;
  /** An element is written by the kind of its set. */
  const kinds = new Map<string, FilterSetKind>();

  async function carryOut(change: FilterChange): Promise<void> {
    for (const [set, kind] of change.sets) kinds.set(set, kind);
    const messages = netlink && elementMessages(name, change, (set) => kinds.get(set));
    if (messages && messages.length <= MOST_BYTES) return netlink.run(messages);
    await nft.run(commandsOf(table, change, (set) => kinds.get(set) ?? "addresses"));
    for (const set of change.setsGone) kinds.delete(set);
  }

  return {
    async adopt(contents) {
      for (const [set, { kind }] of contents.sets) kinds.set(set, kind);
      const objects = await nft.read("inet", name);
      const held = heldTable(objects ?? []);
      const change = repair(held, contents);
      if (change === undefined) {
        // A set of another shape cannot be changed while rules look into it: all is made anew, in one transaction all the same.
        await nft.run(`delete table ${table}\n${commandsOf(table, fromNothing(contents), (set) => kinds.get(set) ?? "addresses")}`);
        return { differed: contents.chains.size + contents.sets.size };
      }
      const differed = new Set([
        ...change.chains.keys(),
        ...change.chainsGone,
        ...change.sets.keys(),
        ...change.setsGone,
        ...change.gone.keys(),
        ...change.added.keys(),
      ]);
      if (differed.size > 0) await carryOut(change);
      return { differed: differed.size };
    },
    apply: carryOut,
  };
}

/** Takes the installation's table away, where there is one and this user could have made it. */
export async function removePacketFilter(nft: Pick<Nft, "run">, installation: string): Promise<void> {
  await removeTable(nft, `inet ${tableOf(installation)}`);
}

/** What turns what is there into the contents; `undefined` where no change of parts does. */
function repair(held: HeldTable, { chains, sets }: FilterContents): FilterChange | undefined {
  const change = { chains: new Map<string, FilterChain>(), sets: new Map<string, FilterSetKind>(), gone: new Map(), added: new Map() };
  for (const [name, chain] of chains) {
    const known = held.chains.get(name);
    if (known && known.hook !== hookText(chain)) return undefined;
    if (!known || known.marks.join() !== chainMarks(chain).join()) change.chains.set(name, chain);
  }
  for (const [name, { kind, elements }] of sets) {
    const known = held.sets.get(name);
    if (known && known.kind !== kind) return undefined;
    if (!known) change.sets.set(name, kind);
    const had = known?.elements ?? new Map<string, string>();
    const gone = missing(had, elements);
    const added = missing(elements, had);
    if (gone.size > 0) change.gone.set(name, gone);
    if (added.size > 0) change.added.set(name, added);
  }
  const chainsGone = [...held.chains].filter(([name]) => !chains.has(name));
  // One with a hook that is not ours to have: packets come into it.
  return { ...change, chainsGone: chainsGone.map(([name]) => name), setsGone: [...held.sets.keys()].filter((name) => !sets.has(name)) };
}

function hookText({ hook: at }: FilterChain): string | undefined {
  if (!at) return undefined;
  const { hook, priority } = hookOf(at);
  return `${hook} ${priority} accept`;
}

function fromNothing({ chains, sets }: FilterContents): FilterChange {
  return {
    chains,
    sets: new Map([...sets].map(([name, { kind }]) => [name, kind])),
    gone: new Map(),
    added: new Map([...sets].flatMap(([name, { elements }]) => (elements.size > 0 ? [[name, elements] as const] : []))),
    chainsGone: [],
    setsGone: [],
  };
}

function missing(some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...some].filter(([element, verdict]) => others.get(element) !== verdict));
}
