import type { Journal, JournalChange } from "../../ports/journal.ts";
import { closeDatabase, openDatabase } from "./database.ts";

interface Waiting {
  readonly changes: readonly JournalChange[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * The embedded journal. Appends made in one turn of the event loop share one transaction, and so one fsync.
 * SQLite runs on this thread: a batch costs a fraction of a millisecond on a disk that keeps its promises.
 */
export function sqliteJournal(file: string): Journal {
  const database = openDatabase(
    file,
    "CREATE TABLE IF NOT EXISTS records (tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID",
  );
  const upsert = database.prepare("INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const remove = database.prepare("DELETE FROM records WHERE tbl = ? AND key = ?");
  let waiting: Waiting[] = [];
  let failure: { readonly cause: unknown } | undefined;
  let closed = false;

  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      if (failure) throw failure.cause;
      database.exec("BEGIN IMMEDIATE");
      for (const { changes } of batch)
        for (const { table, key, value } of changes)
          if (value === undefined) remove.run(table, key);
          else upsert.run(table, key, value);
      database.exec("COMMIT");
    } catch (cause) {
      failure ??= { cause };
      if (database.inTransaction) database.exec("ROLLBACK");
      for (const { reject } of batch) reject(cause);
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  return {
    *load() {
      for (const row of database.prepare("SELECT tbl, key, value FROM records").iterate()) {
        const { tbl, key, value } = row as { tbl: string; key: string; value: string };
        yield { table: tbl, key, value };
      }
    },
    append(changes) {
      if (closed) return Promise.reject(new Error("the journal is closed"));
      return new Promise((resolve, reject) => {
        if (waiting.push({ changes, resolve, reject }) === 1) setImmediate(flush);
      });
    },
    close() {
      if (!closed) {
        flush();
        closed = true;
        closeDatabase(database);
      }
      return Promise.resolve();
    },
  };
}
