/** One record, in CloudTrail's format. Whoever reads the log relies on these members; a record has more. */
export interface AuditRecord {
  readonly eventID: string;
  /** ISO 8601, to the second. */
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly recipientAccountId: string;
  readonly readOnly: boolean;
  readonly userIdentity: Readonly<Record<string, unknown>>;
  readonly resources?: readonly AuditResource[];
  readonly [member: string]: unknown;
}

export interface AuditResource {
  readonly ARN: string;
  readonly accountId?: string;
  readonly type?: string;
}

export interface AuditQuery {
  /** Milliseconds since the Unix epoch, both inclusive. */
  readonly from?: number;
  readonly until?: number;
  /** Texts that the wanted records hold for certain, as JSON has them: what lacks one is not even parsed. */
  readonly holding: readonly string[];
  readonly wanted: (record: AuditRecord) => boolean;
  readonly limit: number;
  /** Where an earlier page ended. */
  readonly after?: AuditPosition;
}

/** Opaque to callers; stays good while the record is kept. */
export type AuditPosition = string;

export interface AuditPage {
  /** The latest first, by the time at which they were recorded. */
  readonly records: readonly AuditRecord[];
  /** Of each record, where a search goes on behind it. */
  readonly positions: readonly AuditPosition[];
  /** Where to go on; absent at the end. A page may be short, or empty, and still have one: a search reads so much at a time and no more. */
  readonly next?: AuditPosition;
}

/** Keeps the records of all accounts. */
export interface AuditLog {
  /**
   * Takes a record and returns at once; it is written within a second. It never throws: what cannot be written is told to the operator.
   * A crash of the process loses what was not written yet.
   */
  append(record: AuditRecord): void;
  /** Finds records, also those that were taken just now. @throws RangeError for a position that is none */
  find(query: AuditQuery): Promise<AuditPage>;
  /** Resolves when everything that was taken so far is written. */
  flush(): Promise<void>;
  /** Writes what is left. */
  close(): Promise<void>;
}
