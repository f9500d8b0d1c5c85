import type { Readable } from "node:stream";

/** An upload under way. Its bytes are on disk, not in memory, and invisible until committed. */
export interface BlobUpload {
  readonly id: string;
  /** Bytes received so far. */
  readonly size: number;
}

/**
 * Content-addressed bytes. A blob is visible only when complete, its digest verified, and fsynced together with its
 * directory. Digests are `algorithm:hex` as in the OCI image specification.
 */
export interface BlobStore {
  startUpload(id: string): Promise<BlobUpload>;
  /** `undefined` where no such upload is under way. Uploads survive a restart. */
  upload(id: string): Promise<BlobUpload | undefined>;
  /**
   * Appends at `offset`, which must equal the current size (else rejects with `BlobRangeError`). Streams; never buffers a whole
   * chunk; the pieces of `bytes` must not be written to again by who yields them. Where `bytes` fails, what came before stays
   * received, and the failure is passed on. Rejects with `BlobUploadMissingError` where no such upload is under way, here as in `commit`.
   */
  append(id: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<BlobUpload>;
  /**
   * Verifies the digest, makes the blob durable and visible, ends the upload. Rejects with `BlobDigestError` and keeps nothing
   * visible; the upload is then gone too. A blob that is already there is as good as one that was brought.
   */
  commit(id: string, digest: string): Promise<{ readonly size: number }>;
  abort(id: string): Promise<void>;
  stat(digest: string): Promise<{ readonly size: number } | undefined>;
  /** The bytes from `start` to `end` (inclusive), or all of them. Rejects with `BlobMissingError`. */
  read(digest: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /**
   * Forgets a blob; true where there was one. With `unusedSince` (milliseconds since the Unix epoch), only one that nobody has
   * committed since: a collector that found it unused at that time never takes a blob away from a push that just brought it again.
   */
  remove(digest: string, unusedSince?: number): Promise<boolean>;
  /** The digests of all blobs, in no particular order. */
  list(): AsyncIterable<string>;
  /** Ends the uploads that received nothing since `before` (milliseconds since the Unix epoch); resolves with their number. */
  abortIdle(before: number): Promise<number>;
}

export class BlobRangeError extends Error {
  readonly size: number;
  constructor(size: number) {
    super(`the upload has ${size} bytes; the chunk does not continue it`);
    this.size = size;
  }
}
export class BlobDigestError extends Error {}
export class BlobMissingError extends Error {}
export class BlobUploadMissingError extends Error {}
