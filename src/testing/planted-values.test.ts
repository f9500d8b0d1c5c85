import fc from "fast-check";
import { expect, test } from "vitest";
import { encodingsOf, PlantedValues } from "./planted-values.ts";

const values = fc.uint8Array({ minLength: 8, maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const around = fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }));

test("a value is found in whatever holds it, in base64 at any place, in hex, and as it is", () => {
  fc.assert(
    fc.property(values, around, (value, [before, after]) => {
      const planted = new PlantedValues();
      planted.note("it", value);
      const holding = Buffer.concat([before, value, after]);
      for (const content of [
        holding,
        holding.toString("base64"),
        holding.toString("base64url"),
        holding.toString("hex"),
        JSON.stringify([...holding]),
      ])
        expect(planted.foundIn(Buffer.from(content as string))).not.toEqual([]);
    }),
  );
});

test("a text is found percent-encoded, in forms, and in JSON within JSON", () => {
  const planted = new PlantedValues();
  const value = planted.text("it");
  for (const content of [
    encodeURIComponent(value),
    new URLSearchParams({ value }).toString(),
    JSON.stringify({ text: JSON.stringify({ value }) }),
  ])
    expect(planted.foundIn(Buffer.from(content))).not.toEqual([]);
});

test("what is not there is not found, and a value too short to tell is refused", () => {
  const planted = new PlantedValues();
  planted.text("it");
  expect(planted.foundIn(Buffer.from("nothing of that kind"))).toEqual([]);
  expect(() => planted.note("short", "1234567")).toThrow("too short");
  expect(() => planted.note("absent", undefined)).toThrow("was not given");
  expect(encodingsOf(Buffer.from("abcdefgh")).length).toBeGreaterThan(10);
});
