import { expect, test } from "vitest";
import { torture } from "../../src/testing/torture/torture.ts";

// A sample of what `npm run torture` does thousands of times at night.
test("killed 60 times in the middle of pushes, the registry has lost nothing that it acknowledged, and shows nothing half-written", async () => {
  const seed = Date.now() % 1_000_000;
  // Two installations at once: one starts while the other works.
  // Both are awaited whatever happens, so that neither leaves a process behind.
  const outcomes = await Promise.allSettled([seed, seed + 1].map((each) => torture({ kills: 30, seed: each })));
  expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
  const reports = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  for (const { images, deleted, resumed } of reports) {
    expect(images).toBeGreaterThan(8);
    expect(deleted).toBeGreaterThan(1);
    expect(resumed).toBeGreaterThan(12);
  }
}, 400_000);
