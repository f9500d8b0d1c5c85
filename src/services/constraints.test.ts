import { expect, test } from "vitest";
import { brokenConstraints, lengthWithin } from "./constraints.ts";

const names = Array.from({ length: 11 }, (_, at) => `name-${at}`);

test.each([
  ["all of many names", names, 10, `[${names.join(", ")}]`],
  ["members and their values", [{ Key: "a", Value: "b" }, { Key: "c" }], 1, "[{Key=a, Value=b}, {Key=c}]"],
  [
    "lists in members",
    [
      { Key: "a", Values: ["x", "y"] },
      { Key: "b", Values: [] },
    ],
    1,
    "[{Key=a, Values=[x, y]}, {Key=b, Values=[]}]",
  ],
])("a list that is too long is told whole: %s", (_, list, most, shown) => {
  expect(brokenConstraints(lengthWithin("names", list, 1, most))).toBe(
    `1 validation error detected: Value '${shown}' at 'names' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
  );
});
