import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { putTask, taskRecord } from "../../testing/task-record.ts";
import { KEEP_STOPPED_MS, retirement } from "./retirement.ts";

function world() {
  const clock = new ManualClock();
  const journal = memoryJournal();
  /** How many changes each commit had. */
  const commits: number[] = [];
  const state = new JournaledState({
    ...journal,
    append(changes) {
      commits.push(changes.length);
      return journal.append(changes);
    },
  });
  let count = 0;
  const stopped = (agoMs: number): TaskRecord => {
    count += 1;
    const id = count.toString(16).padStart(32, "0");
    return putTask(state, taskRecord(id, { lastStatus: "STOPPED", desiredStatus: "STOPPED", stoppedAt: clock.now() - agoMs }));
  };
  const left = (): number => state.table(tasks).size;
  return { clock, state, stopped, left, commits };
}

test("a stopped task is forgotten after an hour, in the order in which tasks stopped", async () => {
  const { clock, state, stopped, left } = world();
  const found = [10_000, 30_000, 20_000].map(stopped);
  using retiring = retirement(state, clock, found);
  retiring.add(stopped(0));
  for (const [passed, remain] of [
    [KEEP_STOPPED_MS - 30_001, 4],
    [1, 3],
    [10_000, 2],
    [10_000, 1],
    [9_999, 1],
    [1, 0],
  ] as const) {
    await clock.pass(passed);
    expect(left()).toBe(remain);
  }
});

test("one timer is for all, and many that are due are forgotten some at a time", async () => {
  const { clock, state, stopped, left, commits } = world();
  using _retiring = retirement(
    state,
    clock,
    Array.from({ length: 250 }, () => stopped(2 * KEEP_STOPPED_MS)),
  );
  expect(clock.waiting).toBe(1);
  commits.length = 0;
  clock.advance(0);
  expect(commits).toEqual([100, 100, 50]);
  expect(left()).toBe(0);
  expect(clock.waiting).toBe(0);
});

test("one that lives again is let alone", async () => {
  const { clock, state, stopped, left } = world();
  const task = stopped(KEEP_STOPPED_MS);
  using _retiring = retirement(state, clock, [task]);
  state.commit(() => state.table(tasks).put({ ...task, lastStatus: "RUNNING" }));
  await clock.pass(1);
  expect(left()).toBe(1);
});
