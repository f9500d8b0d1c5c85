/** The records of one table by their keys, as JSON values. */
export type Records = Map<string, Record<string, unknown>>;

/** All that a journal holds, to be changed in place. A table that is not there is empty. */
export interface Contents {
  table(name: string): Records;
}

/**
 * One step from a version of the whole state to the next. It changes records of earlier shapes, and nothing else: it knows neither the
 * record types of today, which go on changing, nor the time. It may be run again on what it was run on.
 */
export interface Migration {
  /** The version that there is afterwards. */
  readonly to: number;
  /** What changes, for the log. */
  readonly title: string;
  migrate(contents: Contents): void;
}
