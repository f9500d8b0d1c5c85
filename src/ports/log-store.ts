/** One log event. Times are milliseconds since the Unix epoch. */
export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

export interface StoredLogEvent extends LogEvent {
  /** Position in the store: grows with every event, unique within an account and region. */
  readonly id: number;
  readonly stream: string;
  readonly ingestionTime: number;
}

/** Names one log stream. */
export interface LogStreamKey {
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
}

export interface LogQuery {
  readonly account: string;
  readonly region: string;
  readonly group: string;
  /** All streams of the group where absent. */
  readonly streams?: readonly string[];
  /** Inclusive. */
  readonly startTime?: number;
  /** Exclusive. */
  readonly endTime?: number;
  /** Only events after (forward) or before (backward) this position in the order of `timestamp`, then `id`. */
  readonly cursor?: { readonly timestamp: number; readonly id: number };
  readonly backward?: boolean;
  readonly limit: number;
  /**
   * Characters of messages after which the answer ends, with the event that brought it there: it then has fewer events than `limit`, and there may be more. Unlimited
   * where absent: an event may be of 256 KB.
   */
  readonly mostLength?: number;
}

/** Where log events live: not control-plane state, so not in the journal. Groups and streams themselves are in `state`. */
export interface LogStore {
  /**
   * Resolves when the events will survive a crash of the process; rejects with `NoRoomError` where the disk is full, and keeps none of them. Events of one call are stored together, and with them the
   * `position` where one is given: a crash of the machine may lose the last events, but then the position with them.
   */
  append(key: LogStreamKey, events: readonly LogEvent[], ingestionTime: number, position?: string): Promise<void>;
  /** The position that was stored last with a stream's events. */
  position(key: LogStreamKey): string | undefined;
  /** In the order of `timestamp`, then `id`; reversed where `backward`. */
  query(query: LogQuery): readonly StoredLogEvent[];
  /** Time stamps of a stream's first and last event and of its last ingestion; `undefined` where it has none. */
  extent(key: LogStreamKey): { readonly first: number; readonly last: number; readonly lastIngestion: number } | undefined;
  /** What a group's events weigh, as AWS counts: the bytes of their messages in UTF-8, and 26 for each event. */
  storedBytes(group: Omit<LogStreamKey, "stream">): number;
  /** Forgets a stream's events, or all of a group's where `stream` is absent. */
  remove(key: Omit<LogStreamKey, "stream"> & { readonly stream?: string }): Promise<void>;
  /** Forgets a group's events older than `before`; tells how many. */
  expire(group: Omit<LogStreamKey, "stream">, before: number): Promise<number>;
  close(): Promise<void>;
}
