import type { Journal, JournalChange, JournalRecord } from "../../ports/journal.ts";
import { closeDatabase, openDatabase, writeAheadLog } from "./database.ts";

interface Waiting {
  readonly changes: readonly JournalChange[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Records that are loaded at a time. */
const BATCH = 1000;
/** Changes after which a transaction ends, so that others have a turn of this thread. An append of more is one transaction all the same. */
const MOST_CHANGES = 250;

/**
 * The embedded journal. Appends made in one turn of the event loop share a transaction as far as they are small, in which each record is written once;
 * those that come while the disk is at work share the next sync. SQLite itself runs on this thread and leaves the sync to us: a transaction is some hundredths of a millisecond of copying, while a
 * disk that is busy with blobs may take long to keep its promise.
 */
export function sqliteJournal(file: string, logOf: typeof writeAheadLog = writeAheadLog): Journal & { copyTo(file: string): void } {
  const database = openDatabase(
    file,
    "CREATE TABLE IF NOT EXISTS records (tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID",
  );
  const upsert = database.prepare("INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const remove = database.prepare("DELETE FROM records WHERE tbl = ? AND key = ?");
  let waiting: Waiting[] = [];
  let failure: { readonly cause: unknown } | undefined;
  let closed = false;
  const log = logOf(database, file);
  let unsynced: Waiting[] = [];
  let syncing = Promise.resolve();

  function flush(): void {
    const batch = takeBatch();
    if (waiting.length > 0) setImmediate(flush);
    if (batch.length === 0) return;
    try {
      if (failure) throw failure.cause;
      database.exec("BEGIN IMMEDIATE");
      for (const changes of lastOf(batch).values())
        for (const { table, key, value } of changes.values())
          if (value === undefined) remove.run(table, key);
          else upsert.run(table, key, value);
      database.exec("COMMIT");
    } catch (cause) {
      if (database.inTransaction) database.exec("ROLLBACK");
      fail(batch, cause);
      return;
    }
    // A sync under way may have begun before these were written.
    if (unsynced.push(...batch) === batch.length) syncing = syncing.then(sync);
  }

  function takeBatch(): Waiting[] {
    let count = 0;
    const end = waiting.findIndex(({ changes }) => (count += changes.length) >= MOST_CHANGES);
    const batch = end < 0 ? waiting : waiting.slice(0, end + 1);
    waiting = waiting.slice(batch.length);
    return batch;
  }

  async function sync(): Promise<void> {
    const written = unsynced;
    unsynced = [];
    try {
      if (failure) throw failure.cause;
      await log.sync();
    } catch (cause) {
      fail(written, cause);
      return;
    }
    for (const { resolve } of written) resolve();
  }

  function fail(batch: readonly Waiting[], cause: unknown): void {
    failure ??= { cause };
    for (const { reject } of batch) reject(cause);
  }

  return {
    /** Writes all that was committed into another file, which must not be there yet. Holds this thread for as long as that takes. */
    copyTo: (copy) => void database.prepare("VACUUM INTO ?").run(copy),
    async *load() {
      let batch: JournalRecord[] = [];
      for (const row of database.prepare("SELECT tbl, key, value FROM records").iterate()) {
        const { tbl, key, value } = row as { tbl: string; key: string; value: string };
        if (batch.push({ table: tbl, key, value }) < BATCH) continue;
        yield batch;
        batch = [];
      }
      yield batch;
    },
    append(changes) {
      if (closed) return Promise.reject(new Error("the journal is closed"));
      return new Promise((resolve, reject) => {
        // Where some wait already, a turn for them is on its way.
        if (waiting.push({ changes, resolve, reject }) === 1) setImmediate(flush);
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      do flush();
      while (waiting.length > 0);
      await syncing;
      log.close();
      closeDatabase(database);
    },
  };
}

/** The last change of each record, by table and key. */
function lastOf(batch: readonly Waiting[]): ReadonlyMap<string, ReadonlyMap<string, JournalChange>> {
  const tables = new Map<string, Map<string, JournalChange>>();
  for (const { changes } of batch)
    for (const change of changes) {
      const known = tables.get(change.table);
      if (known) known.set(change.key, change);
      else tables.set(change.table, new Map([[change.key, change]]));
    }
  return tables;
}
