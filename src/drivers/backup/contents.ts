/** What a backup says of itself, in its first entry. */
export interface BackupHead {
  /** Of the form of the file; another one is not read. */
  readonly format: 1;
  /** Of Airfield. */
  readonly version: string;
  /** Of the whole state. */
  readonly stateVersion: number;
  /** ISO 8601, when it was begun. */
  readonly madeAt: string;
  /** The installation's name, which it keeps where it is restored. */
  readonly installation: string;
  /** Whether the root key is in it, or with the operator who brought it. */
  readonly rootKey: "contained" | "the operator's";
  /** Where the registry's bytes are: in it, or in a bucket, of which it has nothing. */
  readonly registry: "contained" | `s3://${string}`;
  /** What of the data folder is not in it, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
}

/** The last entry: of each file in it, without the prefix. */
export type BackupChecksums = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;

export const HEAD_ENTRY = "airfield-backup.json";
export const CHECKSUMS_ENTRY = "checksums.json";
export const DATA_PREFIX = "data/";

/** The databases of a data folder, which need more than being copied. */
export const STATE_DATABASE = "state.db";
export const LOG_DATABASE = "logs.db";
export const DATABASES = [STATE_DATABASE, LOG_DATABASE];

/** What a backup leaves of a data folder: paths in it, with why. Everything else is taken, also what a later version has made. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "registry/uploads": "pushes under way are begun again",
  proxy: "made anew at the start",
  "host-volumes": "files of tasks, which only who runs them knows how to copy",
  backups: "copies of the state from before migrations",
  "server.json": "of the process",
  "troubles.json": "of the process",
  "operator.sock": "of the process",
  "questions.sock": "of the process",
  "host-names/endpoint.json": "of the process",
  "vulndb/import.db": "of an import under way",
  "vulndb/import.lock": "of an import under way",
};

/** Whether a file of the data folder is one of those, or what a process was about to put in its place. */
export function isLeftOut(path: string): boolean {
  const isDatabase = DATABASES.some((name) => path === name || path.startsWith(`${name}-`));
  return isDatabase || path.endsWith(".new") || Object.keys(LEFT_OUT).some((left) => path === left || path.startsWith(`${left}/`));
}

/** A backup that cannot be made or restored. `advice` says what to do. */
export class BackupError extends Error {
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BackupError";
    this.advice = advice;
  }
}
