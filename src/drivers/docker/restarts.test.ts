import { expect, test } from "vitest";
import { isRestarted } from "./restarts.ts";

const restartPolicy = { ignoredExitCodes: [0, 3], attemptPeriod: 60 };

test.each([
  ["no policy", {}, 0, { at: 100_000, exitCode: 1 }, false],
  ["an exit after the period", { restartPolicy }, 0, { at: 60_000, exitCode: 1 }, true],
  ["an exit before it", { restartPolicy }, 1, { at: 60_000, exitCode: 1 }, false],
  ["a code that is ignored", { restartPolicy }, 0, { at: 60_000, exitCode: 3 }, false],
  ["a container that never started", { restartPolicy }, undefined, { at: 60_000, exitCode: 1 }, false],
])("with %s", (_, plan, startedAt, exit, expected) => {
  expect(isRestarted(plan, startedAt, exit)).toBe(expected);
});
