import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterFailures,
  afterStart,
  isImpaired,
  LONGEST_START_PAUSE,
  NO_FAILURES,
  restartAllowedAt,
  restartPause,
} from "./restart-throttle.ts";

const state = (failedStarts: number, crashes: number, lastFailureAt = 1_000) => ({ failedStarts, crashes, lastFailureAt });

describe("the pause before tasks are started again", () => {
  test.each([
    [0, 0, 0],
    [1, 0, 0],
    [2, 0, 10_000],
    [3, 0, 20_000],
    [9, 0, 1_280_000],
    [10, 0, 27 * 60_000],
    [4_000, 0, 27 * 60_000],
    [0, 1, 0],
    [0, 2, 1_000],
    [0, 30, 10_000],
    [2, 3, 10_000],
  ])("after %i failed starts and %i crashes is %i ms", (failedStarts, crashes, pause) => {
    expect(restartPause(state(failedStarts, crashes))).toBe(pause);
    expect(restartAllowedAt(state(failedStarts, crashes))).toBe(1_000 + pause);
  });

  test("never shrinks as failures add up, and never passes 27 minutes", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), (failedStarts, crashes) => {
        const pause = restartPause(state(failedStarts, crashes));
        expect(restartPause(state(failedStarts + 1, crashes))).toBeGreaterThanOrEqual(pause);
        expect(pause).toBeLessThanOrEqual(LONGEST_START_PAUSE);
      }),
    );
  });
});

describe("rounds of failures", () => {
  test("tasks that were started together and fail together are one round", () => {
    const once = afterFailures(
      NO_FAILURES,
      [
        { createdAt: 10, ran: false },
        { createdAt: 10, ran: false },
      ],
      50,
    );
    expect(once).toEqual({ failedStarts: 1, crashes: 0, lastFailureAt: 50 });
    expect(afterFailures(once, [{ createdAt: 10, ran: false }], 60)).toBe(once);
  });

  test("a task started after the last failure begins the next round", () => {
    expect(afterFailures(state(1, 0, 50), [{ createdAt: 50, ran: false }], 90)).toEqual(state(2, 0, 90));
    expect(isImpaired(state(1, 0))).toBe(false);
    expect(isImpaired(state(2, 0))).toBe(true);
  });

  test("a task that comes to RUNNING ends the failed starts, not the crashes", () => {
    expect(afterStart(state(3, 2, 50), 60)).toEqual(state(0, 2, 50));
  });

  test("a task that came to RUNNING before the failure proves nothing", () => {
    expect(afterStart(state(3, 0, 50), 40)).toEqual(state(3, 0, 50));
  });
});
