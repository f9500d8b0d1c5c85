import { expect, test } from "vitest";
import type { CvssScore, Severity } from "../../domain/vulnerability.ts";
import { severityOf } from "./severity.ts";

const scored = (version: string, score: number): CvssScore => ({ version, score, vector: "" }) as unknown as CvssScore;

test.each<[string, number, Severity]>([
  ["2.0", 10, "HIGH"],
  ["2.0", 7, "HIGH"],
  ["2.0", 6.9, "MEDIUM"],
  ["2.0", 4, "MEDIUM"],
  ["2.0", 3.9, "LOW"],
  ["2.0", 0, "LOW"],
  ["3.1", 9, "CRITICAL"],
  ["3.1", 8.9, "HIGH"],
  ["3.1", 7, "HIGH"],
  ["3.1", 6.9, "MEDIUM"],
  ["3.1", 4, "MEDIUM"],
  ["3.1", 3.9, "LOW"],
  ["4.0", 0.1, "LOW"],
  ["4.0", 0, "INFORMATIONAL"],
])("CVSS %s with a score of %d is %s", (version, score, severity) => {
  expect(severityOf({ cvss: [scored(version, score)] })).toBe(severity);
});

test("the latest version of CVSS counts, in whatever order they come; without any, nothing is known", () => {
  const scores = [scored("2.0", 10), scored("4.0", 5), scored("3.1", 9.8)];
  expect(severityOf({ cvss: scores })).toBe("MEDIUM");
  expect(severityOf({ cvss: scores.toReversed() })).toBe("MEDIUM");
  expect(severityOf({ cvss: [] })).toBe("UNDEFINED");
});
