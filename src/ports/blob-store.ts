/** An upload under way. Its bytes are in the store, not in memory, and invisible until committed. */
export interface BlobUpload {
  readonly id: string;
  /** Bytes received so far. */
  readonly size: number;
}

/** The key of one blob's bytes, and the form of it that is kept beside them. */
export interface BlobKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Up to `LARGEST_WRAPPED_KEY` bytes. */
  readonly wrapped: Uint8Array;
}

export const LARGEST_WRAPPED_KEY = 480;

/**
 * Under whose keys blobs lie. Equal bytes are kept once in a domain; domains share nothing. `newKey` and `openKey` throw what is to be
 * told to whoever reads or writes, where the keys cannot be used now.
 */
export interface BlobKeys {
  /** Names the domain: 1 to 64 lower-case letters, digits and dashes. */
  readonly domain: string;
  newKey(): BlobKey;
  /** `undefined` for what is no key of this domain: somebody changed it. */
  openKey(wrapped: Uint8Array): Uint8Array | undefined;
}

/**
 * Content-addressed bytes, encrypted at rest. A blob is told of only when complete, its digest verified, and durable together with its
 * name. Digests are `algorithm:hex` as in the OCI image specification. No byte is given out that is not the one that was put in.
 */
export interface BlobStore {
  /** The blobs of a domain. Cheap: made for each request. */
  in(keys: BlobKeys): Blobs;
  /** The domains that may have blobs, in no particular order. */
  domains(): AsyncIterable<string>;
  /** The digests of a domain's blobs, in no particular order. Needs no keys. */
  list(domain: string): AsyncIterable<string>;
  /**
   * Forgets a blob; true where there was one. With `unusedSince` (milliseconds since the Unix epoch), only one that nobody has
   * committed since: a collector that found it unused at that time never takes a blob away from a push that just brought it again.
   */
  remove(domain: string, digest: string, unusedSince?: number): Promise<boolean>;
  /** Ends the uploads that received nothing since `before` (milliseconds since the Unix epoch); resolves with their number. */
  abortIdle(before: number): Promise<number>;
}

/** The blobs of one domain. */
export interface Blobs {
  readonly domain: string;
  startUpload(id: string): Promise<BlobUpload>;
  /** `undefined` where no such upload is under way. Uploads survive a restart. */
  upload(id: string): Promise<BlobUpload | undefined>;
  /**
   * Appends at `offset`, which must equal the current size (else rejects with `BlobRangeError`). Streams; never buffers a whole
   * chunk. Each piece of `bytes` is read before the next one is asked for, and not afterwards: it is then the yielder's again. Where
   * `bytes` fails, what came before stays received, and the failure is passed on. Rejects with `BlobUploadMissingError` where no such upload is under way, here as in `commit`.
   */
  append(id: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<BlobUpload>;
  /**
   * Verifies the digest, makes the blob durable and visible, ends the upload. Rejects with `BlobDigestError` and keeps nothing
   * visible; the upload is then gone too. A blob that was there already is replaced: it is whole again if it was damaged.
   */
  commit(id: string, digest: string): Promise<{ readonly size: number }>;
  abort(id: string): Promise<void>;
  stat(digest: string): Promise<{ readonly size: number } | undefined>;
  /**
   * The bytes from `start` to `end` (inclusive), or all of them. Rejects with `BlobMissingError`, and with `BlobCorruptError` where
   * what lies in the store is not what was put there; where that shows later, the stream fails with it before it gives a wrong byte.
   * The pieces are to be read and not written: others may read the same. `releaseMemory` knows which may be freed.
   * @param size of the blob, where the reader knows it: one that has another is damaged
   */
  read(digest: string, range?: BlobRange, size?: number): Promise<BlobPieces>;
}

/**
 * What is read of a blob, in pieces, one asked for after the other. Nothing is left open when it is over or has failed. No stream of Node's: that would take as
 * long for a small blob as all the rest of an answer.
 */
export interface BlobPieces extends AsyncIterableIterator<Buffer> {
  /** Ends the reading before its end, also while a piece is waited for: that one comes, or does not, and it is over. */
  return(): Promise<IteratorResult<Buffer, undefined>>;
}

/** Both ends inclusive, in bytes of the blob. */
export interface BlobRange {
  readonly start: number;
  readonly end: number;
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
/** Bytes were changed, cut off or exchanged in the store. */
export class BlobCorruptError extends Error {}

/** Whether what a store threw means that it has no room for more bytes: the disk, or the quota on it, is full. */
export function isStoreFull(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENOSPC" || code === "EDQUOT";
}
