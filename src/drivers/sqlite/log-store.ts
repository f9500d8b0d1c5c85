import { dirname } from "node:path";
import { keyInScope } from "../../domain/scope.ts";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { LogEvent, LogQuery, LogStore, LogStreamKey, StoredLogEvent } from "../../ports/log-store.ts";
import { NoRoomError } from "../../ports/no-room.ts";
import { closeDatabase, holder, isFull, openDatabase, useWriteAheadLog } from "./database.ts";
import { diskRoom } from "./disk-room.ts";

type GroupKey = Omit<LogStreamKey, "stream">;

interface Waiting {
  readonly key: LogStreamKey;
  readonly events: readonly LogEvent[];
  readonly ingestionTime: number;
  readonly position: string | undefined;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** What AWS counts for each event beside its message. */
const EVENT_OVERHEAD = 26;
/** What events leave free on the disk, since the journal beside them is to go on: 16 MiB, or a fortieth of a small disk. */
const LEFT_FREE = 16 * 1024 * 1024;
const SMALL_SHARE = 0.025;
/** Events forgotten in one transaction, so that other work gets its turn between. */
const FORGET_AT_ONCE = 2_000;

// A removed stream keeps its row, without its name, until the last of its events is gone: that may take many transactions.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (account, region, name));
  CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, name TEXT, bytes INTEGER NOT NULL DEFAULT 0, last_ingestion INTEGER, position TEXT,
    UNIQUE (grp, name));
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, stream INTEGER NOT NULL, timestamp INTEGER NOT NULL, ingestion INTEGER NOT NULL, message TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS events_of_stream ON events (stream, timestamp, id);
  CREATE INDEX IF NOT EXISTS events_of_group ON events (grp, timestamp, id)`;

export interface SqliteLogStore extends LogStore {
  /** Until it is disposed of, the database's file stays as it is, and its log only grows. @throws NoRoomError */
  holdStill(): Disposable;
}

/**
 * Log events in a database file of their own. Appends of one turn of the event loop share one transaction.
 *
 * The file is written with synchronous=NORMAL: a commit is a write, not an fsync. SQLite works on this thread, and chatty containers
 * commit in nearly every turn, so an fsync each would hold up the whole control plane. A crash of the process loses nothing; a
 * crash of the machine may lose the last moments, and with them the positions stored in the same transactions, so that the output of
 * containers is read again from the engine.
 *
 * @param file a path, or `:memory:`
 */
export function sqliteLogStore(file: string, disk: typeof diskRoom = diskRoom): SqliteLogStore {
  const database = openDatabase(file, SCHEMA);
  database.pragma("synchronous = NORMAL");
  const insertGroup = database.prepare("INSERT INTO groups (account, region, name) VALUES (?, ?, ?)");
  const insertStream = database.prepare("INSERT INTO streams (grp, name) VALUES (?, ?)");
  const insertEvent = database.prepare("INSERT INTO events (grp, stream, timestamp, ingestion, message) VALUES (?, ?, ?, ?, ?)");
  const noteIngestion = database.prepare("UPDATE streams SET last_ingestion = ?, bytes = bytes + ? WHERE id = ?");
  const notePosition = database.prepare("UPDATE streams SET position = ? WHERE id = ?");
  const selectGroup = database.prepare("SELECT id FROM groups WHERE account = ? AND region = ? AND name = ?");
  const selectStream = database.prepare("SELECT id FROM streams WHERE grp = ? AND name = ?");
  const selectBytes = database.prepare("SELECT SUM(bytes) AS bytes FROM streams WHERE grp = ?");
  const queries = rangeQueries(database);
  const groupIds = new Map<string, number>();
  const streamIds = new Map<string, number>();
  let waiting: Waiting[] = [];
  let hasLog = useWriteAheadLog(database);
  let closed = false;
  let forgetting = Promise.resolve();

  function groupId({ account, region, group }: GroupKey): number | undefined {
    const name = keyInScope({ account, region }, group);
    const known = groupIds.get(name);
    if (known !== undefined) return known;
    const row = selectGroup.get(account, region, group) as { id: number } | undefined;
    if (row) groupIds.set(name, row.id);
    return row?.id;
  }

  function streamId(grp: number, stream: string): number | undefined {
    const name = `${grp}/${stream}`;
    const known = streamIds.get(name);
    if (known !== undefined) return known;
    const row = selectStream.get(grp, stream) as { id: number } | undefined;
    if (row) streamIds.set(name, row.id);
    return row?.id;
  }

  function streamOf(key: LogStreamKey): number | undefined {
    const grp = groupId(key);
    return grp === undefined ? undefined : streamId(grp, key.stream);
  }

  function store({ key, events, ingestionTime, position }: Waiting): void {
    const grp = groupId(key) ?? Number(insertGroup.run(key.account, key.region, key.group).lastInsertRowid);
    const stream = streamId(grp, key.stream) ?? Number(insertStream.run(grp, key.stream).lastInsertRowid);
    let bytes = 0;
    for (const { timestamp, message } of events) {
      insertEvent.run(grp, stream, timestamp, ingestionTime, storable(message));
      bytes += Buffer.byteLength(message) + EVENT_OVERHEAD;
    }
    if (events.length > 0) noteIngestion.run(ingestionTime, bytes, stream);
    if (position !== undefined) notePosition.run(position, stream);
  }

  /** Runs `change` in one transaction. @throws what went wrong, with nothing changed: NoRoomError where the disk is full */
  function transaction(change: () => void): void {
    // A start on a full disk had no room for it.
    hasLog ||= useWriteAheadLog(database);
    database.exec("BEGIN IMMEDIATE");
    try {
      change();
      database.exec("COMMIT");
    } catch (cause) {
      if (database.inTransaction) database.exec("ROLLBACK");
      // Ids of rows that were rolled back.
      groupIds.clear();
      streamIds.clear();
      throw isFull(cause) ? new NoRoomError("there is no room on the disk for log events", { cause }) : cause;
    }
  }

  function leavesRoom(): boolean {
    if (file === ":memory:") return true;
    const { free, total } = disk(dirname(file));
    return free >= Math.min(LEFT_FREE, total * SMALL_SHARE);
  }

  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      if (!leavesRoom()) throw new NoRoomError("there is no room on the disk for log events");
      transaction(() => batch.forEach(store));
    } catch (cause) {
      for (const { reject } of batch) reject(cause);
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  /** Deletes events chunk by chunk, one caller after another. Resolves with their number; stops early when the store closes. */
  function forget(where: "stream" | "grp", id: number, before: number): Promise<number> {
    const run = forgetting.then(async () => {
      let count = 0;
      while (!closed) {
        const gone = forgetSome(where, id, before);
        count += gone;
        if (gone < FORGET_AT_ONCE) break;
        await nextTurn();
      }
      return count;
    });
    forgetting = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  }

  function forgetSome(where: "stream" | "grp", id: number, before: number): number {
    const rows = database
      .prepare(
        `SELECT id, stream, length(CAST(message AS BLOB)) + ${EVENT_OVERHEAD} AS bytes FROM events WHERE ${where} = ? AND timestamp < ? ORDER BY timestamp, id LIMIT ?`,
      )
      .all(id, before, FORGET_AT_ONCE) as { id: number; stream: number; bytes: number }[];
    if (rows.length === 0) return 0;
    const remove = database.prepare("DELETE FROM events WHERE id = ?");
    const lighten = database.prepare("UPDATE streams SET bytes = bytes - ? WHERE id = ?");
    const bytes = new Map<number, number>();
    for (const row of rows) bytes.set(row.stream, (bytes.get(row.stream) ?? 0) + row.bytes);
    transaction(() => {
      for (const row of rows) remove.run(row.id);
      for (const [stream, weight] of bytes) lighten.run(weight, stream);
    });
    return rows.length;
  }

  async function buryStreams(streams: readonly number[]): Promise<void> {
    for (const stream of streams) {
      await forget("stream", stream, Number.MAX_SAFE_INTEGER);
      if (!closed) database.prepare("DELETE FROM streams WHERE id = ?").run(stream);
    }
  }

  // What a crash left of removed streams.
  const unnamed = database.prepare("SELECT id FROM streams WHERE name IS NULL").all() as { id: number }[];
  void buryStreams(unnamed.map(({ id }) => id)).catch(() => undefined);

  return {
    holdStill: holder(database),
    append(key, events, ingestionTime, position) {
      if (closed) return Promise.reject(new Error("the log store is closed"));
      return new Promise((resolve, reject) => {
        if (waiting.push({ key, events, ingestionTime, position, resolve, reject }) === 1) setImmediate(flush);
      });
    },
    position(key) {
      const stream = streamOf(key);
      if (stream === undefined) return undefined;
      const row = database.prepare("SELECT position FROM streams WHERE id = ?").get(stream) as { position: string | null } | undefined;
      return row?.position ?? undefined;
    },
    query(query) {
      const grp = groupId(query);
      if (grp === undefined) return [];
      if (!query.streams) return queries.run("grp", grp, query);
      const streams = query.streams.map((name) => streamId(grp, name)).filter((id) => id !== undefined);
      const [only] = streams;
      if (streams.length === 1 && only !== undefined) return queries.run("stream", only, query);
      return merged(
        streams.map((stream) => queries.run("stream", stream, query)),
        query,
      );
    },
    extent(key) {
      const stream = streamOf(key);
      return stream === undefined ? undefined : queries.extent(stream);
    },
    storedBytes(group) {
      const grp = groupId(group);
      if (grp === undefined) return 0;
      return (selectBytes.get(grp) as { bytes: number | null }).bytes ?? 0;
    },
    async remove(key) {
      // What was appended before belongs to what is removed.
      flush();
      const grp = groupId(key);
      if (grp === undefined) return;
      const rows = (
        key.stream === undefined
          ? database.prepare("SELECT id FROM streams WHERE grp = ? AND name IS NOT NULL").all(grp)
          : database.prepare("SELECT id FROM streams WHERE grp = ? AND name = ?").all(grp, key.stream)
      ) as { id: number }[];
      // Without its name, a stream is gone for every query by name; its group is told apart by a new id.
      transaction(() => {
        const unname = database.prepare("UPDATE streams SET name = NULL, grp = 0 WHERE id = ?");
        for (const { id } of rows) unname.run(id);
        if (key.stream === undefined) database.prepare("DELETE FROM groups WHERE id = ?").run(grp);
      });
      groupIds.clear();
      streamIds.clear();
      await buryStreams(rows.map(({ id }) => id));
    },
    expire(group, before) {
      const grp = groupId(group);
      return grp === undefined ? Promise.resolve(0) : forget("grp", grp, before);
    },
    async close() {
      if (closed) return;
      flush();
      closed = true;
      await forgetting;
      closeDatabase(database);
    },
  };
}

interface EventRow extends Omit<StoredLogEvent, "message"> {
  readonly message: string | Uint8Array;
}

/** The driver cuts a text off at its first NUL; bytes it keeps. */
function storable(message: string): string | Buffer {
  return message.includes("\0") ? Buffer.from(message) : message;
}

type Order = Pick<StoredLogEvent, "timestamp" | "id">;

/** Merges lists that are each in the query's order. Where one was broken off for its length, the whole is as well: what it lacks may come next. */
function merged(lists: readonly (readonly StoredLogEvent[])[], { backward, limit, mostLength }: LogQuery): readonly StoredLogEvent[] {
  const forward = (a: Order, b: Order): number => a.timestamp - b.timestamp || a.id - b.id;
  const compare = backward ? (a: Order, b: Order): number => forward(b, a) : forward;
  const ends = lists
    .filter((list) => list.length < limit && lengthOf(list) >= (mostLength ?? Infinity))
    .flatMap((list) => list.at(-1) ?? []);
  return lists
    .flat()
    .filter((event) => ends.every((end) => compare(event, end) <= 0))
    .sort(compare)
    .slice(0, limit);
}

function lengthOf(events: readonly StoredLogEvent[]): number {
  return events.reduce((sum, { message }) => sum + message.length, 0);
}

/** The statements that walk an index over a range of time; each shape is prepared once. CROSS JOIN keeps `events`, and so its index, outermost. */
function rangeQueries(database: ReturnType<typeof openDatabase>) {
  const statements = new Map<string, ReturnType<typeof database.prepare>>();
  const prepared = (sql: string) => {
    const known = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  return {
    run(
      where: "grp" | "stream",
      id: number,
      { startTime, endTime, cursor, backward, limit, mostLength = Infinity }: LogQuery,
    ): readonly StoredLogEvent[] {
      const conditions = [`events.${where} = ?`];
      const values: number[] = [id];
      const narrow = (condition: string, ...bound: readonly number[]): void => {
        conditions.push(condition);
        values.push(...bound);
      };
      if (startTime !== undefined) narrow("timestamp >= ?", startTime);
      if (endTime !== undefined) narrow("timestamp < ?", endTime);
      if (cursor) narrow(`(timestamp, events.id) ${backward ? "<" : ">"} (?, ?)`, cursor.timestamp, cursor.id);
      const direction = backward ? "DESC" : "ASC";
      const statement = prepared(
        `SELECT events.id AS id, streams.name AS stream, timestamp, ingestion AS ingestionTime, message
           FROM events CROSS JOIN streams ON streams.id = events.stream AND streams.name IS NOT NULL
          WHERE ${conditions.join(" AND ")} ORDER BY timestamp ${direction}, events.id ${direction} LIMIT ?`,
      );
      const found: StoredLogEvent[] = [];
      let length = 0;
      for (const row of statement.iterate(...values, limit)) {
        const { id: event, stream, timestamp, ingestionTime, message: kept } = row as EventRow;
        const message = typeof kept === "string" ? kept : Buffer.from(kept).toString();
        found.push({ id: event, stream, timestamp, ingestionTime, message });
        length += message.length;
        if (length < mostLength) continue;
        // Broken off, it would keep its view of the database, and the log of writes growing, until it is asked again.
        statement.all(...values, 0);
        break;
      }
      return found;
    },
    extent(stream: number): { readonly first: number; readonly last: number; readonly lastIngestion: number } | undefined {
      const row = prepared(
        `SELECT (SELECT timestamp FROM events WHERE stream = s.id ORDER BY timestamp, id LIMIT 1) AS first,
                (SELECT timestamp FROM events WHERE stream = s.id ORDER BY timestamp DESC, id DESC LIMIT 1) AS last,
                last_ingestion AS lastIngestion FROM streams s WHERE id = ?`,
      ).get(stream) as { first: number | null; last: number | null; lastIngestion: number | null } | undefined;
      if (!row || row.first === null || row.last === null || row.lastIngestion === null) return undefined;
      return { first: row.first, last: row.last, lastIngestion: row.lastIngestion };
    },
  };
}
