/** One change of one record. `value` is JSON text, or `undefined` where the record is gone; it may be made when it is read: read it once for each time that it is written, or not at all. */
export interface JournalChange {
  readonly table: string;
  readonly key: string;
  readonly value: string | undefined;
}

/** A record that there is. */
export interface JournalRecord extends JournalChange {
  readonly value: string;
}

/** Another process has taken the journal over: nothing that this one appends is kept any more. */
export class JournalFencedError extends Error {
  override readonly name = "JournalFencedError";

  constructor() {
    super("another process has taken the journal over");
  }
}

/**
 * The durable memory of the control plane.
 *
 * `append` resolves when all its changes will survive a crash of the process and of the machine; they become durable
 * together or not at all, and in the order of the calls. An implementation may join several appends into one write
 * (group commit), and leave out of it what a later one of them replaces. A failed append rejects, and so does every later one: memory and disk must not part ways.
 *
 * A disk that is full is no failure. A journal keeps some room in reserve, and says early that there is none for what is new. Where even the reserve is
 * used up, an append rejects with `NoRoomError`, and keeps its place: what was appended waits, in order, and is written when there is room. Until then every
 * append rejects so, also one of nothing; after that, one of nothing tells that all is durable.
 */
export interface Journal {
  /**
   * Takes the journal over, first of all. Gives the fencing token, which lies in the journal and is larger than all before it: whoever had the journal
   * until now has an older one, and its appends reject with `JournalFencedError`. Where a lock keeps others away already and there is no room, the token is written with the first append.
   */
  takeOver(): Promise<number>;
  /** Every live record, in no particular order, some at a time. Called once, before the first append. */
  load(): AsyncIterable<readonly JournalRecord[]>;
  /**
   * @param when `whenever`: nobody counts on it, and it may wait some time for others to share their write with; with the next append that does not say so, also one of
   * nothing, it goes along
   */
  append(changes: readonly JournalChange[], when?: "whenever"): Promise<void>;
  /** Whether there is room for what is new. Asked before each commit, so it costs nearly nothing. */
  hasRoom(): boolean;
  /** Waits for what was appended, then releases the store. Rejects with `NoRoomError` where something still waited for room: it is lost. */
  close(): Promise<void>;
}
