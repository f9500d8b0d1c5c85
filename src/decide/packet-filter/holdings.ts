import type { FilterChain, FilterChange, FilterContents, FilterSet, FilterSetKind } from "../../domain/packet-filter.ts";

interface HeldSet {
  readonly kind: FilterSetKind;
  /** How many parts mention it: it is there while one does. */
  parts: number;
  readonly elements: Map<string, { verdict: string; parts: number }>;
}

/**
 * The contents of a filter as a sum of parts, and what has changed about it since it was last asked. A set is there while a part mentions it, an element while a part has it;
 * a chain is of one part. Each step costs what the parts hold that come or go.
 */
export class Holdings {
  readonly #chains = new Map<string, FilterChain>();
  readonly #sets = new Map<string, HeldSet>();
  /** As it was when it was last asked for; only what was touched since. */
  readonly #chainsBefore = new Map<string, FilterChain | undefined>();
  readonly #setsBefore = new Map<string, { readonly isNew: boolean; readonly elements: Map<string, string | undefined> }>();

  /** Puts a part in the place of another one: of nothing, where it comes; by nothing, where it goes. */
  replace(before: FilterContents | undefined, after: FilterContents | undefined): void {
    // What comes first keeps a set alive that both mention.
    for (const [name, set] of after?.sets ?? []) this.#addSet(name, set);
    for (const [name, set] of before?.sets ?? []) this.#removeSet(name, set);
    for (const [name, chain] of after?.chains ?? []) this.#setChain(name, chain);
    for (const name of before?.chains.keys() ?? []) if (!after?.chains.has(name)) this.#setChain(name, undefined);
  }

  /** What has changed since this was last called. */
  change(): FilterChange {
    const chains = new Map<string, FilterChain>();
    const chainsGone: string[] = [];
    for (const [name, before] of this.#chainsBefore) {
      const now = this.#chains.get(name);
      if (!now && before) chainsGone.push(name);
      if (now && !(before && sameChain(before, now))) chains.set(name, now);
    }
    const sets = new Map<string, FilterSetKind>();
    const setsGone: string[] = [];
    const gone = new Map<string, Map<string, string>>();
    const added = new Map<string, Map<string, string>>();
    for (const [name, { isNew, elements }] of this.#setsBefore) {
      const now = this.#sets.get(name);
      if (!now) {
        if (!isNew) setsGone.push(name);
        continue;
      }
      if (isNew) sets.set(name, now.kind);
      for (const [element, before] of elements) {
        const verdict = now.elements.get(element)?.verdict;
        if (verdict === before) continue;
        if (before !== undefined) into(gone, name, element, before);
        if (verdict !== undefined) into(added, name, element, verdict);
      }
    }
    this.#chainsBefore.clear();
    this.#setsBefore.clear();
    return { chains, sets, gone, added, chainsGone, setsGone };
  }

  contents(): FilterContents {
    const elements = (set: HeldSet) => new Map([...set.elements].map(([element, { verdict }]) => [element, verdict]));
    return {
      chains: new Map(this.#chains),
      sets: new Map([...this.#sets].map(([name, set]): [string, FilterSet] => [name, { kind: set.kind, elements: elements(set) }])),
    };
  }

  #setChain(name: string, chain: FilterChain | undefined): void {
    if (!this.#chainsBefore.has(name)) this.#chainsBefore.set(name, this.#chains.get(name));
    if (chain) this.#chains.set(name, chain);
    else this.#chains.delete(name);
  }

  #touch(name: string): Map<string, string | undefined> {
    const known = this.#setsBefore.get(name);
    if (known) return known.elements;
    const elements = new Map<string, string | undefined>();
    this.#setsBefore.set(name, { isNew: !this.#sets.has(name), elements });
    return elements;
  }

  #addSet(name: string, { kind, elements }: FilterSet): void {
    const before = this.#touch(name);
    const held = this.#sets.get(name) ?? { kind, parts: 0, elements: new Map<string, { verdict: string; parts: number }>() };
    this.#sets.set(name, held);
    held.parts += 1;
    for (const [element, verdict] of elements) {
      const known = held.elements.get(element);
      if (!before.has(element)) before.set(element, known?.verdict);
      if (known) Object.assign(known, { verdict, parts: known.parts + 1 });
      else held.elements.set(element, { verdict, parts: 1 });
    }
  }

  #removeSet(name: string, { elements }: FilterSet): void {
    const before = this.#touch(name);
    const held = this.#sets.get(name);
    if (!held) return;
    held.parts -= 1;
    for (const element of elements.keys()) {
      const known = held.elements.get(element);
      if (!known) continue;
      if (!before.has(element)) before.set(element, known.verdict);
      known.parts -= 1;
      if (known.parts === 0) held.elements.delete(element);
    }
    if (held.parts === 0) this.#sets.delete(name);
  }
}

function into(map: Map<string, Map<string, string>>, name: string, element: string, verdict: string): void {
  const known = map.get(name);
  if (known) known.set(element, verdict);
  else map.set(name, new Map([[element, verdict]]));
}

function sameChain(a: FilterChain, b: FilterChain): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export function isNoChange({ chains, sets, gone, added, chainsGone, setsGone }: FilterChange): boolean {
  return chains.size + sets.size + gone.size + added.size + chainsGone.length + setsGone.length === 0;
}
