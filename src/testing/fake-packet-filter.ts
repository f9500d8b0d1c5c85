import type { FilterChange, FilterContents } from "../domain/packet-filter.ts";
import type { PacketFilter } from "../ports/packet-filter.ts";

/** A kernel's filter in memory. As the real one it takes a change whole or not at all: what names something that is not there is refused. */
export class FakePacketFilter implements PacketFilter {
  held: FilterContents = { chains: new Map(), sets: new Map() };
  /** What the next calls are answered with. */
  refusal: Error | undefined;
  readonly changes: FilterChange[] = [];
  adopted = 0;

  async adopt(contents: FilterContents): Promise<{ readonly differed: number }> {
    await Promise.resolve();
    this.#mayRefuse();
    this.adopted += 1;
    const differed = differences(this.held, contents);
    this.held = copyOf(contents);
    return { differed };
  }

  async apply(change: FilterChange): Promise<void> {
    await Promise.resolve();
    this.#mayRefuse();
    this.held = changed(this.held, change);
    this.changes.push(change);
  }

  #mayRefuse(): void {
    if (this.refusal) throw this.refusal;
  }
}

/** @throws Error where the change cannot be made of what is there */
export function changed(held: FilterContents, change: FilterChange): FilterContents {
  const { chains, sets } = copyOf(held);
  const elementsOf = (name: string): Map<string, string> => {
    const set = sets.get(name);
    if (!set) throw new Error(`there is no set ${name}`);
    return set.elements;
  };
  for (const [name, kind] of change.sets) {
    if (sets.has(name)) throw new Error(`there is a set ${name} already`);
    sets.set(name, { kind, elements: new Map() });
  }
  for (const [name, chain] of change.chains) chains.set(name, chain);
  for (const [name, gone] of change.gone)
    for (const element of gone.keys()) if (!elementsOf(name).delete(element)) throw new Error(`${name} has no ${element}`);
  for (const [name, added] of change.added)
    for (const [element, verdict] of added) {
      if (elementsOf(name).has(element)) throw new Error(`${name} has ${element} already`);
      elementsOf(name).set(element, verdict);
    }
  for (const name of change.chainsGone) if (!chains.delete(name)) throw new Error(`there is no chain ${name}`);
  for (const name of change.setsGone) if (!sets.delete(name)) throw new Error(`there is no set ${name}`);
  return { chains, sets };
}

function copyOf({ chains, sets }: FilterContents) {
  return {
    chains: new Map(chains),
    sets: new Map([...sets].map(([name, { kind, elements }]) => [name, { kind, elements: new Map(elements) }])),
  };
}

function differences(a: FilterContents, b: FilterContents): number {
  const textOf = (contents: FilterContents, name: string): string => {
    const set = contents.sets.get(name);
    return JSON.stringify([
      contents.chains.get(name),
      set?.kind,
      set && [...set.elements].toSorted(([one], [other]) => (one < other ? -1 : 1)),
    ]);
  };
  const names = new Set([...a.chains.keys(), ...a.sets.keys(), ...b.chains.keys(), ...b.sets.keys()]);
  return [...names].filter((name) => textOf(a, name) !== textOf(b, name)).length;
}
