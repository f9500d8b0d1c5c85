import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dpkgPairs, linesOf, outcome, outcomesOf } from "../../testing/version-vectors.ts";
import { compareDpkgVersions } from "./dpkg-version.ts";

test.each([
  ["1.0~rc1", "<", "1.0"],
  ["1.0~~", "<", "1.0~"],
  ["1.0", "<", "1.0+b1"],
  ["1.0", "=", "1.0-0"],
  ["1.0", "=", "0:1.0"],
  ["2.0", "<", "1:1.0"],
  ["1.0-1", "<", "1.0-1.1"],
  ["1.0-9", "<", "1.0-10"],
  ["1.0a", "<", "1.0+"],
  ["1.0-1-2", ">", "1.0-1-1"],
  ["007", "=", "7"],
  ["20240101000000000000000001", ">", "20240101000000000000000000"],
  ["1.0-1+deb12u1", "<", "1.0-1+deb12u2"],
])("Debian: %s %s %s", (a, expected, b) => {
  expect(outcome(compareDpkgVersions(a, b))).toBe(expected);
});

test("10,000 pairs compare as dpkg compares them", () => {
  const outcomes = outcomesOf("dpkg-outcomes.txt");
  const wrong = dpkgPairs().filter(({ a, b }, at) => outcome(compareDpkgVersions(a, b)) !== outcomes[at]);
  expect(outcomes).toHaveLength(10_000);
  expect(wrong).toEqual([]);
});

test.runIf(existsSync("/usr/bin/dpkg"))("the recorded outcomes are what this machine's dpkg says", () => {
  const outcomes = outcomesOf("dpkg-outcomes.txt");
  const relation: Readonly<Record<string, string>> = { "<": "lt", "=": "eq", ">": "gt" };
  const chosen = dpkgPairs().flatMap(({ a, b }, at) => (at % 100 === 7 ? [`${a} ${relation[outcomes[at] ?? ""]} ${b}`] : []));
  const script = 'while read -r a relation b; do dpkg --compare-versions "$a" "$relation" "$b" || echo "$a $relation $b"; done';
  expect(execFileSync("sh", ["-c", script], { input: chosen.join("\n"), encoding: "utf8" })).toBe("");
});

const version = fc.constantFrom(...linesOf("dpkg-versions.txt"), "1.0~", "0:1.0-0", "1", "1.0-1~bpo12+1");

test("the order is total: sides swap, equals stay equal, and it carries on", () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareDpkgVersions(a, b)) + Math.sign(compareDpkgVersions(b, a))).toBe(0);
      const [oldest = a, , newest = a] = [a, b, c].toSorted(compareDpkgVersions);
      expect(compareDpkgVersions(oldest, newest)).toBeLessThanOrEqual(0);
    }),
  );
});
