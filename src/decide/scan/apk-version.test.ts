import fc from "fast-check";
import { expect, test } from "vitest";
import { apkPairs, linesOf, outcome, outcomesOf } from "../../testing/version-vectors.ts";
import { compareApkVersions } from "./apk-version.ts";

const published = linesOf("apk-published.txt").map((line) => line.split(" ") as [string, string, string]);

test("the order that apk-tools publishes holds, both ways round", () => {
  const swapped: Readonly<Record<string, string>> = { "<": ">", "=": "=", ">": "<" };
  const wrong = published.filter(
    ([a, expected, b]) => outcome(compareApkVersions(a, b)) !== expected || outcome(compareApkVersions(b, a)) !== swapped[expected],
  );
  expect(published.length).toBeGreaterThan(600);
  expect(wrong).toEqual([]);
});

test.each([
  ["1.1.0_alpha", "<", "1.1.0"],
  ["1.1.0", "<", "1.1.0_p1"],
  ["1.01", "<", "1.1"],
  ["3.1.4-r5", "<", "3.1.4-r10"],
  ["3.1.4_git20240101", "<", "3.1.4_p1"],
  ["1.2.3~abc", ">", "1.2.3"],
  ["nonsense", "=", "nonsense"],
])("Alpine: %s %s %s", (a, expected, b) => {
  expect(outcome(compareApkVersions(a, b))).toBe(expected);
});

test("10,000 pairs compare as another implementation compares them", () => {
  const outcomes = outcomesOf("apk-outcomes.txt");
  const wrong = apkPairs().filter(({ a, b }, at) => outcome(compareApkVersions(a, b)) !== outcomes[at]);
  expect(outcomes).toHaveLength(10_000);
  expect(wrong).toEqual([]);
});

const version = fc.constantFrom(...new Set(published.flatMap(([a, , b]) => [a, b])), "1.00", "1.0_rc", "nonsense", "1.0-1");

test("the order is total: sides swap, equals stay equal, and it carries on", () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareApkVersions(a, b)) + Math.sign(compareApkVersions(b, a))).toBe(0);
      const [oldest = a, , newest = a] = [a, b, c].toSorted(compareApkVersions);
      expect(compareApkVersions(oldest, newest)).toBeLessThanOrEqual(0);
    }),
  );
});
