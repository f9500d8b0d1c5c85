import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFull, takeToken, type RequestLimit, type TokenBucket } from "./token-bucket.ts";

/** How many of the requests at these times are let through. */
function allowedOf(times: readonly number[], limit: RequestLimit): number {
  let bucket: TokenBucket | undefined;
  return times.filter((now) => {
    const taking = takeToken(bucket, limit, now);
    ({ bucket } = taking);
    return taking.allowed;
  }).length;
}

describe("requests that come", () => {
  test.each<[string, readonly number[], RequestLimit, number]>([
    ["at once are let through up to the burst", Array(10).fill(0), { rate: 1, burst: 4 }, 4],
    ["at the rate are all let through", [0, 500, 1000, 1500], { rate: 2, burst: 1 }, 4],
    ["at twice the rate are let through half", [0, 250, 500, 750, 1000, 1250], { rate: 2, burst: 1 }, 3],
    ["after a pause find the burst again and no more", [0, 0, 0, 60_000, 60_000, 60_000], { rate: 1, burst: 2 }, 4],
    ["while the clock goes backward get nothing for it", [1000, 0, 0], { rate: 1, burst: 1 }, 1],
  ])("%s", (_, times, limit, allowed) => {
    expect(allowedOf(times, limit)).toBe(allowed);
  });
});

const limits = fc.record({ rate: fc.integer({ min: 1, max: 1000 }), burst: fc.integer({ min: 1, max: 1000 }) });
const moments = fc.array(fc.nat(10_000), { maxLength: 300 }).map((times) => times.sort((a, b) => a - b));

test("over any time no more is let through than the burst and what the rate gives", () => {
  fc.assert(
    fc.property(moments, limits, (times, limit) => {
      const elapsed = (times.at(-1) ?? 0) - (times[0] ?? 0);
      expect(allowedOf(times, limit)).toBeLessThanOrEqual(limit.burst + (elapsed * limit.rate) / 1000 + 1e-6);
    }),
  );
});

test("a bucket that nobody uses is full in the end, and then it is as one that was never used", () => {
  fc.assert(
    fc.property(limits, fc.nat(1000), (limit, used) => {
      let bucket: TokenBucket = { tokens: limit.burst, at: 0 };
      for (let at = 0; at < used; at += 1) ({ bucket } = takeToken(bucket, limit, 0));
      const later = Math.ceil((limit.burst / limit.rate) * 1000) + 1;
      expect(isFull(bucket, limit, later)).toBe(true);
      expect(takeToken(bucket, limit, later)).toEqual(takeToken(undefined, limit, later));
    }),
  );
});
