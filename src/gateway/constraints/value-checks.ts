import type { ServiceConstraints, ShapeConstraints } from "../../services/model-constraints.ts";
import type { Constraint } from "./constraint.ts";
import { patternOf } from "./pattern.ts";

/** What is asked of the values of one member, ready to be asked. */
export interface ValueCheck {
  /** All of it, in the order in which AWS lists it. */
  readonly constraints: readonly Constraint[];
  /** Numbers have no fraction. */
  readonly whole: boolean;
  readonly item: ValueCheck | undefined;
  readonly key: ValueCheck | undefined;
  readonly value: ValueCheck | undefined;
}

/** Finds the check of a member; `undefined` where nothing is asked. */
export type ValueChecks = (structure: string, member: string) => ValueCheck | undefined;

/** The checks of a service. What is made of its data is made at the first use of a shape. */
export function valueChecks({ model, exceptions }: ServiceConstraints): ValueChecks {
  const made = new Map<string, ValueCheck | undefined>();
  const ofShape = (name: string | undefined): ValueCheck | undefined => {
    if (name === undefined || made.has(name)) return made.get(name ?? "");
    const shape = model.shapes[name];
    // A list may contain itself.
    made.set(name, undefined);
    const check = shape && {
      constraints: constraintsOf(shape),
      whole: shape.whole === true,
      item: ofShape(shape.item),
      key: ofShape(shape.key),
      value: ofShape(shape.value),
    };
    made.set(name, check);
    return check;
  };
  const ofMember = (structure: string, member: string): ValueCheck | undefined => {
    if (Object.hasOwn(exceptions, `${structure}.${member}`) || Object.hasOwn(exceptions, member)) return undefined;
    return ofShape(model.members[structure]?.[member]);
  };
  const asked = new Map<string, Map<string, ValueCheck | undefined>>();
  return (structure, member) => {
    const members = asked.get(structure) ?? new Map<string, ValueCheck | undefined>();
    if (members.size === 0) asked.set(structure, members);
    if (!members.has(member)) members.set(member, ofMember(structure, member));
    return members.get(member);
  };
}

function constraintsOf({ min, max, pattern, values }: ShapeConstraints): readonly Constraint[] {
  return [
    ...(max === undefined ? [] : [{ kind: "length", bound: "most", limit: max } as const]),
    ...(min === undefined ? [] : [{ kind: "length", bound: "least", limit: min } as const]),
    ...(pattern === undefined ? [] : [{ kind: "pattern", source: pattern } as const]),
    ...(values === undefined ? [] : [{ kind: "one-of", values } as const]),
  ];
}

/** Whether a number, or one in a list, has a fraction where none can be. */
export function isBrokenNumber(value: unknown, { whole, item }: ValueCheck): boolean {
  if (Array.isArray(value)) return item !== undefined && value.some((one) => isBrokenNumber(one, item));
  return whole && typeof value === "number" && !Number.isInteger(value);
}

/** The constraints that a value breaks itself, without its items. */
export function brokenBy(value: unknown, { constraints, item, key, value: valueCheck }: ValueCheck): readonly Constraint[] {
  const longest = longestJudged(constraints);
  const broken = constraints.flatMap((constraint): readonly Constraint[] => {
    if (typeof value === "number" || typeof value === "bigint") return brokenNumber(Number(value), constraint);
    return isBroken(value, constraint, longest) ? [constraint] : [];
  });
  if (Array.isArray(value)) return [...broken, ...brokenEach("item", value, item)];
  if (!isMap(value)) return broken;
  return [...broken, ...brokenEach("key", Object.keys(value), key), ...brokenEach("value", Object.values(value), valueCheck)];
}

function brokenNumber(value: number, constraint: Constraint): readonly Constraint[] {
  switch (constraint.kind) {
    case "length":
      return isBeyond(value, constraint) ? [{ ...constraint, kind: "value" }] : [];
    case "one-of":
      return constraint.values.includes(value) ? [] : [constraint];
    default:
      return [];
  }
}

/**
 * How long a text may be for its pattern to be asked: some patterns take a second, or all of the stack, for a megabyte, and nobody has been asked yet
 * whether the caller may do anything. Of what is longer than its limit allows, the limit alone is told; what has no limit cannot be longer.
 */
function longestJudged(constraints: readonly Constraint[]): { readonly length: number; readonly beyondIsBroken: boolean } {
  const most = constraints.find((one) => one.kind === "length" && one.bound === "most");
  if (most?.kind !== "length") return { length: LONGEST_WITHOUT_LIMIT, beyondIsBroken: true };
  // In code units, of which a code point has two at most.
  return { length: Math.max(LEAST_JUDGED, 2 * most.limit), beyondIsBroken: false };
}

const LONGEST_WITHOUT_LIMIT = 131_072;
const LEAST_JUDGED = 16_384;

function isBroken(value: unknown, constraint: Constraint, longest: ReturnType<typeof longestJudged>): boolean {
  switch (constraint.kind) {
    case "length":
      return isBeyond(lengthOf(value, constraint.limit), constraint);
    case "pattern":
      if (typeof value !== "string") return false;
      return value.length > longest.length ? longest.beyondIsBroken : !patternOf(constraint.source).test(value);
    case "one-of":
      return typeof value === "string" && !constraint.values.includes(value);
    default:
      return false;
  }
}

function isBeyond(measure: number | undefined, { bound, limit }: Constraint & { kind: "length" | "value" }): boolean {
  if (measure === undefined) return false;
  return bound === "least" ? measure < limit : measure > limit;
}

/** Of texts in code points, as Smithy counts; they are counted only where it can matter. */
function lengthOf(value: unknown, limit: number): number | undefined {
  if (typeof value === "string") return value.length > limit ? [...value].length : value.length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return isMap(value) ? Object.keys(value).length : undefined;
}

/** Lists and maps of scalars are told of as a whole; what has members tells of them itself. */
function brokenEach(of: "item" | "key" | "value", values: readonly unknown[], check: ValueCheck | undefined): readonly Constraint[] {
  if (!check || check.constraints.length === 0) return [];
  const isAnyBroken = values.some((one) => typeof one !== "object" && brokenBy(one, check).length > 0);
  return isAnyBroken ? [{ kind: "each", of, constraints: check.constraints }] : [];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array);
}
