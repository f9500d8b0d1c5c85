import type { Member } from "../schema.ts";

/** A value as AWS's messages print it: lists whole, what has members as `{Key=a, Value=b}`. `undefined` where it must not be shown. */
export function shownValue(member: Member, value: unknown): string | undefined {
  const { shape, sensitive } = member;
  if (sensitive || value instanceof Uint8Array) return undefined;
  if (shape.kind === "list") return `[${(value as readonly unknown[]).map((item) => shownPart(shape.item, item)).join(", ")}]`;
  if (shape.kind === "map") return braces(Object.entries(value as object).map(([key, item]) => [key, shownPart(shape.value, item)]));
  if (shape.kind !== "structure" && shape.kind !== "union") return String(value);
  const members = value as Readonly<Record<string, unknown>>;
  const given = shape.members.filter(({ name }) => Object.hasOwn(members, name));
  return braces(given.map((one) => [one.name, shownPart(one, members[one.name])]));
}

function shownPart(member: Member, value: unknown): string {
  return value === null ? "null" : (shownValue(member, value) ?? "***Sensitive Data Redacted***");
}

function braces(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => `${key}=${value}`).join(", ")}}`;
}
