import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import { keepLatest } from "./keep-latest.ts";
import { changes } from "./route53.ts";

const ME = "123456789012";
const OTHER = "210987654321";

function left(mine: number): readonly number[] {
  const state = new JournaledState(memoryJournal());
  state.commit(() => {
    // The oldest last, so that the order in the table says nothing.
    for (let at = mine; at > 0; at--) state.table(changes).insert({ id: `C${at}`, account: ME, submittedAt: at });
    for (let at = 0; at < 30; at++) state.table(changes).insert({ id: `O${at}`, account: OTHER, submittedAt: 0 });
    keepLatest(state, changes, { index: "account", value: ME, most: 20, at: ({ submittedAt }) => submittedAt });
  });
  expect(state.table(changes).count("account", OTHER)).toBe(30);
  return state
    .table(changes)
    .by("account", ME)
    .map(({ submittedAt }) => submittedAt)
    .toSorted((a, b) => a - b);
}

test("as many as may stay are left alone", () => {
  expect(left(20)).toHaveLength(20);
});

test("of more, the oldest tenth goes, and nobody else's", () => {
  expect(left(21)).toEqual(Array.from({ length: 19 }, (_, at) => at + 3));
});
