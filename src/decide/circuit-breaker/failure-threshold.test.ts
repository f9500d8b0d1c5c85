import { describe, expect, test } from "vitest";
import { failureThreshold } from "./failure-threshold.ts";

const on = { enable: true, rollback: false };

describe("the number of failed tasks at which a deployment fails", () => {
  // The first rows are AWS's own table of examples.
  test.each([
    [1, 3],
    [25, 13],
    [400, 200],
    [800, 200],
    [0, 3],
    [6, 3],
    [7, 4],
  ])("for a desired count of %i is %i", (desiredCount, threshold) => {
    expect(failureThreshold(on, desiredCount)).toBe(threshold);
  });

  test.each([
    ["BOUNDED_PERCENT", 10, 100, 10],
    ["BOUNDED_PERCENT", 10, 10, 3],
    ["UNBOUNDED_PERCENT", 10, 10, 1],
    ["UNBOUNDED_PERCENT", 100, 1_000, 1_000],
    ["UNBOUNDED_PERCENT", 50, 0, 1],
    ["COUNT", 2, 1_000, 2],
  ] as const)("with %s of %i and a desired count of %i is %i", (type, value, desiredCount, threshold) => {
    expect(failureThreshold({ ...on, threshold: { type, value } }, desiredCount)).toBe(threshold);
  });
});
