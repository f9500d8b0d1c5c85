import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { putTask, taskRecord } from "../testing/task-record.ts";
import type { TaskRecord } from "./ecs.ts";
import { JournaledState } from "./journaled-state.ts";
import type { WholeState } from "./state.ts";
import { containerOfMetadataId, taskEndpointId, taskOfCredentialsId } from "./task-endpoint-id.ts";

const box = secretBox(Buffer.alloc(32, 1));
const other = secretBox(Buffer.alloc(32, 2));
const [ONE, TWO] = ["1".repeat(32), "2".repeat(32)] as const;
let state: WholeState;
let task: TaskRecord;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  const [app] = taskRecord(ONE).containers;
  if (!app) throw new Error("the task has no container");
  task = putTask(state, taskRecord(ONE, { containers: [app, { ...app, name: "side" }] }));
  putTask(state, taskRecord(TWO));
});

const credentials = (of = task, secrets = box) => taskEndpointId(secrets, of, { kind: "credentials" });
const metadata = (container: string, of = task) => taskEndpointId(box, of, { kind: "metadata", container });

test("an id begins with its task's, and is the same each time", () => {
  expect(credentials()).toMatch(/^1{32}-[0-9a-f]{40}$/);
  expect(credentials()).toBe(credentials());
  const ids = [
    credentials(),
    credentials(task, other),
    metadata("app"),
    metadata("side"),
    metadata(""),
    credentials({ ...task, arn: "a" }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

test("an id stays what it was in earlier versions: it is in containers' environments", () => {
  expect([credentials(), metadata("app")]).toEqual([
    `${ONE}-8a7602550fb137abb7c04ba4991956b1cabcf77d`,
    `${ONE}-da69ec5c1b76c9ffe886ef05c9d306488020311b`,
  ]);
});

describe("an id opens", () => {
  test("the credentials of its task", () => {
    expect(taskOfCredentialsId(state, box, credentials())).toBe(task);
  });

  test("the metadata of its container", () => {
    expect(["app", "side"].map((name) => containerOfMetadataId(state, box, metadata(name)))).toEqual([
      { task, container: "app" },
      { task, container: "side" },
    ]);
  });

  test.each<[string, () => string]>([
    ["made elsewhere", () => credentials(task, other)],
    ["cut short", () => credentials().slice(0, -1)],
    ["with more behind it", () => `${credentials()}0`],
    ["of another task behind this one's", () => ONE + credentials(taskRecord(TWO)).slice(32)],
    ["of a task that is gone", () => credentials(taskRecord("3".repeat(32)))],
    ["that is a task's alone", () => ONE],
    ["that is none", () => ""],
    ["of a container that it has not", () => metadata("none")],
  ])("nothing, where it is one %s", (_, id) => {
    expect([taskOfCredentialsId(state, box, id()), containerOfMetadataId(state, box, id())]).toEqual([undefined, undefined]);
  });

  test("nothing for another purpose", () => {
    expect([taskOfCredentialsId(state, box, metadata("app")), containerOfMetadataId(state, box, credentials())]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
