import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { TORTURE_ENVIRONMENT, trafficTorture } from "../../src/testing/traffic-torture.ts";

// A hundred times each: `npm run nightly -- torture-traffic`.
const ROUNDS = 5;

test("targets that come, drain and are killed, and a rule that changes, cost no request under load but what was in flight on the killed", async () => {
  await using airfield = await airfieldProcess({ environment: TORTURE_ENVIRONMENT });
  const { answered, failures, answers } = await trafficTorture(airfield, ROUNDS);
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(500);
  expect(answers).toContain("rule");
  // Three to begin with, and two that come in each round.
  expect(answers.size).toBe(1 + 3 + 2 * ROUNDS);
});
