import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import { defineTable, shared } from "./table.ts";

interface Thing {
  readonly id: string;
  readonly colour?: string;
  readonly tags: readonly string[];
}

const things = defineTable<Thing>()("test.things", ({ id }) => id, shared, { colour: ({ colour }) => colour, tag: ({ tags }) => tags });

const VALUES = ["a", "b", "c"];
const id = fc.constantFrom("1", "2", "3", "4");
const thing = fc.record(
  { id, colour: fc.constantFrom(...VALUES), tags: fc.subarray(VALUES) },
  { requiredKeys: ["id", "tags"] },
) as fc.Arbitrary<Thing>;
const step = fc.oneof(
  thing.map((put) => ({ put })),
  id.map((gone) => ({ gone })),
  fc.array(thing, { minLength: 1, maxLength: 3 }).map((undone) => ({ undone })),
);

/** A commit that throws in the end. */
function undo(state: JournaledState, change: () => unknown): void {
  try {
    state.commit(() => {
      change();
      throw new Error("undone");
    });
  } catch {
    // As it was meant to.
  }
}

test("an index files each record under what it says now, also after a commit that was undone", () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const state = new JournaledState(memoryJournal());
      const table = state.table(things);
      for (const one of steps) {
        if ("put" in one) state.commit(() => table.put(one.put));
        else if ("gone" in one) state.commit(() => table.delete(one.gone));
        else undo(state, () => one.undone.map((put) => table.put(put)));
        for (const value of VALUES) {
          const coloured = [...table.values()].filter(({ colour }) => colour === value);
          const tagged = [...table.values()].filter(({ tags }) => tags.includes(value));
          expect(new Set(table.by("colour", value))).toEqual(new Set(coloured));
          expect(new Set(table.by("tag", value))).toEqual(new Set(tagged));
          expect([table.count("colour", value), table.count("tag", value)]).toEqual([coloured.length, tagged.length]);
          expect([table.by("colour", value).length, table.by("tag", value).length]).toEqual([coloured.length, tagged.length]);
        }
      }
    }),
  );
});

test("an account's view counts what it sees", () => {
  const own = defineTable<Thing & { readonly account: string }>()(
    "test.own",
    ({ id: key }) => key,
    ({ account }) => account,
    {
      colour: ({ colour }) => colour,
    },
  );
  const state = new JournaledState(memoryJournal());
  state.commit(() => {
    for (const [key, account] of [
      ["1", "123456789012"],
      ["2", "123456789012"],
      ["3", "210987654321"],
    ] as const)
      state.table(own).put({ id: key, account, colour: "a", tags: [] });
  });
  expect(state.table(own).count("colour", "a")).toBe(3);
  expect(state.of("123456789012").table(own).count("colour", "a")).toBe(2);
});
