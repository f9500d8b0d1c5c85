import type { Member, NamedMember, Shape } from "../gateway/schema.ts";

/** Shapes made by hand, for tests of what no offered service has: a real service's come from its SDK. */

type Traits = Partial<Omit<NamedMember, "name" | "shape">>;
type Structure = Shape & { readonly kind: "structure" | "union" };
/** A member's shape, with what is said of this use of it. */
export type Of = Shape | readonly [shape: Shape, traits: Traits];

const UNMARKED: Omit<Member, "shape"> = {
  xmlName: undefined,
  ec2QueryName: undefined,
  xmlFlattened: false,
  xmlAttribute: false,
  jsonName: undefined,
  binding: { kind: "body" },
  sensitive: false,
};

function memberOf(of: Of, name = ""): NamedMember {
  const [shape, traits] = "kind" in of ? [of, {}] : of;
  return { ...UNMARKED, name, required: false, shape, ...traits };
}

export const text: Shape = { kind: "string" };
export const number: Shape = { kind: "number" };
export const flag: Shape = { kind: "boolean" };
export const blob: Shape = { kind: "blob" };
export const time: Shape = { kind: "timestamp", format: undefined };

export function timeIn(format: (Shape & { readonly kind: "timestamp" })["format"]): Shape {
  return { kind: "timestamp", format };
}

export function listOf(item: Of, { sparse = false } = {}): Shape & { readonly kind: "list" } {
  return { kind: "list", item: memberOf(item), sparse };
}

/** @param keyName what XML and forms call a key */
export function mapOf(value: Of, { sparse = false, keyName }: { readonly sparse?: boolean; readonly keyName?: string } = {}): Shape {
  return { kind: "map", keyName: memberOf([text, { xmlName: keyName }]), value: memberOf(value), sparse };
}

export function structureOf(
  members: Readonly<Record<string, Of>>,
  names: { readonly name?: string; readonly xmlName?: string } = {},
): Structure {
  const named = Object.entries(members).map(([name, of]) => memberOf(of, name));
  const byName = new Map(named.map((member) => [member.name, member]));
  return { kind: "structure", name: names.name ?? "Made", xmlName: names.xmlName, members: named, byName };
}
