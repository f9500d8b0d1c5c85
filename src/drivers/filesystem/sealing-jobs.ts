import type { Numbered } from "./job-thread.ts";
import type { SmallFile } from "./small-files.ts";

/** What a thread is asked to do with the file of an upload; jobs of one upload are done in the order in which they are asked. */
export type SealingJob = BeginJob | AppendJob | FinishJob | CloseJob;

/** A job of an upload, which has a number of its own as long as a thread has its file: what another life of it had known is not to be counted on. */
export type UploadJob = SealingJob & { readonly upload: number };

/** Makes the file, with its header. */
export interface BeginJob {
  readonly kind: "begin";
  readonly path: string;
  readonly header: Uint8Array;
}

/** Hashes, encrypts and writes more bytes of the blob. */
export interface AppendJob {
  readonly kind: "append";
  readonly path: string;
  readonly key: Uint8Array;
  /** Bytes of the blob that are there already, where a run of appends begins; absent where it goes on. */
  readonly from?: number;
  /** The last one of a run ends the record: what it had is in the file then, as after each run. */
  readonly last: boolean;
  /** `length` bytes of it. It comes back with the answer. */
  readonly bytes: ArrayBuffer;
  readonly length: number;
}

/** Compares the digest, writes the trailer, and gives the file its place, if it gets one here: it is closed then. */
export interface FinishJob {
  readonly kind: "finish";
  readonly path: string;
  readonly key: Uint8Array;
  readonly header: Uint8Array;
  readonly size: number;
  readonly algorithm: string;
  readonly hex: string;
  readonly place?: Place;
}

/** Where a blob goes. */
export interface Place {
  readonly target: string;
  /** Folders that must be on disk with their names before anybody may count on the blob, besides its own. */
  readonly unsure: readonly string[];
}

/** Closes the file, which stays. */
export interface CloseJob {
  readonly kind: "close";
}

export interface Sealed extends Numbered {
  /** Memory of the job. */
  readonly bytes?: ArrayBuffer;
  /** Of an append: the bytes of the blob that are there now; with a failure, those that still are. */
  readonly size?: number;
  /** Of a finish: the digest that the bytes have, where it is another one than was asked for. */
  readonly otherDigest?: string;
  /** Of a finish that gave a small blob its place. */
  readonly small?: SmallFile;
  /** Of a finish: whether the upload is over for the thread. */
  readonly closed?: boolean;
  readonly failure?: Failure;
}

/** An error on its way between threads, where only its text would be left of it. */
export interface Failure {
  readonly message: string;
  /** The system's, such as `ENOSPC`. */
  readonly code?: string;
  readonly corrupt?: boolean;
}
