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
  /** Appends at `offset`, which must equal the current size (else rejects with `BlobRangeError`). Streams; never buffers a whole chunk. */
  append(id: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<BlobUpload>;
  /** Verifies the digest, makes the blob durable and visible, ends the upload. Rejects with `BlobDigestError` and keeps nothing visible. */
  commit(id: string, digest: string): Promise<{ readonly size: number }>;
  abort(id: string): Promise<void>;
  stat(digest: string): Promise<{ readonly size: number } | undefined>;
  /** The bytes from `start` to `end` (inclusive), or all of them. Rejects with `BlobMissingError`. */
  read(digest: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  remove(digest: string): Promise<void>;
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
