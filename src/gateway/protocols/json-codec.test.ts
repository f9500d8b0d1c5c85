import { NumericValue } from "@smithy/core/serde";
import { describe, expect, test } from "vitest";
import { blob, flag, listOf, mapOf, number, structureOf, text, time, timeIn } from "../../testing/shapes.ts";
import type { MalformedRequestError } from "../malformed.ts";
import type { Shape } from "../schema.ts";
import { readJson, writeJson } from "./json-codec.ts";

const bigint: Shape = { kind: "bigint" };
const bigdecimal: Shape = { kind: "bigdecimal" };
const free: Shape = { kind: "document" };
const inner = structureOf({ a: text });

describe("a value is read by its shape", () => {
  test.each<[string, Shape, unknown, unknown]>([
    ["a text, be it empty", text, "", ""],
    ["a number", number, 1.5, 1.5],
    ["a flag", flag, false, false],
    ["a long number", bigint, 12, 12n],
    ["a decimal", bigdecimal, 1.5, new NumericValue("1.5", "bigDecimal")],
    ["bytes", blob, "aGk=", Buffer.from("hi")],
    ["bytes without their padding", blob, "aGk", Buffer.from("hi")],
    ["no bytes", blob, "", Buffer.alloc(0)],
    ["bytes of all digits", blob, "+/Az09==", Buffer.from("+/Az09==", "base64")],
    ["a time in seconds", time, 1.5, new Date(1500)],
    ["a time as a text", time, "2026-01-02T03:04:05Z", new Date("2026-01-02T03:04:05Z")],
    ["what has no shape", free, { a: [1, null] }, { a: [1, null] }],
    ["a list without what is null", listOf(text), ["a", null, "b"], ["a", "b"]],
    ["a list that may hold nothing", listOf(text, { sparse: true }), ["a", null], ["a", null]],
    ["a map without what is null", mapOf(text), { a: "b", c: null }, { a: "b" }],
    ["a map that may hold nothing", mapOf(text, { sparse: true }), { a: "b", c: null }, { a: "b", c: null }],
    ["a structure without what is null or unknown", structureOf({ a: text, b: text }), { a: "x", b: null, c: "y" }, { a: "x" }],
    ["a member that is not its own", structureOf({ toString: text }), {}, {}],
  ])("%s", (_, shape, value, read) => {
    expect(readJson(shape, value)).toEqual(read);
  });

  test("under the names that the protocol gives its members", () => {
    const shape = structureOf({ a: [text, { jsonName: "A" }], b: listOf(structureOf({ c: [text, { jsonName: "C" }] })) });
    const read = readJson(shape, { A: "x", a: "y", b: [{ C: "z" }] }, ({ jsonName, name }) => jsonName ?? name);
    expect(read).toEqual({ a: "x", b: [{ c: "z" }] });
  });
});

describe("a value of another type is refused, and told where it is", () => {
  const string = "STRING_VALUE can not be converted to";
  test.each<[Shape, unknown, string]>([
    [text, 1, "NUMBER_VALUE can not be converted to a String"],
    [text, 1.5, "DECIMAL_VALUE can not be converted to a String"],
    [text, true, "TRUE_VALUE can not be converted to a String"],
    [text, false, "FALSE_VALUE can not be converted to a String"],
    [text, ["a"], "START_ARRAY can not be converted to a String"],
    [text, {}, "START_OBJECT can not be converted to a String"],
    [flag, "true", `${string} a Boolean`],
    [number, "1", `${string} an Integer`],
    [bigint, "1", `${string} a BigInteger`],
    [bigint, 1.5, "DECIMAL_VALUE can not be converted to a BigInteger"],
    [bigdecimal, "1", `${string} a BigDecimal`],
    [blob, 1, "NUMBER_VALUE can not be converted to a Blob"],
    [blob, "aGk$", `${string} a Blob`],
    [blob, "$aGk", `${string} a Blob`],
    [blob, "aGk====", `${string} a Blob`],
    [blob, "aGkab", `${string} a Blob`],
    [time, true, "TRUE_VALUE can not be converted to a Timestamp"],
    [time, "soon", `${string} a Timestamp`],
    [listOf(text), {}, "START_OBJECT can not be converted to a List"],
    [mapOf(text), ["a"], "START_ARRAY can not be converted to a Map"],
    [inner, ["a"], "START_ARRAY can not be converted to a Structure"],
    [inner, "a", `${string} a Structure`],
  ])("%o given %o", (shape, value, message) => {
    expect(() => readJson(structureOf({ m: shape }), { m: value })).toThrow(
      expect.objectContaining({ kind: "type", path: "m", message }) as MalformedRequestError,
    );
  });

  test("through lists and maps", () => {
    const shape = structureOf({ m: listOf(mapOf(inner)) });
    expect(() => readJson(shape, { m: [null, { k: { a: 1 } }] })).toThrow(expect.objectContaining({ path: "m.1.k.a" }) as Error);
  });

  test("null is no document", () => {
    expect(() => readJson(inner, null)).toThrow("can not be converted to a Structure");
  });

  test("what nests a hundred deep is read, and no deeper", () => {
    const endless: { kind: "list"; item: { shape: Shape }; sparse: boolean } = { kind: "list", item: { shape: text }, sparse: false };
    endless.item.shape = endless as Shape;
    const nested = (depth: number): unknown => (depth === 0 ? [] : [nested(depth - 1)]);
    expect(readJson(endless as Shape, nested(100))).toEqual(nested(100));
    expect(() => readJson(endless as Shape, nested(101))).toThrow(
      expect.objectContaining({ kind: "syntax", message: "The request is nested too deeply." }) as Error,
    );
  });
});

describe("a value is written as AWS writes it", () => {
  const at = new Date("2026-01-02T03:04:05.500Z");
  test.each<[string, Shape, unknown, unknown]>([
    ["a time", time, at, 1767323045.5],
    ["a time for people", timeIn("date-time"), at, "2026-01-02T03:04:05.500Z"],
    ["a time of HTTP", timeIn("http-date"), at, "Fri, 02 Jan 2026 03:04:05 GMT"],
    ["bytes", blob, new Uint8Array([104, 105]), "aGk="],
    ["a long number", bigint, 12n, 12],
    ["a decimal", bigdecimal, new NumericValue("1.5", "bigDecimal"), 1.5],
    ["a text", text, "a", "a"],
    ["a list that holds nothing", listOf(time), [at, null], [1767323045.5, null]],
    ["a map", mapOf(time), { a: at, b: null, c: undefined }, { a: 1767323045.5, b: null }],
    ["members of the shape alone", structureOf({ a: text, b: text, c: text }), { a: "x", b: null, d: "y" }, { a: "x" }],
  ])("%s", (_, shape, value, written) => {
    const found = writeJson(shape, value);
    expect(found).toEqual(written);
    expect(JSON.stringify(found)).toBe(JSON.stringify(written));
  });

  test("under the names that the protocol gives its members", () => {
    const shape = structureOf({ l: listOf(structureOf({ a: text })), m: mapOf(structureOf({ b: text })) });
    expect(writeJson(shape, { l: [{ a: "x" }], m: { k: { b: "y" } } }, ({ name }) => name.toUpperCase())).toEqual({
      L: [{ A: "x" }],
      M: { k: { B: "y" } },
    });
  });
});
