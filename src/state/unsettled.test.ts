import { expect, test } from "vitest";
import { Unsettled } from "./unsettled.ts";
import { defineTable, shared } from "./table.ts";

const pets = defineTable<{ readonly name: string }>()("pets", ({ name }) => name, shared, { letter: ({ name }) => name.slice(0, 1) });

test("what is durable is forgotten, also while something is always under way", async () => {
  const unsettled = new Unsettled();
  const table = pets as unknown as Parameters<Unsettled["add"]>[0][number]["table"];
  let settleLast: () => void = () => undefined;
  for (let at = 0; at < 10_000; at += 1) {
    const settle = settleLast;
    const durable = new Promise<void>((resolve) => (settleLast = resolve));
    unsettled.add([{ table, change: { key: `p${at}`, before: undefined, after: { name: `p${at}` } } }], durable);
    settle();
  }
  await new Promise(setImmediate);
  expect(unsettled.marks).toBeLessThanOrEqual(2_001);
  settleLast();
  await new Promise(setImmediate);
  expect(unsettled.marks).toBe(0);
});
