import { JournalFencedError } from "../../ports/journal.ts";
import { NoRoomError } from "../../ports/no-room.ts";
import { closeDatabase, isFull, openDatabase, useWriteAheadLog, writeAheadLog, type WriteAheadLog } from "./database.ts";
import { failureOf, type JournalAnswer, type JournalJob, type JournalWorker, type Rows } from "./journal-jobs.ts";
import { leaseIn } from "./lease.ts";

/** Records, or bytes of them, that are loaded at a time. */
const BATCH = 1000;
const BATCH_BYTES = 1024 * 1024;

/** Pages of the log after which it is brought into the database, as SQLite does it by itself; half of the log's reserve. */
const CHECKPOINT_PAGES = 1000;
const PAGE_BYTES = 4096;

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS records (tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID";

/**
 * Has a journal's database, and does what `sqliteJournal` asks of it, on the thread on which it is called, which waits for the disk as well. SQLite leaves the sync to us: what is asked
 * for while the disk is at work shares the next sync.
 */
export function journalDatabase(logOf: typeof writeAheadLog = writeAheadLog): JournalWorker {
  let opened: ReturnType<typeof open> | undefined;
  return async (job) => {
    try {
      if (job.kind === "open") opened = open(job.file, logOf);
      if (!opened) throw new Error("the journal is not open");
      return await opened(job);
    } catch (cause) {
      return { failure: failureOf(cause) };
    }
  };
}

function open(file: string, logOf: typeof writeAheadLog): (job: JournalJob) => JournalAnswer | Promise<JournalAnswer> {
  const database = openDatabase(file, SCHEMA);
  const upsert = database.prepare("INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const remove = database.prepare("DELETE FROM records WHERE tbl = ? AND key = ?");
  const lease = leaseIn(database);
  let token = lease.token();
  /** Whether the token of a journal that was taken over is still to be written. */
  let tokenDue = false;
  let parts: Rows[] = [];
  /** Whether a write was refused, and so are those after it. */
  let stalled = false;
  let failure: { readonly cause: unknown } | undefined;
  let log: WriteAheadLog | undefined;
  /** Pages, roughly, that were written since the last checkpoint. */
  let pages = 0;
  let holds = 0;
  let loading: Iterator<unknown> | undefined;
  let syncing = Promise.resolve();
  let nextSync: Promise<void> | undefined;

  async function write(rows: Rows): Promise<JournalAnswer> {
    const all = [...parts, rows];
    parts = [];
    if (failure) throw failure.cause;
    if (stalled) return { refused: failureOf(new NoRoomError()) };
    try {
      transact(all);
    } catch (cause) {
      if (database.inTransaction) database.exec("ROLLBACK");
      if (!isFull(cause)) throw failed(cause);
      stalled = true;
      return { refused: failureOf(cause) };
    }
    const noRoom = pages >= CHECKPOINT_PAGES && holds === 0 ? checkpoint() : {};
    await synced();
    return noRoom;
  }

  function transact(all: readonly Rows[]): void {
    openLog();
    database.exec("BEGIN IMMEDIATE");
    if (tokenDue) lease.write(token);
    else if (lease.token() !== token) throw new JournalFencedError();
    let bytes = 0;
    for (const rows of all)
      for (let at = 0; at < rows.length; at += 3) {
        const value = rows[at + 2];
        if (value === undefined) remove.run(rows[at], rows[at + 1]);
        else upsert.run(rows[at], rows[at + 1], value);
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
  function checkpoint(): JournalAnswer {
    try {
      openLog().checkpoint();
      pages = 0;
      return {};
    } catch (cause) {
      if (!isFull(cause)) throw failed(cause);
      return { noRoom: failureOf(cause) };
    }
  }

  /**
   * A sync under way may have begun before the last write: all that come meanwhile wait for one that begins later. It begins when all jobs that are here are
   * done: those that came while the thread waited for the disk share it.
   */
  function synced(): Promise<void> {
    nextSync ??= syncing = syncing.then(turnOver).then(async () => {
      nextSync = undefined;
      if (failure) throw failure.cause;
      await log?.sync().catch((cause: unknown) => {
        throw failed(cause);
      });
    });
    return nextSync;
  }

  /** Nobody knows what of it is on the disk: nothing is written after that. */
  function failed(cause: unknown): unknown {
    failure ??= { cause };
    return cause;
  }

  function reserve(): JournalAnswer {
    try {
      openLog().reserve();
      return {};
    } catch (cause) {
      if (!isFull(cause)) throw cause;
      return { noRoom: failureOf(cause) };
    }
  }

  function catchUp(): JournalAnswer {
    const opened = openLog();
    if (holds === 0) opened.checkpoint();
    pages = 0;
    opened.reserve();
    stalled = false;
    return {};
  }

  function hold(): JournalAnswer {
    if (holds === 0) openLog().beginAnew();
    holds += 1;
    pages = 0;
    return {};
  }

  function load(anew: boolean): JournalAnswer {
    if (anew) loading = database.prepare("SELECT tbl, key, value FROM records").iterate()[Symbol.iterator]();
    const rows: string[] = [];
    for (let bytes = 0; rows.length < 3 * BATCH && bytes < BATCH_BYTES;) {
      const next = loading?.next();
      if (!next || next.done === true) return { rows, more: false };
      const { tbl, key, value } = next.value as { readonly tbl: string; readonly key: string; readonly value: string };
      rows.push(tbl, key, value);
      bytes += value.length;
    }
    return { rows, more: true };
  }

  function withRoom(step: () => JournalAnswer): JournalAnswer {
    try {
      return step();
    } catch (cause) {
      throw isFull(cause) ? new NoRoomError(undefined, { cause }) : cause;
    }
  }

  return (job) => {
    switch (job.kind) {
      case "open":
        // A folder on a full disk can be opened and read, and heals.
        return reserve();
      case "part":
        parts.push(job.rows);
        return {};
      case "write":
        return write(job.rows);
      case "catch-up":
        // Of a write that will be asked for anew.
        parts = [];
        if (job.last) stalled = false;
        return job.last ? {} : withRoom(catchUp);
      case "take-over":
        token = lease.token() + 1;
        tokenDue = true;
        return { token };
      case "load":
        return load(job.anew);
      case "copy":
        database.prepare("VACUUM INTO ?").run(job.to);
        return {};
      case "hold":
        return withRoom(hold);
      case "release":
        holds -= 1;
        return {};
      case "close":
        loading?.return?.();
        log?.close();
        closeDatabase(database);
        return {};
    }
  };
}

function turnOver(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
