import { JournalFencedError } from "../../ports/journal.ts";
import { NoRoomError } from "../../ports/no-room.ts";
import { DatabaseInUseError } from "./database.ts";

/** Table, key and value of each change, one after another: the clone of a list of texts costs a third of one of objects. A record that is gone has no value. */
export type Rows = readonly (string | undefined)[];

/** What whoever has a journal's database is asked. It works on the jobs in the order in which they come; the first is `open`. */
export type JournalJob =
  | { readonly kind: "open"; readonly file: string }
  /** Some of the next write's rows, which come before its own. */
  | { readonly kind: "part"; readonly rows: Rows }
  /** One transaction. Answered when it would survive a crash of the machine. */
  | { readonly kind: "write"; readonly rows: Rows }
  /** Asks whether there is room again, for writes after it. @param last whether only whether they succeed matters: the journal is closed after them */
  | { readonly kind: "catch-up"; readonly last: boolean }
  | { readonly kind: "take-over" }
  /** The next records, or the first ones anew. */
  | { readonly kind: "load"; readonly anew: boolean }
  | { readonly kind: "copy"; readonly to: string }
  | { readonly kind: "hold" }
  | { readonly kind: "release" }
  | { readonly kind: "close" };

export interface JournalAnswer {
  readonly failure?: Failure;
  /** There was no room for a write: nothing of it was kept, and the ones after it are refused until it was asked to catch up. */
  readonly refused?: Failure;
  /** What was asked was done, and there is no room for what is new. */
  readonly noRoom?: Failure;
  readonly token?: number;
  readonly rows?: readonly string[];
  /** Whether there are more records than these. */
  readonly more?: boolean;
}

/** Does the jobs of one database. */
export type JournalWorker = (job: JournalJob) => Promise<JournalAnswer>;

/** An error as it goes from one thread to another. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

export function failureOf(cause: unknown): Failure {
  if (!(cause instanceof Error)) return { name: "Error", message: String(cause) };
  const { code } = cause as NodeJS.ErrnoException;
  const name = cause instanceof DatabaseInUseError ? "DatabaseInUseError" : cause.name;
  return { name, message: cause.message, ...(code !== undefined && { code }) };
}

export function errorOf({ name, message, code }: Failure): Error {
  if (name === "JournalFencedError") return new JournalFencedError();
  if (name === "NoRoomError") return new NoRoomError(message);
  const error = name === "DatabaseInUseError" ? new DatabaseInUseError(message) : new Error(message);
  return code === undefined ? error : Object.assign(error, { code });
}
