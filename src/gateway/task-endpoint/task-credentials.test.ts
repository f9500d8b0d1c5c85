import { beforeEach, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import type { WholeState } from "../../state/state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { putRole } from "../../testing/roles.ts";
import { definitionRecord, putTask, taskRecord } from "../../testing/task-record.ts";
import { TaskCredentials } from "./task-credentials.ts";

const HOUR = 3_600_000;
let state: WholeState;
let clock: ManualClock;
let issuer: TaskCredentials;
let task: TaskRecord;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  clock = new ManualClock();
  issuer = new TaskCredentials({ state, secrets: secretBox(Buffer.alloc(32, 1)), clock, ids: systemIds });
  putRole(state, "app");
  task = putTask(state, taskRecord("a".repeat(32)), definitionRecord({ taskRoleArn: "arn:aws:iam::123456789012:role/app" }));
});

const keyOf = (one = task): string | undefined => issuer.of(one)?.AccessKeyId;

test.each<[string, () => void, boolean]>([
  ["are kept while the task changes", () => state.table(tasks).put({ ...task, version: task.version + 1 }), true],
  ["are kept while it is being stopped", () => state.table(tasks).put({ ...task, lastStatus: "STOPPING" }), true],
  ["are kept when another task ends", () => state.table(tasks).put({ ...taskRecord("b".repeat(32)), lastStatus: "STOPPED" }), true],
  ["are forgotten when it has stopped", () => state.table(tasks).put({ ...task, lastStatus: "STOPPED" }), false],
  ["are forgotten when it is deleted", () => state.table(tasks).delete(task.arn), false],
])("issued credentials %s", async (_, change, kept) => {
  const first = keyOf();
  state.commit(change);
  // Watchers are told after the commit.
  await Promise.resolve();
  expect(first).toBeDefined();
  expect(keyOf() === first).toBe(kept);
});

test("are new ones from one hour before their end on", () => {
  const first = keyOf();
  clock.advance(5 * HOUR - 1);
  expect(keyOf()).toBe(first);
  clock.advance(1);
  const second = issuer.of(task);
  expect(second?.AccessKeyId).not.toBe(first);
  expect(second?.Expiration).toBe(new Date(clock.now() + 6 * HOUR).toISOString().replace(/\.\d{3}Z$/, "Z"));
});

test("are each task's own", () => {
  expect(keyOf(taskRecord("b".repeat(32)))).not.toBe(keyOf());
});

test("there are none for a task whose definition is gone, nor for a role that is not there", () => {
  expect(issuer.of({ ...task, taskDefinitionArn: `${task.taskDefinitionArn}0` })).toBeUndefined();
  expect(issuer.of({ ...task, overrides: { taskRoleArn: "arn:aws:iam::123456789012:role/other" } })).toBeUndefined();
});
