import { expect, test } from "vitest";
import { largeHeadsSetting } from "./large-heads-setting.ts";

test.each([
  [undefined, false],
  ["", false],
  ["off", false],
  ["on", true],
])("%j is read", (said, expected) => expect(largeHeadsSetting({ AIRFIELD_LARGE_HEADS: said })).toBe(expected));

test("what is neither is refused, by name", () => {
  expect(() => largeHeadsSetting({ AIRFIELD_LARGE_HEADS: "64" })).toThrow("AIRFIELD_LARGE_HEADS=64");
});
