import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { TORTURE_ENVIRONMENT, trafficTorture } from "../../src/testing/traffic-torture.ts";

// A hundred times each: `npm run nightly -- torture-traffic`.
const ROUNDS = 5;

test("under load, targets that come, drain and are killed, a rule and a certificate that change cost no request but what was in flight on the killed", async () => {
  await using airfield = await airfieldProcess({ environment: TORTURE_ENVIRONMENT });
  const { answered, failures, answers, certificates } = await trafficTorture(airfield, ROUNDS);
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(500);
  expect(answers).toContain("rule");
  expect(certificates.size).toBe(2);
  // Three to begin with, and two that come in each round.
  expect(answers.size).toBe(1 + 3 + 2 * ROUNDS);
});
