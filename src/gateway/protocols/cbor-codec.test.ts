import { NumericValue } from "@smithy/core/serde";
import { Tagged, decode, encode } from "cborg";
import { describe, expect, test } from "vitest";
import { blob, flag, listOf, mapOf, number, structureOf, text, time } from "../../testing/shapes.ts";
import type { Shape } from "../schema.ts";
import { readCbor, writeCbor } from "./cbor-codec.ts";

const bigint: Shape = { kind: "bigint" };
const bigdecimal: Shape = { kind: "bigdecimal" };
const free: Shape = { kind: "document" };
const read = (shape: Shape, value: unknown): unknown =>
  (readCbor(structureOf({ m: shape }), encode({ m: value })) as { readonly m: unknown }).m;

describe("a value is read by its shape", () => {
  test.each<[string, Shape, unknown, unknown]>([
    ["a text", text, "a", "a"],
    ["a flag", flag, false, false],
    ["a number", number, 1.5, 1.5],
    ["a number longer than a double is exact", number, 2n ** 60n, 2 ** 60],
    ["a number that is none", number, Number.NaN, Number.NaN],
    ["a number without end", number, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ["a long number", bigint, 2n ** 60n, 2n ** 60n],
    ["a long number that is short", bigint, 7, 7n],
    ["a decimal", bigdecimal, 1.5, new NumericValue("1.5", "bigDecimal")],
    ["bytes", blob, new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ["a time", time, new Tagged(1, 1.5), new Date(1500)],
    ["a time without its tag", time, 2, new Date(2000)],
    ["what has no shape", free, "x", "x"],
    ["a list without what is null", listOf(text), ["a", null, "b"], ["a", "b"]],
    ["a list that may hold nothing", listOf(text, { sparse: true }), ["a", null], ["a", null]],
    ["a map without what is null", mapOf(text), { a: "b", c: null }, { a: "b" }],
    ["a map that may hold nothing", mapOf(text, { sparse: true }), { a: "b", c: null }, { a: "b", c: null }],
    [
      "a structure without what is null, undefined or unknown",
      structureOf({ a: text, b: text, c: text }),
      { a: "x", b: null, c: undefined, d: 1 },
      { a: "x" },
    ],
  ])("%s", (_, shape, value, found) => {
    expect(read(shape, value)).toEqual(found);
  });

  test("no body is an empty input", () => {
    expect(readCbor(structureOf({ a: text }), Buffer.alloc(0))).toEqual({});
  });
});

describe("a value of another type is refused, and told where it is", () => {
  test.each<[Shape, unknown, string]>([
    [text, 1, "a String"],
    [flag, "true", "a Boolean"],
    [number, "1", "a Number"],
    [bigint, "1", "a BigInteger"],
    [bigdecimal, "1", "a BigDecimal"],
    [blob, "aa", "a Blob"],
    [time, "2026-01-02T03:04:05Z", "a Timestamp"],
    [time, Number.NaN, "a Timestamp"],
    [listOf(text), { a: 1 }, "a List"],
    [mapOf(text), ["a"], "a Map"],
    [structureOf({}), ["a"], "a Structure"],
  ])("%o given %o", (shape, value, wanted) => {
    const message = expect.stringMatching(new RegExp(` can not be converted to ${wanted}$`)) as string;
    expect(() => read(shape, value)).toThrow(expect.objectContaining({ kind: "type", path: "m", message }) as Error);
  });

  test("a tag that is no time's makes no time", () => {
    expect(() => read(time, new Tagged(2, new Uint8Array([5])))).toThrow("can not be converted to a Timestamp");
  });

  test("through lists, maps and structures", () => {
    const shape = listOf(mapOf(structureOf({ a: text })));
    expect(() => read(shape, [null, { k: { a: 1 } }])).toThrow(expect.objectContaining({ path: "m.1.k.a" }) as Error);
  });

  test.each([
    ["what is no CBOR", Buffer.from([0xff]), "The request body is not valid CBOR."],
    ["what has no end", Buffer.from("9affffffff", "hex"), "The request body is not valid CBOR."],
    ["more than half a million values", encode([...Array(500_001).keys()].fill(0)), "The request holds too many values."],
  ])("%s", (_, body, message) => {
    expect(() => readCbor(structureOf({}), body)).toThrow(expect.objectContaining({ kind: "syntax", message }) as Error);
  });

  test("half a million values are few enough", () => {
    const body = encode({ m: Array(499_990).fill(0) });
    expect((readCbor(structureOf({ m: listOf(number) }), body) as { readonly m: unknown[] }).m).toHaveLength(499_990);
  });
});

describe("a value is written", () => {
  const written = (shape: Shape | undefined, value: unknown, further?: Readonly<Record<string, string>>): unknown =>
    decode(writeCbor(shape, value, further), { tags: Tagged.preserve(1) });
  const at = new Date(1500);

  test.each<[string, Shape, unknown, unknown]>([
    ["times as tagged seconds", time, at, new Tagged(1, 1.5)],
    ["a decimal as a number", bigdecimal, new NumericValue("1.5", "bigDecimal"), 1.5],
    ["bytes", blob, new Uint8Array([1]), new Uint8Array([1])],
    ["lists that hold nothing", listOf(time), [at, null], [new Tagged(1, 1.5), null]],
    ["maps without what is undefined", mapOf(time), { a: at, b: null, c: undefined }, { a: new Tagged(1, 1.5), b: null }],
    ["members of the shape alone", structureOf({ a: time, b: text, c: text }), { a: at, b: null, d: 1 }, { a: new Tagged(1, 1.5) }],
  ])("%s", (_, shape, value, found) => {
    expect(written(structureOf({ m: shape }), { m: value })).toEqual({ m: found });
  });

  test("with members that the shape lacks", () => {
    expect(written(structureOf({ a: text }), { a: "x" }, { __type: "T" })).toEqual({ __type: "T", a: "x" });
    expect(written(undefined, {}, { __type: "T" })).toEqual({ __type: "T" });
    expect(written(undefined, { a: "x" })).toEqual({});
  });
});
