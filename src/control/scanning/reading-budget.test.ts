import { describe, expect, test } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { ReadingBudget, UnreadableImageError } from "./reading-budget.ts";

const LIMITS = { bytes: 10, entries: 3, keptBytes: 5, milliseconds: 2000 };

function budget() {
  const clock = new ManualClock();
  const stop = new AbortController();
  return { clock, stop, spent: new ReadingBudget(clock, LIMITS, stop.signal) };
}

describe("an image may take all of its budget, and no more:", () => {
  test("bytes, all layers together", () => {
    const { spent } = budget();
    spent.readBytes(6);
    spent.readBytes(4);
    expect(() => spent.readBytes(1)).toThrow(new UnreadableImageError("its layers have more than 10 bytes"));
  });

  test("files", () => {
    const { spent } = budget();
    for (let at = 0; at < 3; at += 1) spent.readEntry();
    expect(() => spent.readEntry()).toThrow(new UnreadableImageError("its layers have more than 3 files"));
  });

  test("bytes that are kept", () => {
    const { spent } = budget();
    spent.keepBytes(2);
    spent.keepBytes(3);
    expect(() => spent.keepBytes(1)).toThrow(new UnreadableImageError("the files that tell of its packages have more than 5 bytes"));
  });

  test("time", () => {
    const { clock, spent } = budget();
    clock.advance(2000);
    spent.readBytes(1);
    clock.advance(1);
    expect(() => spent.readBytes(1)).toThrow(new UnreadableImageError("reading it takes more than 2 seconds"));
  });
});

test("a stop ends the reading with its own reason, which is no fault of the image", () => {
  const { stop, spent } = budget();
  const reason = new Error("the server stops");
  stop.abort(reason);
  expect(() => spent.readBytes(1)).toThrow(reason);
});
