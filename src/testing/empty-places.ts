import type { Member, Shape } from "../gateway/schema.ts";
import { sampleValue } from "./sample-value.ts";

/** One place of an input at which an empty value stands. */
export interface EmptyPlace {
  /** `Structure.member`, or `Structure.member[]` for an item of that list. */
  readonly key: string;
  readonly member: string;
  readonly isItem: boolean;
  /** Whether nothing goes without it. */
  readonly required: boolean;
  readonly value: "" | " " | readonly [];
  /** A whole input with the value in it, and the same without the member or item. */
  readonly input: unknown;
  readonly without: unknown;
}

/** Puts a value of a nested shape where it belongs in a whole input. */
type Wrap = (value: unknown) => unknown;
type Text = (member: string) => string;

/**
 * Every place of an input that may hold text or a list, nested ones too, with each empty value that fits it. Each member of a structure is
 * visited once, where the walk meets it first.
 */
export function* emptyPlaces(shape: Shape | undefined, text: Text): Generator<EmptyPlace> {
  if (shape) yield* placesIn(shape, (value) => value, text, new Set());
}

function* placesIn(shape: Shape, wrap: Wrap, text: Text, seen: Set<string>): Generator<EmptyPlace> {
  if (shape.kind === "list") yield* placesIn(shape.item.shape, (value) => wrap([value]), text, seen);
  else if (shape.kind === "map") yield* placesIn(shape.value.shape, (value) => wrap({ example: value }), text, seen);
  if (shape.kind !== "structure" && shape.kind !== "union") return;
  for (const member of shape.members) {
    const key = `${shape.name}.${member.name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    // Of a union one member is set.
    const { [member.name]: _left, ...others } = (shape.kind === "union" ? {} : sampleValue(shape, 5, text)) as Record<string, unknown>;
    const inside: Wrap = (value) => wrap({ ...others, [member.name]: value });
    const without = wrap(others);
    const place = { member: member.name, required: member.required };
    for (const value of emptyValuesOf(member)) yield { ...place, key, isItem: false, value, input: inside(value), without };
    if (member.shape.kind === "list" && member.shape.item.shape.kind === "string") {
      const good = text(member.name);
      for (const value of ["", " "] as const)
        yield { ...place, key: `${key}[]`, isItem: true, value, input: inside([good, value]), without: inside([good]) };
    }
    yield* placesIn(member.shape, inside, text, seen);
  }
}

function emptyValuesOf({ shape }: Member): readonly EmptyPlace["value"][] {
  if (shape.kind === "string") return ["", " "];
  return shape.kind === "list" ? [[]] : [];
}
