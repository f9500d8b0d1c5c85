import { describe, expect, test } from "vitest";
import type { JournalRecord } from "../ports/journal.ts";
import { HeldJournal } from "./held-journal.ts";
import { journalContract } from "./journal-contract.ts";

describe("a journal that nobody holds", () => {
  const records = new Map<string, JournalRecord>();
  journalContract(
    (fresh) => {
      if (fresh) records.clear();
      return new HeldJournal(records);
    },
    () => new HeldJournal(records).takeOver(),
  );
});

test("what waits is on the disk when it is let go, in the order of the calls, and never when the disk is gone", async () => {
  const journal = new HeldJournal();
  const told: string[] = [];
  const append = (key: string): Promise<void> =>
    journal.append([{ table: "t", key, value: "1" }]).then(
      () => void told.push(key),
      () => void told.push(`${key} refused`),
    );
  journal.hold();
  const all = ["a", "b", "c"].map(append);
  await journal.appended();
  expect([journal.waiting, journal.records.size]).toEqual([3, 0]);
  journal.release(1);
  await all[0];
  expect([told, journal.records.size]).toEqual([["a"], 1]);
  journal.fail(new Error("the disk is gone"));
  await Promise.all([...all, append("d")]);
  expect([told, journal.records.size]).toEqual([["a", "b refused", "c refused", "d refused"], 1]);
});
