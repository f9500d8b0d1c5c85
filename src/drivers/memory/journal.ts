import { JournalFencedError, type Journal, type JournalRecord } from "../../ports/journal.ts";

/** The tokens of those who took over journals, by the journals' records: an opener of the same records is another process to the first. */
const tokens = new WeakMap<ReadonlyMap<string, JournalRecord>, number>();

/** A journal that forgets when the process ends: for tests and throw-away worlds. `records` may be handed to a successor. */
export function memoryJournal(records = new Map<string, JournalRecord>()): Journal {
  const latest = (): number => tokens.get(records) ?? 0;
  let token = latest();
  return {
    takeOver() {
      token = latest() + 1;
      tokens.set(records, token);
      return Promise.resolve(token);
    },
    async *load() {
      yield [...records.values()];
    },
    append(changes) {
      if (token !== latest()) return Promise.reject(new JournalFencedError());
      for (const { table, key, value } of changes) {
        const id = `${table}\n${key}`;
        if (value === undefined) records.delete(id);
        else records.set(id, { table, key, value });
      }
      return Promise.resolve();
    },
    hasRoom: () => true,
    close: () => Promise.resolve(),
  };
}
