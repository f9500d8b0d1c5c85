/** One change of one record. `value` is JSON text, or `undefined` where the record is gone; it may be made when it is read: read it once, or not at all. */
export interface JournalChange {
  readonly table: string;
  readonly key: string;
  readonly value: string | undefined;
}

/** A record that there is. */
export interface JournalRecord extends JournalChange {
  readonly value: string;
}

/**
 * The durable memory of the control plane.
 *
 * `append` resolves when all its changes will survive a crash of the process and of the machine; they become durable
 * together or not at all, and in the order of the calls. An implementation may join several appends into one write
 * (group commit), and leave out of it what a later one of them replaces. A failed append rejects, and so does every later one: memory and disk must not part ways.
 */
export interface Journal {
  /** Every live record, in no particular order, some at a time. Called once, before the first append. */
  load(): AsyncIterable<readonly JournalRecord[]>;
  append(changes: readonly JournalChange[]): Promise<void>;
  /** Waits for what was appended, then releases the store. */
  close(): Promise<void>;
}
