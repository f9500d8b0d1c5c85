import { MalformedRequestError, wrongType } from "../malformed.ts";
import type { NamedMember, Shape } from "../schema.ts";
import { DEEPEST } from "./json-size.ts";

type Container = Shape & { readonly kind: "list" | "map" | "structure" | "union" };
/** A shape that contains no others. */
export type Scalar = Exclude<Shape, Container>;

/** What a format has in place of JSON's objects, and how its scalars are read. */
export interface DocumentFormat<Entries> {
  isEntries(value: unknown): value is Entries;
  entries(value: Entries): readonly (readonly [string, unknown])[];
  /** `undefined` or `null` where there is nothing. */
  get(value: Entries, name: string): unknown;
  /** What the document calls a member. */
  nameOf(member: NamedMember): string;
  /** @throws MalformedRequestError */
  scalar(shape: Scalar, value: unknown, path: string): unknown;
}

/**
 * Reads a parsed document by its shape: checks types, drops what AWS does not know, and what is null where nothing may be.
 * @throws MalformedRequestError
 */
export function readDocument<Entries>(format: DocumentFormat<Entries>, shape: Shape, document: unknown): unknown {
  return readValue(shape, document, "", 0);

  function readValue(of: Shape, value: unknown, path: string, depth: number): unknown {
    if (depth > DEEPEST) throw new MalformedRequestError("syntax", path, "The request is nested too deeply.");
    switch (of.kind) {
      case "list":
        if (!Array.isArray(value)) throw wrongType(path, value, "a List");
        return value.flatMap((item: unknown, at) => readPart(of, of.item.shape, item, within(path, at), depth));
      case "map":
        if (!format.isEntries(value)) throw wrongType(path, value, "a Map");
        // fromEntries defines properties, so that a key such as __proto__ is only a key.
        return Object.fromEntries(
          format
            .entries(value)
            .flatMap(([key, item]) => readPart(of, of.value.shape, item, within(path, key), depth).map((part) => [key, part] as const)),
        );
      case "structure":
      case "union":
        if (!format.isEntries(value)) throw wrongType(path, value, "a Structure");
        return readMembers(of.members, value, path, depth);
      default:
        return format.scalar(of, value, path);
    }
  }

  /** None where it is null and may not be. */
  function readPart({ sparse }: Shape & { kind: "list" | "map" }, part: Shape, value: unknown, path: string, depth: number): unknown[] {
    if (value === null) return sparse ? [null] : [];
    return [readValue(part, value, path, depth + 1)];
  }

  function readMembers(members: readonly NamedMember[], value: Entries, path: string, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const member of members) {
      const name = format.nameOf(member);
      const found = format.get(value, name);
      if (found !== undefined && found !== null) result[member.name] = readValue(member.shape, found, within(path, name), depth + 1);
    }
    return result;
  }
}

function within(path: string, name: string | number): string {
  return path === "" ? String(name) : `${path}.${name}`;
}
