import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isWithin, namesAbove, nameOf, readName, sortKey, wildcardOf } from "./name.ts";

describe("a domain name is kept in one form", () => {
  test.each([
    ["www.Example.COM", "www.example.com."],
    ["www.example.com.", "www.example.com."],
    ["*.example.com", "\\052.example.com."],
    ["\\052.example.com", "\\052.example.com."],
    ["a\\056b.example.com", "a\\056b.example.com."],
    ["_acme-challenge.example.com", "_acme-challenge.example.com."],
    ["a@b.example.com", "a\\100b.example.com."],
    ["\\101.example.com", "a.example.com."],
    [".", "."],
  ])("%s is %s", (text, name) => {
    expect(readName(text)).toBe(name);
  });

  test.each([
    ["", "DomainNameEmpty (Domain name is empty)"],
    ["example..com", "DomainLabelEmpty (Domain label is empty)"],
    ["example.com..", "DomainLabelEmpty (Domain label is empty)"],
    [".example.com", "DomainLabelEmpty (Domain label is empty)"],
    ["exämple.com", "UnsupportedCharacter (Value contains unsupported characters)"],
    ["a b.com", "UnsupportedCharacter (Value contains unsupported characters)"],
    ["a\\b.com", "InvalidEscape (Value contains an escape that is not three octal digits)"],
    [`${"a".repeat(64)}.com`, "DomainLabelTooLong (Domain label is too long)"],
    [Array.from({ length: 5 }, () => "a".repeat(60)).join("."), "DomainNameTooLong (Domain name is too long)"],
  ])("%j is none", (text, problem) => {
    expect(readName(text)).toEqual({ problem });
    expect(() => nameOf(text)).toThrow(problem);
  });

  test("law: what was read is read again as itself", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const name = readName(text);
        return typeof name === "object" || readName(name) === name;
      }),
    );
  });
});

test("names are sorted by their labels from the right, with the dot behind each: the wildcard comes first", () => {
  const names = ["www.example.com.", "example.com.", "a-b.example.com.", "x.a.example.com.", "a.example.com.", "\\052.example.com."];
  const sorted = names.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  expect(sorted).toEqual([
    "example.com.",
    "\\052.example.com.",
    "a-b.example.com.",
    "a.example.com.",
    "x.a.example.com.",
    "www.example.com.",
  ]);
});

test("a name is within its zone, and within none whose name only ends alike", () => {
  expect(isWithin("example.com.", "example.com.")).toBe(true);
  expect(isWithin("a.example.com.", "example.com.")).toBe(true);
  expect(isWithin("badexample.com.", "example.com.")).toBe(false);
  expect(isWithin("com.", "example.com.")).toBe(false);
  expect(isWithin("com.", ".")).toBe(true);
});

test("above a name are its parents, the nearest first", () => {
  expect(namesAbove("a.b.example.com.")).toEqual(["b.example.com.", "example.com.", "com."]);
  expect(namesAbove("com.")).toEqual([]);
  expect(wildcardOf("example.com.")).toBe("\\052.example.com.");
});
