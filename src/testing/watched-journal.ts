import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Journal, JournalChange } from "../ports/journal.ts";

/** A change with what was there before. */
export interface WatchedChange extends JournalChange {
  readonly before: string | undefined;
}

/** A journal in memory that tells what is written. That a key was used is no change of what it may be used for. */
export function watchedJournal(): Journal & { readonly written: readonly WatchedChange[] } {
  const memory = memoryJournal();
  const written: WatchedChange[] = [];
  const latest = new Map<string, string | undefined>();
  return {
    ...memory,
    written,
    append(changes) {
      for (const change of changes) {
        const name = `${change.table}/${change.key}`;
        if (change.table !== "iam.access-keys") written.push({ ...change, before: latest.get(name) });
        latest.set(name, change.value);
      }
      return memory.append(changes);
    },
  };
}
