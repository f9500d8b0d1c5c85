import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import Database from "libsql";
import { NoRoomError } from "../../ports/no-room.ts";

export type SqliteDatabase = InstanceType<typeof Database>;

export class DatabaseInUseError extends Error {}

/**
 * Opens a database whose commits survive a crash of the machine (WAL, synchronous=FULL) and that no second process can open. Where there is no room for a
 * write-ahead log, it can be read, and no write succeeds: `useWriteAheadLog` tries again.
 * @throws DatabaseInUseError where another process has it.
 */
export function openDatabase(file: string, schema: string): SqliteDatabase {
  const database = new Database(file, { timeout: 0 } as ConstructorParameters<typeof Database>[1]);
  try {
    // Exclusive before WAL: no shared-memory file, and the lock is held until the process ends, however it ends.
    database.pragma("locking_mode = EXCLUSIVE");
    useWriteAheadLog(database);
    database.pragma("synchronous = FULL");
    database.exec(schema);
    database.exec("BEGIN IMMEDIATE; COMMIT");
  } catch (cause) {
    database.close();
    if (cause instanceof Error && /locked|busy/i.test(cause.message))
      throw new DatabaseInUseError(`${file} is in use by another process`, { cause });
    throw cause;
  }
  return database;
}

/** Whether what the driver, or the file system, threw means that the disk, or the quota on it, is full. */
export function isFull(cause: unknown): boolean {
  if (cause instanceof NoRoomError) return true;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT";
}

/** Whether the database has a write-ahead log now. A clean close takes it away. */
export function useWriteAheadLog(database: SqliteDatabase): boolean {
  try {
    database.pragma("journal_mode = WAL");
    return true;
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    return false;
  }
}

/**
 * Closes a database so that it can be opened again at once. The driver keeps a closed database, and its lock, as long as prepared
 * statements of it await the garbage collector; so the lock is given up first, which a database in WAL mode cannot do. Where there is no room for
 * that, its log stays, and the next who opens it reads that; the lock goes with the process.
 */
export function closeDatabase(database: SqliteDatabase): void {
  try {
    database.pragma("journal_mode = DELETE");
    database.pragma("locking_mode = NORMAL");
    // The lock goes with the next transaction.
    database.exec("BEGIN IMMEDIATE; COMMIT");
  } catch (cause) {
    if (!isFull(cause)) throw cause;
  }
  database.close();
}

/** Bytes of a write-ahead log that lie on the disk before they are needed: what is written into them needs no room. */
const RESERVED_BYTES = 8 * 1024 * 1024;

/** Empties a database's log into the database: until the next checkpoint the log only grows, and the file stays as it is. */
function beginLogAnew(database: SqliteDatabase): void {
  database.prepare("PRAGMA wal_checkpoint(RESTART)").all();
  // The first transaction after that is what begins it.
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { readonly user_version: number };
  database.pragma(`user_version = ${(version + 1) % 2 ** 31}`);
}

/** As SQLite has it. */
const CHECKPOINT_PAGES = 1000;

/**
 * Holds still a database whose checkpoints are SQLite's own, until it is disposed of: its file stays as it is, and its log only grows. May be held by several.
 * @throws NoRoomError
 */
export function holder(database: SqliteDatabase): () => Disposable {
  let holds = 0;
  return () => {
    try {
      if (holds === 0) {
        database.pragma("wal_autocheckpoint = 0");
        beginLogAnew(database);
      }
    } catch (cause) {
      database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      throw isFull(cause) ? new NoRoomError(undefined, { cause }) : cause;
    }
    holds += 1;
    return once(() => {
      holds -= 1;
      if (holds === 0 && database.open) database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    });
  };
}

/** Does it the first time that it is disposed of. */
export function once(step: () => void): Disposable {
  let over = false;
  return {
    [Symbol.dispose]() {
      if (!over) step();
      over = true;
    },
  };
}

export interface WriteAheadLog {
  /** Resolves when every transaction that was committed before the call survives a crash of the machine. The thread that calls it waits for the disk. */
  sync(): Promise<void>;
  /** Brings what is in the log into the database, so that the log begins anew. @throws what `isFull` knows, where the database cannot grow */
  checkpoint(): void;
  /** The same, and from now on the log only grows until the next checkpoint: the database's file stays as it is. */
  beginAnew(): void;
  /** Makes sure of the log's reserve. @throws what `isFull` knows, where there is no room for it */
  reserve(): void;
  close(): void;
}

/**
 * Takes from a database the syncing of its commits, so that several can share one. SQLite goes on to sync around its checkpoints, which
 * keeps the file whole (`synchronous=NORMAL`); what was committed since lies in its log, each transaction with checksums, in order. Checkpoints are the
 * caller's as well: SQLite's own pass over a disk that is full in silence.
 *
 * The log is as large as its reserve from the beginning. SQLite looks for transactions in it as far as their checksums are right; what lies behind is
 * nothing to it. File systems that write elsewhere what is written over (btrfs, ZFS) keep no such reserve.
 * Source: SQLite's documentation, "Write-Ahead Logging", "WAL-mode File Format" and "PRAGMA synchronous".
 */
export function writeAheadLog(database: SqliteDatabase, file: string): WriteAheadLog {
  database.pragma("synchronous = NORMAL");
  database.pragma("wal_autocheckpoint = 0");
  // What a long hold of the checkpoints made larger is given back.
  database.pragma(`journal_size_limit = ${RESERVED_BYTES}`);
  const descriptor = openSync(`${file}-wal`, "r+");
  // The log's name was made when the database was opened.
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
  return {
    // Whoever waits in the kernel is woken once; a call on one more thread wakes two of them for each sync.
    async sync() {
      fdatasyncSync(descriptor);
    },
    checkpoint: () => void database.prepare("PRAGMA wal_checkpoint(PASSIVE)").all(),
    beginAnew: () => beginLogAnew(database),
    reserve() {
      const zeros = Buffer.alloc(RESERVE_STEP);
      for (let at = fstatSync(descriptor).size; at < RESERVED_BYTES;)
        at += writeSync(descriptor, zeros, 0, Math.min(RESERVE_STEP, RESERVED_BYTES - at), at);
    },
    close: () => closeSync(descriptor),
  };
}

const RESERVE_STEP = 256 * 1024;
