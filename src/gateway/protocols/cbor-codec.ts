import { NumericValue } from "@smithy/core/serde";
import { Tagged, Tokenizer, decode, encode, type DecodeOptions, type Token } from "cborg";
import { MalformedRequestError, wrongType } from "../malformed.ts";
import type { NamedMember, Shape } from "../schema.ts";
import { readDocument, type DocumentFormat, type Scalar } from "./read-document.ts";

/** How many values a request may hold: a thousand metrics of a hundred and fifty values each, CloudWatch's longest list, are fewer. */
const MOST_VALUES = 500_000;

const EPOCH_SECONDS = 1;

const OPTIONS: DecodeOptions = {
  useMaps: true,
  // A tokenizer of our own gets no defaults.
  allowBigInt: true,
  coerceUndefinedToNull: true,
  allowNaN: true,
  allowInfinity: true,
  tags: Tagged.preserve(EPOCH_SECONDS, 2, 3, 4),
};

/**
 * Reads a document in CBOR (RFC 8949) by its shape.
 * @throws MalformedRequestError
 */
export function readCbor(shape: Shape, body: Uint8Array): unknown {
  return readDocument(CBOR_FORMAT, shape, body.length === 0 ? new Map() : decoded(body));
}

function decoded(body: Uint8Array): unknown {
  try {
    return decode(body, { ...OPTIONS, tokenizer: new CountingTokenizer(body, OPTIONS) });
  } catch (thrown) {
    if (thrown instanceof MalformedRequestError) throw thrown;
    // Among these is the end of the stack, for what nests by the ten thousand.
    throw new MalformedRequestError("syntax", "", "The request body is not valid CBOR.");
  }
}

class CountingTokenizer extends Tokenizer {
  #values = 0;

  override next(): Token {
    if (++this.#values > MOST_VALUES) throw new MalformedRequestError("syntax", "", "The request holds too many values.");
    return super.next();
  }
}

const CBOR_FORMAT: DocumentFormat<ReadonlyMap<unknown, unknown>> = {
  isEntries: (value): value is ReadonlyMap<unknown, unknown> => value instanceof Map,
  entries: (value) => [...value].map(([key, item]) => [String(key), item]),
  get: (value, name) => value.get(name),
  nameOf: ({ name }) => name,
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
      if (typeof value !== "number" && typeof value !== "bigint") throw wrongType(path, value, "a Number");
      return Number(value);
    case "bigint":
      if (typeof value !== "bigint" && !Number.isInteger(value)) throw wrongType(path, value, "a BigInteger");
      return BigInt(value as number | bigint);
    case "bigdecimal":
      if (typeof value !== "number" || !Number.isFinite(value)) throw wrongType(path, value, "a BigDecimal");
      return new NumericValue(String(value), "bigDecimal");
    case "blob":
      if (!(value instanceof Uint8Array)) throw wrongType(path, value, "a Blob");
      return value;
    case "timestamp":
      return readTime(value, path);
    case "document":
      return value;
  }
}

function readTime(value: unknown, path: string): Date {
  const seconds = value instanceof Tagged && value.tag === EPOCH_SECONDS ? value.value : value;
  const date = typeof seconds === "number" ? new Date(seconds * 1000) : undefined;
  if (!date || Number.isNaN(date.getTime())) throw wrongType(path, value, "a Timestamp");
  return date;
}

/** Writes the members of a structure in CBOR, times as tagged epoch seconds. @param further members that the shape lacks */
export function writeCbor(shape: Shape | undefined, value: unknown, further: Readonly<Record<string, string>> = {}): Uint8Array {
  const members = shape ? (encodable(shape, value) as ReadonlyMap<string, unknown>) : [];
  return encode(new Map([...Object.entries(further), ...members]));
}

function encodable(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const found = (member: NamedMember): unknown => (value as Readonly<Record<string, unknown>>)[member.name];
      const present = shape.members.filter((member) => found(member) !== undefined && found(member) !== null);
      return new Map(present.map((member) => [member.name, encodable(member.shape, found(member))]));
    }
    case "list":
      return (value as readonly unknown[]).map((item) => (item === null ? null : encodable(shape.item.shape, item)));
    case "map":
      return new Map(
        Object.entries(value as object)
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) => [key, item === null ? null : encodable(shape.value.shape, item)]),
      );
    case "timestamp":
      return new Tagged(EPOCH_SECONDS, (value as Date).getTime() / 1000);
    case "bigdecimal":
      return Number(String(value));
    default:
      return value;
  }
}
