import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { putTask, taskRecord } from "../../testing/task-record.ts";
import { stopAllTasks } from "./stop-all-tasks.ts";

const arnOf = (digit: string): string => taskRecord(digit.repeat(32)).arn;

test("every task is told to stop, with the reason, and the wait is over when the last one has", async () => {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const told: Partial<TaskRecord> = { desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "enough", stoppingAt: 3 };
  putTask(state, taskRecord("1".repeat(32)));
  putTask(state, taskRecord("2".repeat(32), told));
  const over = putTask(state, taskRecord("3".repeat(32), { lastStatus: "STOPPED", desiredStatus: "STOPPED" }));
  let ended = false;
  const stopping = stopAllTasks(state, clock).then(() => (ended = true));
  await clock.settled();
  const table = state.table(tasks);
  expect(table.get(arnOf("1"))).toMatchObject({
    ...{ lastStatus: "RUNNING", desiredStatus: "STOPPED", stopCode: "TerminationNotice" },
    ...{ stoppedReason: "Airfield was told to stop its tasks", stoppingAt: clock.now() },
  });
  expect(table.get(arnOf("2"))).toMatchObject(told);
  expect(table.get(arnOf("3"))).toEqual(over);
  for (const digit of ["1", "2"]) {
    expect(ended).toBe(false);
    state.commit(() => table.update(arnOf(digit), (task) => ({ ...task, lastStatus: "STOPPED" })));
    await clock.settled();
  }
  expect(ended).toBe(true);
  await stopping;
});

test("where no task lives there is nothing to wait for", async () => {
  const state = new JournaledState(memoryJournal());
  putTask(state, taskRecord("3".repeat(32), { lastStatus: "STOPPED", desiredStatus: "STOPPED" }));
  let ended = false;
  void stopAllTasks(state, new ManualClock()).then(() => (ended = true));
  await new ManualClock().settled();
  expect(ended).toBe(true);
});
