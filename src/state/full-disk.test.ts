import { expect, test } from "vitest";
import { JournalFencedError } from "../ports/journal.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { journalOnFullDisk } from "../testing/journal-on-full-disk.ts";
import { JournaledState } from "./journaled-state.ts";
import { NoRoomError } from "./state.ts";
import { defineTable, shared } from "./table.ts";

interface Pet {
  readonly name: string;
  readonly kind: string;
}
const pets = defineTable<Pet>()("pets", (pet) => pet.name, shared, { kind: ({ kind }) => kind });
const tom: Pet = { name: "Tom", kind: "cat" };
const rex: Pet = { name: "Rex", kind: "dog" };

function world() {
  const journal = journalOnFullDisk();
  const failed: unknown[] = [];
  const state = new JournaledState(journal, { failed: (cause) => failed.push(cause) });
  const names = () => [...state.table(pets).values()].map(({ name }) => name);
  const put = (pet: Pet) => () => void state.table(pets).put(pet);
  state.commit(put(tom));
  return { journal, state, failed, names, put };
}

test("a commit without room throws, nothing of it is seen, and what is there can be read", async () => {
  const { journal, state, failed, names, put } = world();
  journal.room = "reserve";
  expect(() => state.commit(put(rex))).toThrow(NoRoomError);
  expect(() => state.commit(() => state.table(pets).delete("Tom"))).toThrow(NoRoomError);
  expect([names(), state.table(pets).count("kind", "dog")]).toEqual([["Tom"], 0]);
  await state.durable();
  journal.room = "enough";
  state.commit(put(rex));
  await state.durable();
  expect([names(), journal.records.size, failed]).toEqual([["Tom", "Rex"], 2, []]);
});

test("a commit that changes nothing asks for no room", () => {
  const { journal, state } = world();
  journal.room = "reserve";
  expect(state.commit(() => state.table(pets).delete("Rex"))).toBe(false);
});

test("what has happened is taken all the same; what nobody counts on is left out", async () => {
  const { journal, state, names, put } = world();
  journal.room = "reserve";
  state.note(put({ ...tom, kind: "tiger" }));
  expect(state.table(pets).get("Tom")).toEqual(tom);
  state.record(put(rex));
  await state.durable();
  expect([names(), journal.records.size]).toEqual([["Tom", "Rex"], 2]);
});

test("what watchers commit follows from what was taken, and is taken too", async () => {
  const { journal, state, names, put } = world();
  state.watch(pets, ({ key }) => {
    if (key === "Rex") state.commit(put({ name: "Rex's flea", kind: "flea" }));
  });
  state.commit(put(rex));
  journal.room = "reserve";
  await Promise.resolve();
  expect(names()).toEqual(["Tom", "Rex", "Rex's flea"]);
  expect(() => state.commit(put({ name: "another", kind: "flea" }))).toThrow(NoRoomError);
});

test("while something waits for room nobody is told that it is durable; afterwards it is, and so is what came later", async () => {
  const { journal, state, failed, put } = world();
  await state.durable();
  journal.room = "none";
  state.record(put(rex));
  await expect(state.durable()).rejects.toThrow(NoRoomError);
  await expect(state.durable()).rejects.toThrow(NoRoomError);
  expect([journal.records.size, failed]).toEqual([1, []]);
  journal.room = "enough";
  await state.durable();
  expect(journal.records.size).toBe(2);
  state.commit(put({ name: "Kit", kind: "fox" }));
  await state.durable();
  expect(journal.records.size).toBe(3);
});

test("who reads something else goes on while something waits for room; who saw that is told when it is durable", async () => {
  const { journal, state, put } = world();
  await state.durable();
  journal.room = "none";
  const [other, same] = [state.visit(), state.visit()];
  state.record(put(rex));
  other.table(pets).get("Tom");
  same.table(pets).get("Rex");
  await other.durable();
  await expect(same.durable()).rejects.toThrow(NoRoomError);
  await expect(same.durable()).rejects.toThrow(NoRoomError);
  journal.room = "enough";
  await same.durable();
  expect(journal.records.size).toBe(2);
  const later = state.visit();
  later.commit(put({ name: "Kit", kind: "fox" }));
  await later.durable();
  expect(journal.records.size).toBe(3);
});

test("a state whose journal another process has taken over ends as with one that failed", async () => {
  const records = new Map<string, { readonly table: string; readonly key: string; readonly value: string }>();
  const journal = memoryJournal(records);
  await journal.takeOver();
  const failed: unknown[] = [];
  const state = new JournaledState(journal, { failed: (cause) => failed.push(cause) });
  await memoryJournal(records).takeOver();
  state.commit(() => state.table(pets).put(tom));
  await expect(state.durable()).rejects.toThrow(JournalFencedError);
  expect([failed, records.size]).toEqual([[expect.any(JournalFencedError)], 0]);
});
