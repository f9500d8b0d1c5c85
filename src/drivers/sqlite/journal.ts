import { dirname } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import type { Journal, JournalChange, JournalRecord } from "../../ports/journal.ts";
import { NoRoomError } from "../../ports/no-room.ts";
import { systemClock } from "../system/clock.ts";
import { isFull, once } from "./database.ts";
import { diskRoom, type DiskRoom } from "./disk-room.ts";
import { journalInThread } from "./journal-in-thread.ts";
import { errorOf, type Failure, type JournalAnswer, type JournalJob, type JournalWorker } from "./journal-jobs.ts";
import { JournalRoom } from "./journal-room.ts";
import { TextSlices } from "./text-slices.ts";

interface Waiting {
  readonly changes: readonly JournalChange[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Changes after which a transaction ends. An append of more is one transaction all the same. */
const MOST_CHANGES = 250;
/** How long what nobody counts on waits for others, milliseconds. */
const WHENEVER_MS = 1000;
/** Changes that may be under way to the disk. Of records that change again while more wait, only the last text is made. */
const MOST_UNDER_WAY = 2000;

export interface SqliteJournalOptions {
  readonly clock?: Clock;
  /** Told when there is no room any more, with why, and when there is again. */
  readonly roomChanged?: (room: boolean, cause?: unknown) => void;
  readonly disk?: (folder: string) => DiskRoom;
  /** Who has the database. A thread of its own where absent. */
  readonly worker?: JournalWorker;
}

export interface SqliteJournal extends Journal {
  /** Writes all that was committed into another file, which must not be there yet. */
  copyTo(file: string): Promise<void>;
  /**
   * Until it is disposed of, the database's file stays as it is, and its log beside it only grows: the file, and after it as much of the log as there is,
   * are the journal as it is at the moment when the log is read. Appends go on meanwhile. @throws NoRoomError
   */
  holdStill(): Promise<Disposable>;
}

/**
 * The embedded journal. Appends made in one turn of the event loop share a transaction as far as they are small, in which each record is written once;
 * those that come while the disk is at work share the next sync. SQLite runs on a thread of its own; this one makes the texts of the records, some
 * at a time. `docs/decisions/0028-full-disk.md` tells how it is where the disk is full, `0035-the-journal-has-a-thread.md` why it is so.
 * @throws DatabaseInUseError
 */
export async function sqliteJournal(file: string, options: SqliteJournalOptions = {}): Promise<SqliteJournal> {
  const { clock = systemClock, roomChanged = () => undefined, disk = diskRoom, worker = journalInThread() } = options;
  let waiting: Waiting[] = [];
  /** Those whose texts are being made: the next transaction. */
  let making: { readonly batch: readonly Waiting[]; readonly texts: TextSlices } | undefined;
  /** What was refused for lack of room, in its order; all that waits comes after it. */
  let refused: Waiting[] = [];
  /** Whether what waits was told so, and is tried again when there is room. */
  let stalled = false;
  let failure: { readonly cause: unknown } | undefined;
  let closed = false;
  let turn: Disposable | undefined;
  /** Whether something waits that somebody counts on. */
  let isPressing = false;
  /** Until what nobody counts on is written all the same. */
  let patience: Disposable | undefined;
  let changesUnderWay = 0;
  const underWay = new Set<Promise<void>>();
  const room = new JournalRoom({ clock, disk: () => disk(dirname(file)), catchUp, changed: roomChanged });

  async function ask(job: JournalJob): Promise<JournalAnswer> {
    const answer = await worker(job);
    if (answer.failure) throw errorOf(answer.failure);
    return answer;
  }

  function wake(): void {
    patience?.[Symbol.dispose]();
    patience = undefined;
    turn ??= clock.soon(() => {
      turn = undefined;
      if (work("a slice") && !stalled) wake();
    });
  }

  function wakeLater(): void {
    if (!turn) patience ??= clock.after(WHENEVER_MS, wake);
  }

  /** Makes texts of what waits, and sends them. Whether there is more to do now. */
  function work(howMuch: "a slice" | "all"): boolean {
    if (stalled) return false;
    if (failure) failAll(failure.cause);
    making ??= nextTransaction(howMuch);
    if (!making) return false;
    const { batch, texts } = making;
    try {
      const { rows, more } = texts.next(howMuch === "a slice" ? undefined : Infinity);
      if (more) void ask({ kind: "part", rows }).catch(() => undefined);
      else {
        making = undefined;
        send(batch, ask({ kind: "write", rows }), texts.size);
      }
    } catch (cause) {
      // A record of which no text can be made.
      making = undefined;
      fail(batch, cause);
    }
    return making !== undefined || waiting.length > 0;
  }

  function nextTransaction(howMuch: "a slice" | "all"): typeof making {
    if (waiting.length === 0 || (changesUnderWay >= MOST_UNDER_WAY && howMuch === "a slice")) return undefined;
    const batch = takeBatch();
    return { batch, texts: new TextSlices(batch.map(({ changes }) => changes)) };
  }

  function send(batch: readonly Waiting[], written: Promise<JournalAnswer>, size: number): void {
    changesUnderWay += size;
    const settled = written.then(
      (answer) => {
        if (answer.refused) return stall(batch, answer.refused);
        if (answer.noRoom) room.ended(errorOf(answer.noRoom));
        for (const { resolve } of batch) resolve();
      },
      (cause: unknown) => fail(batch, cause),
    );
    const over = settled.finally(() => {
      changesUnderWay -= size;
      underWay.delete(over);
      if (waiting.length > 0 && !closed) (isPressing ? wake : wakeLater)();
    });
    underWay.add(over);
  }

  /** Not even the reserve has room for these: they wait, and so does what comes after them. */
  function stall(batch: readonly Waiting[], why: Failure): void {
    const cause = errorOf(why);
    const after = stalled ? [] : [...(making?.batch ?? []), ...waiting];
    refused.push(...batch.flatMap(unheard));
    if (!stalled) waiting = after.flatMap(unheard);
    making = undefined;
    stalled = true;
    for (const { reject } of [...batch, ...after]) reject(new NoRoomError(undefined, { cause }));
    room.ended(cause);
  }

  /** Writes are refused in their order, and before this is answered: what was refused is all there. */
  async function catchUp(): Promise<void> {
    await ask({ kind: "catch-up", last: closed });
    waiting = [...refused, ...waiting];
    refused = [];
    stalled = false;
    while (work("all"));
    await Promise.all(underWay);
    if (stalled) throw new NoRoomError();
  }

  function takeBatch(): Waiting[] {
    let count = 0;
    const end = waiting.findIndex(({ changes }) => (count += changes.length) >= MOST_CHANGES);
    const batch = end < 0 ? waiting : waiting.slice(0, end + 1);
    waiting = waiting.slice(batch.length);
    if (waiting.length === 0) isPressing = false;
    return batch;
  }

  function fail(batch: readonly Waiting[], cause: unknown): void {
    failure ??= { cause };
    for (const { reject } of batch) reject(cause);
  }

  function failAll(cause: unknown): void {
    const all = [...(making?.batch ?? []), ...waiting];
    making = undefined;
    waiting = [];
    fail(all, cause);
  }

  function append(changes: readonly JournalChange[], when?: "whenever"): Promise<void> {
    if (closed) return Promise.reject(new Error("the journal is closed"));
    if (stalled) {
      if (changes.length > 0) waiting.push(...unheard({ changes }));
      return Promise.reject(new NoRoomError());
    }
    return new Promise((resolve, reject) => {
      waiting.push({ changes, resolve, reject });
      if (when) return wakeLater();
      isPressing = true;
      wake();
    });
  }

  const { noRoom } = await ask({ kind: "open", file });
  if (noRoom) room.ended(errorOf(noRoom));
  else room.has();

  return {
    copyTo: async (to) => void (await ask({ kind: "copy", to })),
    async holdStill() {
      await ask({ kind: "hold" });
      // Where this is not heard, the thread is over, and appends tell.
      return once(() => void ask({ kind: "release" }).catch(() => undefined));
    },
    async takeOver() {
      const { token = 0 } = await ask({ kind: "take-over" });
      await append([]).catch((cause: unknown) => {
        // The lock keeps others away; the token is written with the next transaction.
        if (!(cause instanceof NoRoomError)) throw cause;
      });
      return token;
    },
    async *load() {
      for (let anew = true; ; anew = false) {
        const { rows = [], more } = await ask({ kind: "load", anew });
        yield recordsOf(rows);
        if (more !== true) return;
      }
    },
    append,
    hasRoom: () => room.has(),
    async close() {
      if (closed) return;
      closed = true;
      room[Symbol.dispose]();
      turn?.[Symbol.dispose]();
      patience?.[Symbol.dispose]();
      if (stalled) await catchUp().catch(unlessFull);
      while (work("all"));
      await Promise.all(underWay);
      await ask({ kind: "close" });
      if (stalled) throw new NoRoomError();
    },
  };
}

function unlessFull(cause: unknown): void {
  if (!isFull(cause)) throw cause;
}

/** Changes of which nobody waits to hear any more. */
function unheard({ changes }: Pick<Waiting, "changes">): Waiting[] {
  return changes.length > 0 ? [{ changes, resolve: () => undefined, reject: () => undefined }] : [];
}

function recordsOf(rows: readonly string[]): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  for (let at = 0; at < rows.length; at += 3)
    records.push({ table: rows[at] as string, key: rows[at + 1] as string, value: rows[at + 2] as string });
  return records;
}
