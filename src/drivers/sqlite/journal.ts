import { dirname } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import { JournalFencedError, type Journal, type JournalChange, type JournalRecord } from "../../ports/journal.ts";
import { NoRoomError } from "../../ports/no-room.ts";
import { systemClock } from "../system/clock.ts";
import { closeDatabase, isFull, once, openDatabase, useWriteAheadLog, writeAheadLog, type WriteAheadLog } from "./database.ts";
import { diskRoom, type DiskRoom } from "./disk-room.ts";
import { JournalRoom } from "./journal-room.ts";
import { leaseIn } from "./lease.ts";

interface Waiting {
  readonly changes: readonly JournalChange[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Records that are loaded at a time. */
const BATCH = 1000;
/** Changes after which a transaction ends, so that others have a turn of this thread. An append of more is one transaction all the same. */
const MOST_CHANGES = 250;

/** Pages of the log after which it is brought into the database, as SQLite does it by itself; half of the log's reserve. */
const CHECKPOINT_PAGES = 1000;
const PAGE_BYTES = 4096;

export interface SqliteJournalOptions {
  readonly clock?: Clock;
  /** Told when there is no room any more, with why, and when there is again. */
  readonly roomChanged?: (room: boolean, cause?: unknown) => void;
  readonly logOf?: typeof writeAheadLog;
  readonly disk?: (folder: string) => DiskRoom;
}

export interface SqliteJournal extends Journal {
  /** Writes all that was committed into another file, which must not be there yet. Holds this thread for as long as that takes. */
  copyTo(file: string): void;
  /**
   * Until it is disposed of, the database's file stays as it is, and its log beside it only grows: the file, and after it as much of the log as there is,
   * are the journal as it is at the moment when the log is read. Appends go on meanwhile. @throws NoRoomError
   */
  holdStill(): Disposable;
}

/**
 * The embedded journal. Appends made in one turn of the event loop share a transaction as far as they are small, in which each record is written once;
 * those that come while the disk is at work share the next sync. SQLite itself runs on this thread and leaves the sync to us: a transaction is some hundredths of a millisecond of copying, while a
 * disk that is busy with blobs may take long to keep its promise. `docs/decisions/0028-full-disk.md` tells how it is where the disk is full.
 */
export function sqliteJournal(file: string, options: SqliteJournalOptions = {}): SqliteJournal {
  const { clock = systemClock, roomChanged = () => undefined, logOf = writeAheadLog, disk = diskRoom } = options;
  const database = openDatabase(
    file,
    "CREATE TABLE IF NOT EXISTS records (tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID",
  );
  const upsert = database.prepare("INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const remove = database.prepare("DELETE FROM records WHERE tbl = ? AND key = ?");
  const lease = leaseIn(database);
  let token = lease.token();
  /** Whether the token of a journal that was taken over is still to be written. */
  let tokenDue = false;
  let waiting: Waiting[] = [];
  /** Whether what waits was told so, and is tried again when there is room. */
  let stalled = false;
  let failure: { readonly cause: unknown } | undefined;
  let closed = false;
  let log: WriteAheadLog | undefined;
  /** Pages, roughly, that were written since the last checkpoint. */
  let pages = 0;
  let holds = 0;
  let unsynced: Waiting[] = [];
  let syncing = Promise.resolve();
  const room = new JournalRoom({ clock, disk: () => disk(dirname(file)), catchUp, changed: roomChanged });

  function flush(): void {
    if (stalled) return;
    const batch = takeBatch();
    if (waiting.length > 0) setImmediate(flush);
    if (batch.length === 0) return;
    try {
      if (failure) throw failure.cause;
      write(batch);
    } catch (cause) {
      if (database.inTransaction) database.exec("ROLLBACK");
      if (isFull(cause) && !failure) stall(batch, cause);
      else fail(batch, cause);
      return;
    }
    // A sync under way may have begun before these were written.
    if (unsynced.push(...batch) === batch.length) syncing = syncing.then(sync);
    if (pages >= CHECKPOINT_PAGES && holds === 0) checkpoint();
  }

  function write(batch: readonly Waiting[]): void {
    openLog();
    database.exec("BEGIN IMMEDIATE");
    if (tokenDue) lease.write(token);
    else if (lease.token() !== token) throw new JournalFencedError();
    let bytes = 0;
    for (const changes of lastOf(batch).values())
      for (const { table, key, value } of changes.values()) {
        if (value === undefined) remove.run(table, key);
        else upsert.run(table, key, value);
        bytes += PAGE_BYTES + (value?.length ?? 0);
      }
    database.exec("COMMIT");
    tokenDue = false;
    pages += 1 + bytes / PAGE_BYTES;
  }

  function openLog(): WriteAheadLog {
    if (log) return log;
    if (!useWriteAheadLog(database)) throw new NoRoomError();
    log = logOf(database, file);
    return log;
  }

  /** What it cannot do now for lack of room is done later: until then the log has all. */
  function checkpoint(): void {
    try {
      openLog().checkpoint();
      pages = 0;
    } catch (cause) {
      if (isFull(cause)) room.ended(cause);
      else fail([], cause);
    }
  }

  /** Not even the reserve has room for these: they wait, and so does what comes after them. */
  function stall(batch: readonly Waiting[], cause: unknown): void {
    stalled = true;
    const told = [...batch, ...waiting];
    waiting = told.flatMap(({ changes }) => (changes.length > 0 ? [unheard(changes)] : []));
    for (const { reject } of told) reject(new NoRoomError(undefined, { cause }));
    room.ended(cause);
  }

  function catchUp(): void {
    const opened = openLog();
    if (holds === 0) opened.checkpoint();
    pages = 0;
    opened.reserve();
    stalled = false;
    flush();
    if (stalled) throw new NoRoomError();
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
      await log?.sync();
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

  function append(changes: readonly JournalChange[]): Promise<void> {
    if (closed) return Promise.reject(new Error("the journal is closed"));
    if (stalled) {
      if (changes.length > 0) waiting.push(unheard(changes));
      return Promise.reject(new NoRoomError());
    }
    return new Promise((resolve, reject) => {
      // Where some wait already, a turn for them is on its way.
      if (waiting.push({ changes, resolve, reject }) === 1) setImmediate(flush);
    });
  }

  // A folder on a full disk can be opened and read, and heals.
  try {
    openLog().reserve();
    room.has();
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    room.ended(cause);
  }

  return {
    copyTo: (copy) => void database.prepare("VACUUM INTO ?").run(copy),
    holdStill() {
      try {
        if (holds === 0) openLog().beginAnew();
      } catch (cause) {
        throw isFull(cause) ? new NoRoomError(undefined, { cause }) : cause;
      }
      holds += 1;
      pages = 0;
      return once(() => void (holds -= 1));
    },
    async takeOver() {
      token = lease.token() + 1;
      tokenDue = true;
      await append([]).catch((cause: unknown) => {
        // The lock keeps others away; the token is written with the next transaction.
        if (!(cause instanceof NoRoomError)) throw cause;
      });
      return token;
    },
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
    append,
    hasRoom: () => room.has(),
    async close() {
      if (closed) return;
      closed = true;
      room[Symbol.dispose]();
      stalled = false;
      do flush();
      while (waiting.length > 0 && !stalled);
      await syncing;
      log?.close();
      closeDatabase(database);
      if (stalled) throw new NoRoomError();
    },
  };
}

/** Changes of which nobody waits to hear any more. */
function unheard(changes: readonly JournalChange[]): Waiting {
  return { changes, resolve: () => undefined, reject: () => undefined };
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
