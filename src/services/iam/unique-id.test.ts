import fc from "fast-check";
import { expect, test } from "vitest";
import type { Ids } from "../../ports/ids.ts";
import { uniqueId } from "./unique-id.ts";

const idsOf = (digits: string): Ids => ({ hex: (length: number) => digits.slice(0, length) }) as Ids;
const digits = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 22, maxLength: 22 });

test("ids have AWS's length and alphabet, whatever chance says", () => {
  fc.assert(
    fc.property(digits, (text) => {
      expect(uniqueId(idsOf(text), "AROA")).toMatch(/^AROA[A-Z2-7]{17}$/);
      expect(uniqueId(idsOf(text), "AKIA")).toMatch(/^AKIA[A-Z2-7]{16}$/);
    }),
  );
});

test("a key's id carries 80 bits of chance: other digits, another id", () => {
  fc.assert(
    fc.property(digits, digits, (one, other) => {
      fc.pre(one.slice(2) !== other.slice(2));
      expect(uniqueId(idsOf(one), "AKIA")).not.toBe(uniqueId(idsOf(other), "AKIA"));
    }),
  );
});
