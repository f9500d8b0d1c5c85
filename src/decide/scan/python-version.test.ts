import fc from "fast-check";
import { expect, test } from "vitest";
import { outcome } from "../../testing/version-vectors.ts";
import { comparePythonVersions } from "./python-version.ts";

/** In ascending order. Source: PEP 440, "Summary of permitted suffixes and relative ordering", and its section on local versions. */
const ASCENDING = [
  "nonsense",
  "1.0.dev456",
  "1.0a1",
  "1.0a2.dev456",
  "1.0a12.dev456",
  "1.0a12",
  "1.0b1.dev456",
  "1.0b2",
  "1.0b2.post345.dev456",
  "1.0b2.post345",
  "1.0rc1.dev456",
  "1.0rc1",
  "1.0",
  "1.0+abc.5",
  "1.0+abc.7",
  "1.0+5",
  "1.0.post456.dev34",
  "1.0.post456",
  "1.0.15",
  "1.1.dev1",
  "2!0.1",
];

test("the order that the specification lists holds, for every two of it", () => {
  for (const [at, a] of ASCENDING.entries())
    for (const [other, b] of ASCENDING.entries())
      expect(`${a} ${outcome(comparePythonVersions(a, b))} ${b}`).toBe(`${a} ${outcome(at - other)} ${b}`);
});

test.each([
  ["1.0", "1.0.0"],
  ["1.0-1", "1.0.post1"],
  ["1.0ALPHA1", "1.0a1"],
  ["1.0-c1", "1.0rc1"],
  ["v1.0", "1.0"],
  ["1.0.dev", "1.0.dev0"],
  ["01.0", "1.0"],
  ["1.0+ubuntu-1", "1.0+ubuntu.1"],
])("%s is another spelling of %s", (a, b) => {
  expect(comparePythonVersions(a, b)).toBe(0);
});

const version = fc.constantFrom(...ASCENDING, "1.0-1", "1.0.0", "0.9", "1.0a", "1.0rc2.post1");

test("the order is total: sides swap, equals stay equal, and it carries on", () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(comparePythonVersions(a, b)) + Math.sign(comparePythonVersions(b, a))).toBe(0);
      const [oldest = a, , newest = a] = [a, b, c].toSorted(comparePythonVersions);
      expect(comparePythonVersions(oldest, newest)).toBeLessThanOrEqual(0);
    }),
  );
});
