import type { FilterAction, FilterKey, FilterRule, FilterSet, FilterSetKind, FilterTest } from "../../domain/packet-filter.ts";

/** Shorthand in which rules of the filter read as sentences. */
export const rule = (action: FilterAction, ...tests: readonly FilterTest[]): FilterRule => ({ tests, action });

export const accept: FilterAction = { kind: "accept" };
export const drop: FilterAction = { kind: "drop" };
export const back: FilterAction = { kind: "return" };
export const goto = (chain: string): FilterAction => ({ kind: "goto", chain });
export const jump = (chain: string): FilterAction => ({ kind: "jump", chain });
export const mark = (marks: number): FilterAction => ({ kind: "mark", marks });
export const lookUp = (key: "source" | "destination" | "called", map: string): FilterAction => ({ kind: "look-up", key, map });

export const inSet = (set: string, ...keys: readonly FilterKey[]): FilterTest => ({ kind: "in-set", keys, set });
export const notInSet = (set: string, ...keys: readonly FilterKey[]): FilterTest => ({ kind: "not-in-set", keys, set });
export const translated: FilterTest = { kind: "translated" };
export const state = (is: "new" | "established" | "related"): FilterTest => ({ kind: "state", is });
export const direction = (is: "original" | "reply"): FilterTest => ({ kind: "direction", is });
export const unmarked = (marks: number): FilterTest => ({ kind: "without-marks", marks });
export const protocol = (...is: readonly number[]): FilterTest => ({ kind: "protocol", is });
export const inBlock = (key: "source" | "destination", block: string): FilterTest => ({ kind: "in-block", key, block });
export const between = (key: "port" | "source-port" | "type-and-code", from: number, to: number): FilterTest => ({
  kind: "between",
  key,
  from,
  to,
});

export function setOf(kind: FilterSetKind, elements: Iterable<string> = []): FilterSet {
  return { kind, elements: new Map([...elements].map((element) => [element, ""])) };
}

export function mapOf(...verdicts: readonly (readonly [address: string, verdict: string])[]): FilterSet {
  return { kind: "verdicts", elements: new Map(verdicts) };
}
