import { closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import Database from "libsql";

export type SqliteDatabase = InstanceType<typeof Database>;

export class DatabaseInUseError extends Error {}

/**
 * Opens a database whose commits survive a crash of the machine (WAL, synchronous=FULL) and that no second process can open.
 * @throws DatabaseInUseError where another process has it.
 */
export function openDatabase(file: string, schema: string): SqliteDatabase {
  const database = new Database(file, { timeout: 0 } as ConstructorParameters<typeof Database>[1]);
  try {
    // Exclusive before WAL: no shared-memory file, and the lock is held until the process ends, however it ends.
    database.pragma("locking_mode = EXCLUSIVE");
    database.pragma("journal_mode = WAL");
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

/**
 * Closes a database so that it can be opened again at once. The driver keeps a closed database, and its lock, as long as prepared
 * statements of it await the garbage collector; so the lock is given up first, which a database in WAL mode cannot do.
 */
export function closeDatabase(database: SqliteDatabase): void {
  database.pragma("journal_mode = DELETE");
  database.pragma("locking_mode = NORMAL");
  // The lock goes with the next transaction.
  database.exec("BEGIN IMMEDIATE; COMMIT");
  database.close();
}

export interface WriteAheadLog {
  /** Resolves when every transaction that was committed before the call survives a crash of the machine. */
  sync(): Promise<void>;
  close(): void;
}

/**
 * Takes from a database the syncing of its commits, so that this thread need not wait for the disk. SQLite goes on to sync around its checkpoints, which
 * keeps the file whole (`synchronous=NORMAL`); what was committed since lies in its log, each transaction with checksums, in order.
 * Source: SQLite's documentation, "Write-Ahead Logging" and "PRAGMA synchronous".
 */
export function writeAheadLog(database: SqliteDatabase, file: string): WriteAheadLog {
  database.pragma("synchronous = NORMAL");
  const descriptor = openSync(`${file}-wal`, "r+");
  // The log's name was made when the database was opened.
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
  return { sync: () => promisify(fdatasync)(descriptor), close: () => closeSync(descriptor) };
}
