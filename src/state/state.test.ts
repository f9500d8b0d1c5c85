import { describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { JournalChange } from "../ports/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import { defineTable, shared, StaleRecordError } from "./table.ts";

interface Pet {
  readonly name: string;
  readonly kind: string;
  readonly likes: readonly string[];
}

const pets = defineTable<Pet>()("pets", (pet) => pet.name, shared, { kind: (pet) => pet.kind, likes: (pet) => pet.likes });

const tom: Pet = { name: "Tom", kind: "cat", likes: ["fish", "sleep"] };
const rex: Pet = { name: "Rex", kind: "dog", likes: ["sleep"] };
const names = (found: readonly Pet[]): readonly string[] => found.map(({ name }) => name);

describe("a commit", () => {
  test("shows in the table and its indexes", () => {
    const state = new JournaledState(memoryJournal());
    state.commit(() => [tom, rex].map((pet) => state.table(pets).put(pet)));
    expect(names(state.table(pets).by("likes", "sleep"))).toEqual(["Tom", "Rex"]);
    expect(names(state.table(pets).by("kind", "cat"))).toEqual(["Tom"]);
  });

  test("moves a record from one index entry to another", () => {
    const state = new JournaledState(memoryJournal());
    state.commit(() => state.table(pets).put(tom));
    state.commit(() => state.table(pets).update("Tom", (pet) => ({ ...pet, kind: "tiger", likes: [] })));
    expect(state.table(pets).by("kind", "cat")).toEqual([]);
    expect(state.table(pets).by("likes", "fish")).toEqual([]);
    expect(names(state.table(pets).by("kind", "tiger"))).toEqual(["Tom"]);
  });

  test("that throws leaves nothing behind, in memory or in the journal", async () => {
    const records = new Map<string, JournalChange & { readonly value: string }>();
    const state = new JournaledState(memoryJournal(records), { records: records.values() });
    state.commit(() => state.table(pets).put(tom));
    const failing = () =>
      state.commit(() => {
        state.table(pets).put({ ...tom, kind: "tiger" });
        state.table(pets).put(rex);
        state.table(pets).delete("Tom");
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    await state.durable();
    expect([...state.table(pets).values()]).toEqual([tom]);
    expect(names(state.table(pets).by("kind", "cat"))).toEqual(["Tom"]);
    expect([...records.values()].map(({ key }) => key)).toEqual(["Tom"]);
  });

  test("inside a commit joins it", () => {
    const state = new JournaledState(memoryJournal());
    const failing = () =>
      state.commit(() => {
        state.commit(() => state.table(pets).put(tom));
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    expect(state.table(pets).size).toBe(0);
  });

  test("is the only place to write", () => {
    const state = new JournaledState(memoryJournal());
    expect(() => state.table(pets).put(tom)).toThrow("outside of a commit");
  });
});

describe("a record is not overwritten by who has not seen it", () => {
  const world = () => {
    const state = new JournaledState(memoryJournal());
    const table = state.table(pets);
    const read = state.commit(() => table.insert(tom));
    return { state, table, read };
  };

  test("a new one only where there is none", () => {
    const { state, table } = world();
    expect(() => state.commit(() => table.insert({ ...tom, kind: "tiger" }))).toThrow("Tom is there already");
    expect(table.get("Tom")).toEqual(tom);
  });

  test("one that was read only where it is as it was", () => {
    const { state, table, read } = world();
    const tiger = state.commit(() => table.replace(read, { ...read, kind: "tiger" }));
    expect(() => state.commit(() => table.replace(read, { ...read, kind: "lion" }))).toThrow(StaleRecordError);
    expect(table.get("Tom")).toBe(tiger);
    state.commit(() => table.delete("Tom"));
    expect(() => state.commit(() => table.replace(tiger, { ...tiger, kind: "lion" }))).toThrow(StaleRecordError);
    expect(table.size).toBe(0);
  });
});

describe("the change feed", () => {
  test("tells each change, after the commit, with what was before", async () => {
    const state = new JournaledState(memoryJournal());
    const seen: unknown[] = [];
    using watching = state.watch(pets, ({ before, after }) => seen.push([before?.kind, after?.kind]));
    state.commit(() => {
      state.table(pets).put(tom);
      state.table(pets).put({ ...tom, kind: "tiger" });
      expect(seen).toEqual([]);
    });
    state.commit(() => state.table(pets).delete("Tom"));
    await state.durable();
    expect(seen).toEqual([
      [undefined, "cat"],
      ["cat", "tiger"],
      ["tiger", undefined],
    ]);
    expect(watching).toBeDefined();
  });

  test("tells everybody, also where one of them throws", async () => {
    const told: unknown[] = [];
    const state = new JournaledState(memoryJournal(), { watcherFailed: (cause, at) => told.push([String(cause), at]) });
    const seen: string[] = [];
    state.watch(pets, ({ key }) => {
      if (key === "Tom") throw new Error("no");
      seen.push(`first ${key}`);
    });
    state.watch(pets, ({ key }) => seen.push(`second ${key}`));
    state.commit(() => {
      state.table(pets).put(tom);
      state.table(pets).put(rex);
    });
    await state.durable();
    expect(seen).toEqual(["second Tom", "first Rex", "second Rex"]);
    expect(told).toEqual([["Error: no", { table: "pets", key: "Tom" }]]);
  });

  test("tells nothing of a commit that failed, nor to one who left", async () => {
    const state = new JournaledState(memoryJournal());
    const seen: string[] = [];
    const watching = state.watch(pets, ({ key }) => seen.push(key));
    expect(() =>
      state.commit(() => {
        state.table(pets).put(tom);
        throw new Error("no");
      }),
    ).toThrow("no");
    watching[Symbol.dispose]();
    state.commit(() => state.table(pets).put(rex));
    await state.durable();
    expect(seen).toEqual([]);
  });
});

describe("durability", () => {
  test("a new state over the same journal has what was committed", async () => {
    const records = new Map<string, JournalChange & { readonly value: string }>();
    const first = new JournaledState(memoryJournal(records), { records: records.values() });
    first.commit(() => [tom, rex].map((pet) => first.table(pets).put(pet)));
    first.commit(() => first.table(pets).delete("Rex"));
    await first.durable();
    expect([...new JournaledState(memoryJournal(records), { records: records.values() }).table(pets).values()]).toEqual([tom]);
  });

  test("a journal that fails makes every later answer fail, and is told once", async () => {
    const told: unknown[] = [];
    const journal = { ...memoryJournal(), append: () => Promise.reject(new Error("disk full")) };
    const state = new JournaledState(journal, { failed: (cause) => told.push(cause) });
    state.commit(() => state.table(pets).put(tom));
    await expect(state.durable()).rejects.toThrow("disk full");
    state.commit(() => state.table(pets).put(rex));
    await expect(state.durable()).rejects.toThrow("disk full");
    expect(told).toHaveLength(1);
  });
});

describe("what nobody counts on", () => {
  /** A journal whose patient appends wait for others, as far as the calls show. */
  function patient() {
    const appends: (readonly [readonly string[], string | undefined])[] = [];
    let waiting: (() => void)[] = [];
    const state = new JournaledState({
      ...memoryJournal(),
      append: (changes, when) => {
        appends.push([changes.map(({ key }) => key), when]);
        if (when) return new Promise((resolve) => waiting.push(resolve));
        for (const resolve of waiting) resolve();
        waiting = [];
        return Promise.resolve();
      },
    });
    const note = (): void => state.note(() => void state.table(pets).put(tom));
    return { state, appends, note };
  }

  test("shows at once, and is left to the journal; the next commit takes it along", async () => {
    const { state, appends, note } = patient();
    note();
    expect([...state.table(pets).values()]).toEqual([tom]);
    expect(appends).toEqual([[["Tom"], "whenever"]]);
    state.commit(() => state.table(pets).put(rex));
    await state.durable();
    expect(appends.slice(1)).toEqual([[["Rex"], undefined]]);
  });

  test("is hurried for whoever waits for everything", async () => {
    const { state, appends, note } = patient();
    note();
    await state.durable();
    await state.durable();
    expect(appends.slice(1)).toEqual([[[], undefined]]);
  });

  test("is hurried for who was shown it, or did it, and for nobody else", async () => {
    const { state, appends, note } = patient();
    const other = state.visit();
    state.commit(() => state.table(pets).put(rex));
    note();
    other.table(pets).get("Rex");
    await other.durable();
    expect(appends.slice(2)).toEqual([]);
    const shown = state.visit();
    shown.table(pets).get("Tom");
    await shown.durable();
    expect(appends.slice(2)).toEqual([[[], undefined]]);
    const doer = state.visit();
    doer.note(() => void doer.table(pets).update("Tom", (pet) => ({ ...pet, kind: "tiger" })));
    await doer.durable();
    expect(appends.slice(3)).toEqual([
      [["Tom"], "whenever"],
      [[], undefined],
    ]);
  });

  test("is part of a commit that it is noted in", async () => {
    const { state, appends, note } = patient();
    state.commit(() => {
      state.table(pets).put(rex);
      note();
    });
    await state.durable();
    expect(appends).toEqual([[["Rex", "Tom"], undefined]]);
  });
});
