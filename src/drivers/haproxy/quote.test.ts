import fc from "fast-check";
import { expect, test } from "vitest";
import { isEmptyWord, quote, quoteFormat } from "./quote.ts";

test.each([
  ["/health?deep=1", "/health\\x3fdeep=1"],
  ["two words", "two\\x20words"],
  ["", '""'],
  ["\u00fc", "\\xc3\\xbc"],
  ["a\0b", "ab"],
  ["\0", '""'],
])("%j becomes %s", (text, word) => {
  expect(quote(text)).toBe(word);
});

test("a percent sign stands for itself in a format", () => {
  expect(quoteFormat("100%")).toBe("100\\x25\\x25");
});

test("no text leaves its word, and every byte of it is there but zeros", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
      fc.pre(!isEmptyWord(text));
      const word = quote(text);
      expect(word).toMatch(/^(?:[A-Za-z0-9/._:~,=+@-]|\\x[0-9a-f]{2})+$/);
      const bytes = [...word.matchAll(/\\x(..)|(.)/g)].map(([, hex, plain]) =>
        hex === undefined ? plain?.charCodeAt(0) : Number.parseInt(hex, 16),
      );
      expect(bytes).toEqual([...new TextEncoder().encode(text)].filter((byte) => byte !== 0));
    }),
  );
});
