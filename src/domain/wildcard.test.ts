import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { globMatches, globOf, parseGlob, parseStars } from "./wildcard.ts";

const matches = (pattern: string, text: string): boolean => globMatches(parseGlob(pattern), text);

describe("a pattern", () => {
  test.each([
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["**", "anything", true],
    ["?", "", false],
    ["?*", "a", true],
    ["a*", "abc", true],
    ["*c", "abc", true],
    ["a*c", "ac", true],
    ["a*a", "a", false],
    ["ab*ba", "aba", false],
    ["*aab*", "aaab", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["*?b?*", "abc", true],
    ["*?b?*", "ab", false],
    ["*a?c*", "aaxcabc", true],
    ["*ab*b", "xab", false],
    ["*ab*b", "xabb", true],
    ["a.c", "abc", false],
    ["(a|b)+", "(a|b)+", true],
  ])("%s against %s: %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test("takes a literal piece as it stands", () => {
    const glob = globOf([
      { text: "home/", literal: false },
      { text: "*", literal: true },
      { text: "/*", literal: false },
    ]);
    expect(globMatches(glob, "home/*/a")).toBe(true);
    expect(globMatches(glob, "home/b/a")).toBe(false);
  });

  test.each([
    ["v?.*", "v?.1", true],
    ["v?.*", "v1.1", false],
    ["*", "", true],
    ["*-*-rc", "a-b-rc", true],
    ["a.*", "ab", false],
  ])("of stars alone, %s against %s: %s", (pattern, text, expected) => {
    expect(globMatches(parseStars(pattern), text)).toBe(expected);
  });

  test("agrees with the textbook's definition", () => {
    const piece = fc.constantFrom("a", "b", "*", "?", "ab", "aab");
    const pattern = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(""));
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 20 });
    fc.assert(
      fc.property(pattern, text, (wanted, given) => matches(wanted, given) === defined(wanted, given)),
      { numRuns: 2000 },
    );
  });

  test("with a long segment agrees with the textbook's definition", () => {
    const segment = fc.string({ unit: fc.constantFrom("a", "b", "?"), minLength: 30, maxLength: 70 });
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 90 });
    fc.assert(
      fc.property(segment, text, text, (wanted, before, after) => {
        const given = before + wanted.replaceAll("?", "b") + after;
        expect(matches(`*${wanted}*`, given)).toBe(true);
        expect(matches(`*${wanted}c*`, given)).toBe(false);
      }),
    );
  });
});

describe("an adversarial pattern", () => {
  // Backtracking would take longer than the age of the universe on the first, and hours on the others: any bound in seconds tells.
  test.each([
    ["stars between letters", "a*".repeat(5000) + "b", "a".repeat(100_000)],
    ["a long segment that nearly fits everywhere", `*${"a".repeat(5000)}b*`, "a".repeat(100_000)],
    ["a long segment with open places that nearly fits everywhere", `*${"a?".repeat(2500)}b*`, "a".repeat(100_000)],
    ["many segments with open places", `*${"a?b*".repeat(2000)}c`, "aab".repeat(30_000)],
  ])(
    "of %s is answered within bounds",
    (_name, pattern, text) => {
      expect(matches(pattern, text)).toBe(false);
    },
    10_000,
  );
});

/** Dynamic programming over all prefixes: slow, and plainly right. */
function defined(pattern: string, text: string): boolean {
  let row = Array.from({ length: text.length + 1 }, (_, index) => index === 0);
  for (const char of pattern) {
    const next: boolean[] = [];
    for (let index = 0; index <= text.length; index++) {
      next.push(
        char === "*"
          ? row[index] === true || next[index - 1] === true
          : index > 0 && row[index - 1] === true && (char === "?" || char === text[index - 1]),
      );
    }
    row = next;
  }
  return row[text.length] === true;
}
