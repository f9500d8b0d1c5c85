import { NumericValue } from "@smithy/core/serde";
import { MalformedRequestError, missingMember, wrongType } from "../malformed.ts";
import type { Shape } from "../schema.ts";
import { DEEPEST } from "./json-size.ts";

/** Reads parsed JSON by its shape: checks types and required members, drops what AWS does not know. @throws MalformedRequestError */
export function readJson(shape: Shape, value: unknown, path = "", depth = 0): unknown {
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
      return readList(shape, value, path, depth);
    case "map":
      if (!isObject(value)) throw wrongType(path, value, "a Map");
      return readMap(shape, value, path, depth);
    case "structure":
    case "union":
      if (!isObject(value)) throw wrongType(path, value, "a Structure");
      return readStructure(shape, value, path, depth);
  }
}

function readStructure(
  shape: Shape & { kind: "structure" | "union" },
  value: Readonly<Record<string, unknown>>,
  path: string,
  depth: number,
): unknown {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const found = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
    const at = path === "" ? member.name : `${path}.${member.name}`;
    if (found !== undefined && found !== null) result[member.name] = readJson(member.shape, found, at, depth + 1);
    else if (member.required) throw missingMember(at);
  }
  return result;
}

function readList(shape: Shape & { kind: "list" }, value: readonly unknown[], path: string, depth: number): unknown[] {
  const items: unknown[] = [];
  for (const [at, item] of value.entries()) {
    if (item !== null) items.push(readJson(shape.item.shape, item, `${path}.${at}`, depth + 1));
    else if (shape.sparse) items.push(null);
  }
  return items;
}

function readMap(shape: Shape & { kind: "map" }, value: Readonly<Record<string, unknown>>, path: string, depth: number): unknown {
  const entries = Object.entries(value).filter(([, item]) => item !== null || shape.sparse);
  // fromEntries defines properties, so that a key such as __proto__ is only a key.
  return Object.fromEntries(
    entries.map(([key, item]) => [key, item === null ? null : readJson(shape.value.shape, item, `${path}.${key}`, depth + 1)]),
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
export function writeJson(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const result: Record<string, unknown> = {};
      for (const member of shape.members) {
        const found = (value as Readonly<Record<string, unknown>>)[member.name];
        if (found !== undefined && found !== null) result[member.name] = writeJson(member.shape, found);
      }
      return result;
    }
    case "list":
      return (value as readonly unknown[]).map((item) => (item === null ? null : writeJson(shape.item.shape, item)));
    case "map":
      return Object.fromEntries(
        Object.entries(value as object)
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) => [key, item === null ? null : writeJson(shape.value.shape, item)]),
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
