import { expect, test } from "vitest";
import { cpuMs } from "../../testing/cpu-time.ts";
import { MalformedRequestError } from "../malformed.ts";
import type { Shape } from "../schema.ts";
import { readCbor } from "./cbor-codec.ts";
import { readScalar } from "./scalar-text.ts";
import { readXmlTree } from "./xml-tree.ts";

test.each([
  [
    "a tag with more attributes than a request may hold",
    () => `<a ${Array.from({ length: 1_000_000 }, (_, at) => `a${at}=""`).join(" ")}/>`,
  ],
  ["a document type that does not end", () => `<!DOCTYPE a [${"<".repeat(20_000_000)}`],
  ["text of nothing but references", () => `<a>${"&amp;".repeat(6_000_000)}</a>`],
  ["an attribute of nothing but references", () => `<a b="${"&amp;".repeat(6_000_000)}"/>`],
  ["comments before anything", () => "<!---->".repeat(2_000_000)],
])("%s is refused before it is read whole", (_what, text) => {
  const body = Buffer.from(text());
  const spent = cpuMs(() => expect(() => readXmlTree(body)).toThrow(MalformedRequestError));
  expect(spent).toBeLessThan(1_500);
});

test("text of any length and of any characters is read across the chunks that it comes in", () => {
  const text = "ü🛩&".repeat(50_000);
  expect(readXmlTree(Buffer.from(`<a>x${text.replaceAll("&", "&amp;")}</a>`)).text).toBe(`x${text}`);
});

test.each<[Shape["kind"], string]>([
  ["bigint", "Infinity"],
  ["bigint", "1.5"],
  ["bigint", "9".repeat(101)],
  ["bigdecimal", "Infinity"],
  ["bigdecimal", "0x10"],
  ["bigdecimal", "1e9999"],
])("a %s is not %s", (kind, text) => {
  expect(() => readScalar({ kind } as Shape, text, "p")).toThrow(MalformedRequestError);
});

test("a large integer keeps all of its digits", () => {
  expect(readScalar({ kind: "bigint" } as Shape, "-123456789012345678901", "p")).toBe(-123456789012345678901n);
});

test.each([
  ["bigint", [0xf9, 0x7e, 0]],
  ["bigint", [0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]],
  ["bigdecimal", [0xf9, 0x7c, 0]],
])("a %s in CBOR is not %j", (kind, bytes) => {
  expect(() => readCbor({ kind } as Shape, Buffer.from(bytes))).toThrow(MalformedRequestError);
});
