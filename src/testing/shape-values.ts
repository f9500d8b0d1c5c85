import fc from "fast-check";
import type { NamedMember, Shape } from "../gateway/schema.ts";

/** How deep generated values nest: shapes may contain themselves. */
const DEEPEST = 4;

const text = fc.string({ unit: fc.constantFrom("a", "Z", "0", "-", " ", "&", "<", "é", "+", "%", "=", '"', "/"), maxLength: 12 });
const second = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000));

/**
 * Values that fit a shape, as an SDK user would write them. Lists and maps are never empty and structures never without a member, since the
 * Query protocols cannot tell those from absent ones.
 */
export function shapeValues(shape: Shape, depth = 0): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case "string":
      return text;
    case "number":
      return fc.integer();
    case "boolean":
      return fc.boolean();
    case "blob":
      return fc.uint8Array({ minLength: 1, maxLength: 8 });
    case "timestamp":
      return second;
    case "list":
      return fc.array(shapeValues(shape.item.shape, depth + 1), { minLength: 1, maxLength: 3 });
    case "map":
      return fc.dictionary(
        text.filter((key) => key !== ""),
        shapeValues(shape.value.shape, depth + 1),
        { minKeys: 1, maxKeys: 2 },
      );
    case "structure":
    case "union":
      return structureValues(shape, depth);
    default:
      return fc.constant(undefined);
  }
}

function structureValues(shape: Shape & { kind: "structure" | "union" }, depth: number): fc.Arbitrary<unknown> {
  const fitting = shape.members.filter(
    (member) => member.required || (isPlain(member.shape) && !isEmpty(member.shape) && (depth < DEEPEST || !isNested(member.shape))),
  );
  // A structure of structures alone goes on: one of its members ends sooner or later.
  const ending = shape.members.filter((member) => isPlain(member.shape) && !leadsTo(member.shape, shape.name));
  const usable = fitting.length > 0 ? fitting : ending.slice(0, 1);
  if (usable.length === 0) return fc.constant({});
  const members = Object.fromEntries(usable.map((member) => [member.name, memberValues(member, depth + 1)]));
  if (shape.kind === "union") return fc.oneof(...Object.entries(members).map(([name, value]) => value.map((inner) => ({ [name]: inner }))));
  const required = usable.filter((member) => member.required).map((member) => member.name);
  return fc.record(members, { requiredKeys: required }).chain((value) => {
    const [first] = usable;
    return Object.keys(value).length > 0 || !first
      ? fc.constant(value)
      : memberValues(first, depth + 1).map((inner) => ({ [first.name]: inner }));
  });
}

/** What is in no body cannot be empty, and has no white space around it. */
function memberValues({ shape, binding }: NamedMember, depth: number): fc.Arbitrary<unknown> {
  if (binding.kind === "body" || binding.kind === "payload") return shapeValues(shape, depth);
  const inHead = text.filter((one) => one !== "" && one.trim() === one);
  if (shape.kind === "string") return inHead;
  return shape.kind === "list" && shape.item.shape.kind === "string"
    ? fc.array(inHead, { minLength: 1, maxLength: 3 })
    : shapeValues(shape, depth);
}

/** A structure that never has a member. */
function isEmpty(shape: Shape): boolean {
  return (shape.kind === "structure" || shape.kind === "union") && shape.members.every((member) => isEmpty(member.shape));
}

/** Whether a structure of that name is in it, by way of others too. */
function leadsTo(shape: Shape, name: string, passed: readonly string[] = []): boolean {
  if (shape.kind === "list") return leadsTo(shape.item.shape, name, passed);
  if (shape.kind === "map") return leadsTo(shape.value.shape, name, passed);
  if (shape.kind !== "structure" && shape.kind !== "union") return false;
  if (shape.name === name || passed.includes(shape.name)) return true;
  return shape.members.some((member) => leadsTo(member.shape, name, [...passed, shape.name]));
}

/** Numbers beyond doubles and free-form documents have no stand-in here. */
function isPlain(shape: Shape): boolean {
  return shape.kind !== "document" && shape.kind !== "bigdecimal" && shape.kind !== "bigint";
}

function isNested(shape: Shape): boolean {
  return shape.kind === "structure" || shape.kind === "union" || shape.kind === "list" || shape.kind === "map";
}
