import type { Journal, JournalRecord } from "../../ports/journal.ts";

/** A journal that forgets when the process ends: for tests and throw-away worlds. `records` may be handed to a successor. */
export function memoryJournal(records = new Map<string, JournalRecord>()): Journal {
  return {
    async *load() {
      yield [...records.values()];
    },
    append(changes) {
      for (const { table, key, value } of changes) {
        const id = `${table}\n${key}`;
        if (value === undefined) records.delete(id);
        else records.set(id, { table, key, value });
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
