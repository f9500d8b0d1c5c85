import { NumericValue } from "@smithy/core/serde";
import { wrongType } from "../malformed.ts";
import type { NamedMember, Shape } from "../schema.ts";
import { readDocument, type DocumentFormat, type Scalar } from "./read-document.ts";

/** What a protocol calls a member in JSON: restJson has names of its own. */
export type NameInJson = (member: NamedMember) => string;

type JsonObject = Readonly<Record<string, unknown>>;

const ownName: NameInJson = ({ name }) => name;

/** Reads parsed JSON by its shape. @throws MalformedRequestError */
export function readJson(shape: Shape, value: unknown, nameOf: NameInJson = ownName): unknown {
  return readDocument({ ...JSON_FORMAT, nameOf }, shape, value);
}

const JSON_FORMAT: Omit<DocumentFormat<JsonObject>, "nameOf"> = {
  isEntries: (value): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value),
  entries: (value) => Object.entries(value),
  get: (value, name) => (Object.hasOwn(value, name) ? value[name] : undefined),
  scalar: readScalar,
};

function readScalar({ kind }: Scalar, value: unknown, path: string): unknown {
  switch (kind) {
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
  }
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
