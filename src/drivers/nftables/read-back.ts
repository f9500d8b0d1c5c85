import type { FilterSetKind } from "../../domain/packet-filter.ts";
import type { NftObject } from "./nft.ts";
import { SET_TYPES } from "./render.ts";

/** What a table of ours has: sets as they were asked for, and chains by the marks of their rules. */
export interface HeldTable {
  readonly sets: ReadonlyMap<string, { readonly kind: FilterSetKind | undefined; readonly elements: ReadonlyMap<string, string> }>;
  readonly chains: ReadonlyMap<string, { readonly hook: string | undefined; readonly marks: readonly string[] }>;
}

/** Reads what nft tells of a table. What is not as we would make it is told as something that no contents have, so that a comparison finds it. */
export function heldTable(objects: readonly NftObject[]): HeldTable {
  const sets = new Map<string, { kind: FilterSetKind | undefined; elements: Map<string, string> }>();
  const chains = new Map<string, { hook: string | undefined; marks: string[] }>();
  for (const { set, map, chain, rule } of objects) {
    const held = set ?? map;
    if (held) sets.set(String(held["name"]), { kind: kindOf(held, map !== undefined), elements: elementsOf(held["elem"]) });
    if (chain) chains.set(String(chain["name"]), { hook: hookOf(chain), marks: [] });
    if (rule) chains.get(String(rule["chain"]))?.marks.push(typeof rule["comment"] === "string" ? rule["comment"] : "");
  }
  return { sets, chains };
}

function kindOf(set: NftObject[string], isMap: boolean): FilterSetKind | undefined {
  const keys = [set["type"]].flat().join(" . ");
  const type = isMap ? `${keys} : ${String(set["map"])}` : keys;
  const isInterval = [set["flags"]].flat().includes("interval");
  const kinds = Object.entries(SET_TYPES) as readonly (readonly [FilterSetKind, (typeof SET_TYPES)[FilterSetKind]])[];
  return kinds.find(([, one]) => one.type === type && one.isInterval === isInterval && one.size === set["size"])?.[0];
}

function hookOf({ hook, prio, policy }: NftObject[string]): string | undefined {
  if (hook === undefined) return undefined;
  return [hook, prio, policy].join(" ");
}

function elementsOf(listed: unknown): Map<string, string> {
  const elements = new Map<string, string>();
  for (const one of Array.isArray(listed) ? (listed as readonly unknown[]) : []) {
    const [key, verdict] = Array.isArray(one) ? (one as readonly unknown[]) : [one];
    elements.set(partText(key), verdictText(verdict));
  }
  return elements;
}

function partText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { concat, prefix, range, elem } = value as {
    readonly concat?: readonly unknown[];
    readonly prefix?: { readonly addr: string; readonly len: number };
    readonly range?: readonly [unknown, unknown];
    readonly elem?: { readonly val: unknown };
  };
  if (elem) return partText(elem.val);
  if (concat) return concat.map(partText).join(" . ");
  if (prefix) return `${prefix.addr}/${prefix.len}`;
  return range ? range.map(partText).join("-") : JSON.stringify(value);
}

function verdictText(verdict: unknown): string {
  if (typeof verdict !== "object" || verdict === null) return "";
  const [[kind, detail] = ["", null]] = Object.entries(verdict as Readonly<Record<string, { readonly target?: string } | null>>);
  return detail?.target === undefined ? kind : `${kind} ${detail.target}`;
}
