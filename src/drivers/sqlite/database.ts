import Database from "libsql";

export type SqliteDatabase = InstanceType<typeof Database>;

export class DatabaseInUseError extends Error {}

/**
 * Opens a database that survives a crash of the machine (WAL, synchronous=FULL) and that no second process can open.
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
