import { expect, test } from "vitest";
import { refusePattern } from "./allowed-pattern.ts";
import { cpuMs } from "../../testing/cpu-time.ts";

test.each([
  ["123", "^\\d+$"],
  ["a", undefined],
  ["a", ""],
  ["éa", "^\\p{L}|é"],
])("%s fits %s", (value, pattern) => expect(() => refusePattern(value, pattern)).not.toThrow());

test("a value that does not fit is refused, and stays out of the message", () => {
  expect(() => refusePattern("hunter2", "^\\d+$")).toThrow(expect.objectContaining({ name: "ParameterPatternMismatchException" }));
  expect(() => refusePattern("hunter2", "^\\d+$")).not.toThrow(/hunter2/);
});

test("what is no pattern is refused", () => {
  expect(() => refusePattern("a", "(")).toThrow(expect.objectContaining({ name: "InvalidAllowedPatternException" }));
});

test("a pattern that backtracks without end is given up", () => {
  const match = (): void => refusePattern(`${"a".repeat(40)}!`, "^(a+)+$");
  const spent = cpuMs(() => expect(match).toThrow("could not be matched against allowedPattern in 100 milliseconds"));
  expect(spent).toBeLessThan(5_000);
});
