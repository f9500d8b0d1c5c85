import { describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Journal, JournalRecord } from "../ports/journal.ts";
import type { Migration } from "./migrations/migration.ts";
import { openState, VERSION_RECORD, versionOf } from "./open-state.ts";
import { defineTable, shared } from "./table.ts";

interface Pet {
  readonly name: string;
  readonly sounds?: readonly string[];
}
const pets = defineTable<Pet>()("pets", ({ name }) => name, shared);

const petsHaveSounds: Migration = {
  to: 2,
  title: "pets have sounds",
  migrate(contents) {
    const table = contents.table("pets");
    for (const [key, { sound, ...pet }] of table) if (sound !== undefined) table.set(key, { ...pet, sounds: [sound] });
  },
};
const noMoreTom: Migration = { to: 3, title: "Tom is gone", migrate: (contents) => void contents.table("pets").delete("Tom") };

const record = (table: string, key: string, value: object): readonly [string, JournalRecord] => [
  `${table}\n${key}`,
  { table, key, value: JSON.stringify(value) },
];
const old = () =>
  new Map([record("pets", "Tom", { name: "Tom", sound: "meow" }), record("pets", "Rex", { name: "Rex" }), record("other", "a", { b: 1 })]);
const version = (number: number) => record("state.version", "version", { version: number });

describe("data of an earlier version", () => {
  test("is brought to today's, one step after another, after a copy was kept; what no step changes is not written", async () => {
    const records = old();
    const journal = memoryJournal(records);
    const appended: unknown[] = [];
    const watched: Journal = { ...journal, append: (changes) => (appended.push(changes), journal.append(changes)) };
    const told: unknown[] = [];
    const state = await openState(watched, {
      migrations: [petsHaveSounds],
      backup: async (from) => void told.push(["copy of", from, records.size]),
      migrated: ({ to }) => told.push(["now", to]),
    });
    expect(told).toEqual([
      ["copy of", 1, 3],
      ["now", 2],
    ]);
    expect(state.table(pets).get("Tom")).toEqual({ name: "Tom", sounds: ["meow"] });
    expect(appended).toEqual([
      [
        { table: "pets", key: "Tom", value: JSON.stringify({ name: "Tom", sounds: ["meow"] }) },
        { table: "state.version", key: "version", value: JSON.stringify({ version: 2 }) },
      ],
    ]);
  });

  test("of a version in between takes the later steps alone", async () => {
    const records = new Map([...old(), version(2)]);
    const state = await openState(memoryJournal(records), { migrations: [petsHaveSounds, noMoreTom] });
    expect([...state.table(pets).values()]).toEqual([{ name: "Rex" }]);
    expect(records.get("state.version\nversion")?.value).toBe(JSON.stringify({ version: 3 }));
    expect(records.has("pets\nTom")).toBe(false);
  });

  test("stays as it is where the copy cannot be kept, or a step fails", async () => {
    const records = old();
    const before = structuredClone(records);
    const backup = () => Promise.reject(new Error("the disk is full"));
    await expect(openState(memoryJournal(records), { migrations: [petsHaveSounds], backup })).rejects.toThrow("the disk is full");
    const failing: Migration = {
      ...noMoreTom,
      migrate: () => {
        throw new Error("a defect");
      },
    };
    await expect(openState(memoryJournal(records), { migrations: [petsHaveSounds, failing] })).rejects.toThrow("a defect");
    expect(records).toEqual(before);
  });
});

test("data of today's version is opened without a copy or a write", async () => {
  const records = new Map([...old(), version(2)]);
  const before = structuredClone(records);
  const backup = () => Promise.reject(new Error("no copy is needed"));
  const state = await openState(memoryJournal(records), { migrations: [petsHaveSounds], backup });
  expect(records).toEqual(before);
  expect(state.table(pets).size).toBe(2);
});

test("a new folder gets today's version, and nothing is told of steps", async () => {
  const records = new Map<string, JournalRecord>();
  const told: unknown[] = [];
  await openState(memoryJournal(records), {
    migrations: [petsHaveSounds],
    backup: async () => void told.push("copy"),
    migrated: (step) => told.push(step),
  });
  expect(told).toEqual([]);
  expect([...records.values()]).toEqual([version(2)[1]]);
});

test("data of a later version is refused, and stays as it is", async () => {
  const records = new Map([...old(), version(3)]);
  const before = structuredClone(records);
  await expect(openState(memoryJournal(records), { migrations: [petsHaveSounds] })).rejects.toMatchObject({
    name: "NewerStateError",
    message: expect.stringContaining("the data is of version 3, and this Airfield knows versions up to 2") as string,
  });
  expect(records).toEqual(before);
});

test("data of the first version is today's where there are no steps yet", async () => {
  const records = old();
  const state = await openState(memoryJournal(records), { migrations: [] });
  expect([state.table(pets).size, records]).toEqual([2, old()]);
});

test("a version is told by its own record alone", async () => {
  const others = [record("pets", "version", { name: "version", version: 9 }), record("state.version", "other", { version: 9 })];
  const records = new Map([...others, version(2)]);
  const state = await openState(memoryJournal(records), { migrations: [petsHaveSounds] });
  expect([...state.table(pets).values()]).toEqual([{ name: "version", version: 9 }]);
  expect([VERSION_RECORD, versionOf(undefined), versionOf('{"version":7}')]).toEqual([{ table: "state.version", key: "version" }, 1, 7]);
});

test("whoever opens it is told of a journal that fails and of a watcher that throws", async () => {
  const told: unknown[] = [];
  const records = new Map([version(2)]);
  const failing = { ...memoryJournal(records), append: () => Promise.reject(new Error("disk full")) };
  const options = {
    migrations: [petsHaveSounds],
    failed: (cause: unknown) => told.push((cause as Error).message),
    watcherFailed: (cause: unknown, at: object) => told.push((cause as Error).message, at),
  };
  const state = await openState(failing, options);
  state.watch(pets, () => {
    throw new Error("not heard");
  });
  state.commit(() => state.table(pets).put({ name: "Tom" }));
  await expect(state.durable()).rejects.toThrow("disk full");
  await new Promise(setImmediate);
  expect(new Set(told)).toEqual(new Set(["not heard", { table: "pets", key: "Tom" }, "disk full"]));
});
