import { describe } from "vitest";
import type { JournalChange } from "../../ports/journal.ts";
import { journalContract } from "../../testing/journal-contract.ts";
import { memoryJournal } from "./journal.ts";

describe("the journal in memory", () => {
  const records = new Map<string, JournalChange & { readonly value: string }>();
  journalContract(
    (fresh) => {
      if (fresh) records.clear();
      return memoryJournal(records);
    },
    () => memoryJournal(records).takeOver(),
  );
});
