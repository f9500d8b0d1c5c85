import { copyFile } from "node:fs/promises";
import Database from "libsql";
import { isMissing } from "../host-names/write-file.ts";
import type { SqliteDatabase } from "../sqlite/database.ts";
import { BackupError } from "./contents.ts";

/** Copies a database that is held still: its file, and after it its log, as far as that is. */
export async function copyHeldDatabase(file: string, copy: string): Promise<void> {
  await copyFile(file, copy);
  await copyFile(`${file}-wal`, `${copy}-wal`).catch((cause: unknown) => {
    if (!isMissing(cause)) throw cause;
  });
}

/** Makes such a copy one whole file, and makes sure of it. @throws BackupError where it is damaged */
export function settleCopy(copy: string): void {
  const database = new Database(copy);
  try {
    database.pragma("journal_mode = DELETE");
    const found = database.prepare("PRAGMA quick_check(1)").all() as readonly Readonly<Record<string, unknown>>[];
    const said = Object.values(found[0] ?? {})[0];
    if (said !== "ok")
      throw new BackupError(`the database ${copy} is damaged: ${String(said)}`, "Restore an earlier backup, and look after the disk.");
  } finally {
    database.close();
  }
}

/** Copies a database that is open here, as one whole file. */
export function copyOpenDatabase(database: SqliteDatabase, copy: string): void {
  database.prepare("VACUUM INTO ?").run(copy);
}

/** The text of one record of a journal that nobody has open; `undefined` where it has none. */
export function recordIn(file: string, table: string, key: string): string | undefined {
  const database = new Database(file);
  try {
    const found = database.prepare("SELECT value FROM records WHERE tbl = ? AND key = ?").get(table, key);
    return (found as { readonly value: string } | undefined)?.value;
  } finally {
    database.close();
  }
}
