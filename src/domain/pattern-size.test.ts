import { expect, test } from "vitest";
import { patternSize } from "./pattern-size.ts";

test.each([
  ["", 0],
  ["^INFO", 5],
  ["a{1000}", 1000],
  ["(?:a{100}){10}b", 1041],
  ["(a{100}|b){10}c{5}", 1045],
  ["[a-z]{3}[]{}]{2}", 5],
  ["[[:alpha:]]{7}", 7],
  ["\\Q({\\E", 6],
  ["\\p{Greek}\\pL[\\pN]", 34],
  ["x{2,}y{0,9}z{0}", 3 + 10 + 1],
  ["\\d{4}-\\d{2}", 7],
  ["((((a{10}", 18],
  ["a)b)", 4],
])("%s is about %d", (pattern, size) => {
  expect(patternSize(pattern)).toBe(size);
});

test("what is repeated within what is repeated counts for all of it, however deep", () => {
  expect(patternSize(`${"(?:".repeat(3)}a${"){10}".repeat(3)}`)).toBeGreaterThanOrEqual(1000);
});

test("what is too long to be measured quickly counts as endless", () => {
  expect([patternSize("a".repeat(2_048)), patternSize("[".repeat(2_049))]).toEqual([2_048, Infinity]);
});
