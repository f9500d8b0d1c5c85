import { NumericValue } from "@smithy/core/serde";
import { MalformedRequestError, wrongType } from "../malformed.ts";
import type { NamedMember, Shape } from "../schema.ts";
import { DEEPEST } from "./json-size.ts";

type Structure = Shape & { readonly kind: "structure" | "union" };

/** What a protocol calls a member in JSON: restJson has names of its own. */
export type NameInJson = (member: NamedMember) => string;

const ownName: NameInJson = ({ name }) => name;

/** Where a value stands in its document. */
interface Place {
  readonly path: string;
  readonly depth: number;
  readonly nameOf: NameInJson;
}

/** Reads parsed JSON by its shape: checks types, drops what AWS does not know. @throws MalformedRequestError */
export function readJson(shape: Shape, value: unknown, nameOf: NameInJson = ownName): unknown {
  return readValue(shape, value, { path: "", depth: 0, nameOf });
}

function readValue(shape: Shape, value: unknown, place: Place): unknown {
  const { path, depth } = place;
  if (depth > DEEPEST) throw new MalformedRequestError("syntax", path, "The request is nested too deeply.");
  switch (shape.kind) {
    case "string":
      if (typeof value !== "string") throw wrongType(path, value, "a String");
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(path, value, "a Boolean");
      return value;
    case "number":
      if (typeof value !== "number") throw wrongType(path, value, "an Integer");
      return value;
    case "bigint":
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(path, value, "a BigInteger");
      return BigInt(value);
    case "bigdecimal":
      if (typeof value !== "number") throw wrongType(path, value, "a BigDecimal");
      return new NumericValue(String(value), "bigDecimal");
    case "blob":
      if (typeof value !== "string") throw wrongType(path, value, "a Blob");
      return readBase64(value, path);
    case "timestamp":
      return readTimestamp(value, path);
    case "document":
      return value;
    case "list":
      if (!Array.isArray(value)) throw wrongType(path, value, "a List");
      return readList(shape, value, place);
    case "map":
      if (!isObject(value)) throw wrongType(path, value, "a Map");
      return readMap(shape, value, place);
    case "structure":
    case "union":
      if (!isObject(value)) throw wrongType(path, value, "a Structure");
      return readStructure(shape, value, place);
  }
}

function readStructure({ members }: Structure, value: Readonly<Record<string, unknown>>, place: Place): unknown {
  const result: Record<string, unknown> = {};
  for (const member of members) {
    const name = place.nameOf(member);
    const found = Object.hasOwn(value, name) ? value[name] : undefined;
    const inside = within(place, name);
    if (found !== undefined && found !== null) result[member.name] = readValue(member.shape, found, inside);
  }
  return result;
}

function within({ path, depth, nameOf }: Place, name: string | number): Place {
  return { path: path === "" ? String(name) : `${path}.${name}`, depth: depth + 1, nameOf };
}

function readList(shape: Shape & { kind: "list" }, value: readonly unknown[], place: Place): unknown[] {
  const items: unknown[] = [];
  for (const [at, item] of value.entries()) {
    if (item !== null) items.push(readValue(shape.item.shape, item, within(place, at)));
    else if (shape.sparse) items.push(null);
  }
  return items;
}

function readMap(shape: Shape & { kind: "map" }, value: Readonly<Record<string, unknown>>, place: Place): unknown {
  const entries = Object.entries(value).filter(([, item]) => item !== null || shape.sparse);
  // fromEntries defines properties, so that a key such as __proto__ is only a key.
  return Object.fromEntries(
    entries.map(([key, item]) => [key, item === null ? null : readValue(shape.value.shape, item, within(place, key))]),
  );
}

function readTimestamp(value: unknown, path: string): Date {
  const date = typeof value === "number" ? new Date(value * 1000) : typeof value === "string" ? new Date(value) : undefined;
  if (!date || Number.isNaN(date.getTime())) throw wrongType(path, value, "a Timestamp");
  return date;
}

function readBase64(value: string, path: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 === 1) throw wrongType(path, value, "a Blob");
  return Buffer.from(value, "base64");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Turns an operation's output into what `JSON.stringify` writes as AWS does: members of the shape only, times as epoch seconds. */
export function writeJson(shape: Shape, value: unknown, nameOf: NameInJson = ownName): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const result: Record<string, unknown> = {};
      for (const member of shape.members) {
        const found = (value as Readonly<Record<string, unknown>>)[member.name];
        if (found !== undefined && found !== null) result[nameOf(member)] = writeJson(member.shape, found, nameOf);
      }
      return result;
    }
    case "list":
      return (value as readonly unknown[]).map((item) => (item === null ? null : writeJson(shape.item.shape, item, nameOf)));
    case "map":
      return Object.fromEntries(
        Object.entries(value as object)
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) => [key, item === null ? null : writeJson(shape.value.shape, item, nameOf)]),
      );
    case "timestamp": {
      const date = value as Date;
      if (shape.format === "date-time") return date.toISOString();
      return shape.format === "http-date" ? date.toUTCString() : date.getTime() / 1000;
    }
    case "blob":
      return Buffer.from(value as Uint8Array).toString("base64");
    case "bigint":
      return Number(value);
    case "bigdecimal":
      return Number(String(value));
    default:
      return value;
  }
}
