import { expect, test } from "vitest";
import { readHeaders } from "./request-headers.ts";

test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
  ["names are in lower case, and values as they were sent", ["X-Amz-Target", "A.B"], { "x-amz-target": "A.B" }],
  ["white space around a value is none of it", ["a", " b c "], { a: "b c" }],
  ["lines of one name are joined in their order", ["A", "1", "b", "2", "a", "3", "a", "1"], { a: "1,3,1", b: "2" }],
  ["an empty line is one of them", ["a", "", "a", "1"], { a: ",1" }],
  ["a name without a value is left out", ["a", "1", "b"], { a: "1" }],
  ["there may be none", [], {}],
])("%s", (_, lines, headers) => {
  expect({ ...readHeaders(lines) }).toEqual(headers);
});

test("what every object has is no header, unless it was sent", () => {
  const none = readHeaders([]);
  expect([none["constructor"], none["__proto__"], none["toString"]]).toEqual([undefined, undefined, undefined]);
  expect(readHeaders(["__proto__", "a", "Constructor", "b"])["__proto__"]).toBe("a");
  expect(Object.keys(readHeaders(["__proto__", "a", "Constructor", "b"]))).toEqual(["__proto__", "constructor"]);
});
