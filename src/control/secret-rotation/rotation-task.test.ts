import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { tasks } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { putTask, taskRecord } from "../../testing/task-record.ts";
import { rotationTask, stopRotationTask } from "./rotation-task.ts";

const TASK = taskRecord("1".repeat(32));

test("a rotation's task is seen as it is: whether it stopped, why, and how each of its containers ended", () => {
  const state = new JournaledState(memoryJournal());
  expect(rotationTask(state, TASK.arn)).toBe("lost");
  putTask(state, TASK);
  expect(rotationTask(state, TASK.arn)).toStrictEqual({ stopped: false, containers: [{ name: "app", essential: true }] });
  const [app] = TASK.containers;
  putTask(state, {
    ...TASK,
    ...{ lastStatus: "STOPPED", stoppedReason: "Essential container in task exited" },
    containers: [
      { ...app!, exitCode: 0 },
      { ...app!, name: "sidecar", essential: false, reason: "OutOfMemoryError" },
    ],
  });
  expect(rotationTask(state, TASK.arn)).toStrictEqual({
    stopped: true,
    stoppedReason: "Essential container in task exited",
    containers: [
      { name: "app", essential: true, exitCode: 0 },
      { name: "sidecar", essential: false, reason: "OutOfMemoryError" },
    ],
  });
});

test("it is told to stop once, and nothing of one that is gone", () => {
  const state = new JournaledState(memoryJournal());
  putTask(state, TASK);
  state.commit(() => stopRotationTask(state, "gone", "Rotation cancelled", 5));
  expect(state.table(tasks).size).toBe(1);
  state.commit(() => stopRotationTask(state, TASK.arn, "Rotation cancelled", 5));
  state.commit(() => stopRotationTask(state, TASK.arn, "another", 6));
  expect(state.table(tasks).get(TASK.arn)).toEqual({
    ...TASK,
    ...{ desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "Rotation cancelled", stoppingAt: 5, version: 2 },
  });
});
