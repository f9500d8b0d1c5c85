import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { blobCollector } from "./collect.ts";
import { systemClock } from "../drivers/system/clock.ts";

test("a round that fails is told, and the next one comes all the same, until it is stopped", async () => {
  const timers: (() => void)[] = [];
  let nextTimer = (): void => undefined;
  const timerArmed = (): Promise<void> => new Promise((resolve) => (nextTimer = resolve));
  const clock = {
    soon: (run: () => void) => systemClock.soon(run),
    now: () => 0,
    after(_ms: number, run: () => void): Disposable {
      timers.push(run);
      nextTimer();
      return { [Symbol.dispose]: () => void timers.splice(timers.indexOf(run), 1) };
    },
  };
  const told: unknown[] = [];
  const broken = {
    domains(): AsyncIterable<string> {
      throw new Error("the disk is gone");
    },
  } as unknown as BlobStore;
  let armed = timerArmed();
  const collector = blobCollector({
    state: new JournaledState(memoryJournal()),
    blobs: broken,
    clock,
    failed: (cause) => told.push(cause),
  });
  await armed;
  expect([told.length, timers.length]).toEqual([1, 1]);
  armed = timerArmed();
  timers.splice(0)[0]?.();
  await armed;
  expect([told.length, timers.length]).toEqual([2, 1]);
  collector[Symbol.dispose]();
  expect(timers).toEqual([]);
});
