import type { SqliteDatabase } from "./database.ts";

/** Who has a journal: the fencing token of whoever took it over last, in a table of its own. */
export interface Lease {
  /** 0 where nobody ever took the journal over. Asked in each transaction. */
  token(): number;
  /** Within a transaction. */
  write(token: number): void;
}

const TABLE = "CREATE TABLE IF NOT EXISTS lease (id INTEGER PRIMARY KEY CHECK (id = 1), token INTEGER NOT NULL)";

/** The table is made with the first token: journals of earlier versions have none, and a full disk may have no room for one. */
export function leaseIn(database: SqliteDatabase): Lease {
  const isThere = (): boolean => database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'lease'").get() !== undefined;
  let select: { get(...values: readonly unknown[]): unknown } | undefined;
  return {
    token() {
      if (!select && isThere()) select = database.prepare("SELECT token FROM lease");
      return (select?.get() as { readonly token: number } | undefined)?.token ?? 0;
    },
    write(token) {
      database.exec(TABLE);
      database.prepare("INSERT INTO lease VALUES (1, ?) ON CONFLICT DO UPDATE SET token = excluded.token").run(token);
    },
  };
}
