import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { inSlices } from "./in-slices.ts";

test("many are worked on some at a time, in their order, each slice in a turn of its own", async () => {
  const many = Array.from({ length: 250 }, (_, at) => at);
  const done: number[][] = [];
  const working = inSlices(new ManualClock(), many, (slice) => void done.push([...slice]));
  for (let ticks = 0; ticks < 10; ticks += 1) await Promise.resolve();
  expect(done).toHaveLength(1);
  await working;
  expect(done.map(({ length }) => length)).toEqual([50, 50, 50, 50, 50]);
  expect(done.flat()).toEqual(many);
});
