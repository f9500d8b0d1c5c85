import { existsSync } from "node:fs";
import { join } from "node:path";
import { closeDatabase, DatabaseInUseError, openDatabase, type SqliteDatabase } from "../sqlite/database.ts";
import { BackupError, DATABASES, STATE_DATABASE } from "./contents.ts";
import { copyHeldDatabase, copyOpenDatabase } from "./copied-database.ts";
import { holdServer, type HeldServer } from "./held-server.ts";

/** A data folder of which nothing that a backup reads is removed or torn, until it is disposed of. */
export interface StillFolder extends HeldServer {
  /** @param name one of `DATABASES` */
  copyDatabase(name: string, copy: string): Promise<void>;
}

/** Asks the server that runs on a data folder to hold still, or keeps others from starting there. @throws BackupError */
export async function holdStill(dataDirectory: string): Promise<StillFolder> {
  const server = await holdServer(dataDirectory);
  if (server) return { ...server, copyDatabase: (name, copy) => copyHeldDatabase(join(dataDirectory, name), copy) };
  const databases = new Map<string, SqliteDatabase>();
  const close = (): void => databases.forEach((database) => closeDatabase(database));
  try {
    for (const name of DATABASES) {
      // The driver would make what is not there.
      if (name === STATE_DATABASE && !existsSync(join(dataDirectory, name)))
        throw new BackupError(`${dataDirectory} has no state`, "Name another folder with --data or AIRFIELD_DATA.");
      databases.set(name, openDatabase(join(dataDirectory, name), ""));
    }
  } catch (cause) {
    close();
    if (!(cause instanceof DatabaseInUseError)) throw cause;
    const advice = "Wait until it has started or stopped. One of an earlier version has to be stopped for a backup.";
    throw new BackupError(`a server that cannot be reached works on ${dataDirectory}`, advice, { cause });
  }
  return {
    async copyDatabase(name, copy) {
      const database = databases.get(name);
      if (database) copyOpenDatabase(database, copy);
    },
    databasesCopied: () => Promise.resolve(),
    allCopied: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}
