import { BlobCorruptError, type BlobKeys, type BlobPieces, type BlobRange } from "../../ports/blob-store.ts";
import {
  checkTrailer,
  CHUNK_BYTES,
  HEADER_BYTES,
  openRecord,
  readHeader,
  recordAt,
  sizeOfSealed,
  TRAILER_BYTES,
  unfinishedBytes,
} from "./format.ts";

/** A sealed blob wherever it lies. */
export interface SealedSource {
  /** All its bytes, header and trailer included; or how many it should have, where `read` knows of more. */
  readonly bytes: number;
  /** Exactly so many bytes from `at` on, or fewer at the end, where the file or object ends. They stay as they are until `close`. */
  read(at: number, length: number): Promise<Buffer> | Buffer;
  /**
   * Reads and opens the record with that index, and as many after it as it likes, of a blob of `size` bytes; absent where this thread does it.
   * @throws BlobCorruptError
   */
  openRecords?(key: Uint8Array, index: number, size: number): Promise<readonly Buffer[]> | readonly Buffer[];
  /** Told, where it helps, what is about to be read from first to last. */
  announce?(at: number, until: number): void;
  close(): Promise<void>;
}

/** The key of a blob, from its header. @throws BlobCorruptError, and what `openKey` throws */
export function openHeader(keys: BlobKeys, header: Buffer): Uint8Array {
  const wrapped = readHeader(header);
  const key = wrapped && keys.openKey(wrapped);
  if (!key) throw new BlobCorruptError("its header was changed");
  return key;
}

/**
 * The blob's bytes from `start` to `end` (inclusive), or all of them. Only the records that hold them are read; each is verified before a byte
 * of it is given out. Closes the source when it is over, and where it rejects.
 * @param expected the size that the blob must have, where the reader knows it
 * @throws BlobCorruptError, and what `openKey` throws
 */
export async function openSealed(
  source: SealedSource,
  keys: BlobKeys,
  digest: string,
  range?: BlobRange,
  expected?: number,
): Promise<BlobPieces> {
  try {
    const size = sizeOfSealed(source.bytes);
    if (size === undefined) throw new BlobCorruptError("it is cut off");
    if (expected !== undefined && size !== expected) throw new BlobCorruptError(`it has ${size} bytes, not ${expected}`);
    const [start, end] = [range?.start ?? 0, Math.min(range?.end ?? size - 1, size - 1)];
    source.announce?.(
      recordAt(Math.floor(start / CHUNK_BYTES)),
      Math.min(recordAt(Math.floor(end / CHUNK_BYTES) + 1), unfinishedBytes(size)),
    );
    const [header, trailer] = await Promise.all([
      source.read(0, HEADER_BYTES),
      source.read(source.bytes - TRAILER_BYTES, TRAILER_BYTES + 1),
    ]);
    if (header.length < HEADER_BYTES || trailer.length < TRAILER_BYTES) throw new BlobCorruptError("it is cut off");
    if (trailer.length > TRAILER_BYTES) throw new BlobCorruptError("something follows it");
    const key = openHeader(keys, header);
    checkTrailer(key, header, size, digest, trailer);
    return new OpenedPieces(source, { key, digest, size, start, end });
  } catch (cause) {
    await source.close();
    throw named(cause, digest);
  }
}

interface Part {
  readonly key: Uint8Array;
  readonly digest: string;
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

const OVER = { value: undefined, done: true } as const;

/** Opens what is asked for, and nothing before: what ten readers hold together stays small. Sources may open ahead. */
class OpenedPieces implements BlobPieces {
  readonly #source: SealedSource;
  readonly #part: Part;
  #index: number;
  /** Opened, and not given out yet. The first is next. */
  #ready: Buffer[] = [];
  #closed: Promise<void> | undefined;

  constructor(source: SealedSource, part: Part) {
    this.#source = source;
    this.#part = part;
    this.#index = Math.floor(part.start / CHUNK_BYTES);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    try {
      const { start, end } = this.#part;
      while (!this.#closed && this.#ready.length === 0 && end >= start && this.#index * CHUNK_BYTES <= end) await this.#readOn();
    } catch (cause) {
      // Of what was given up nobody waits for an end.
      if (this.#closed) return OVER;
      // What went wrong first is told.
      await this.#close().catch(() => undefined);
      throw named(cause, this.#part.digest);
    }
    const value = this.#closed ? undefined : this.#ready.shift();
    if (value) return { value, done: false };
    await this.#close();
    return OVER;
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    await this.#close();
    return OVER;
  }

  #close(): Promise<void> {
    return (this.#closed ??= this.#source.close());
  }

  async #readOn(): Promise<void> {
    const { key, size, start, end } = this.#part;
    let at = this.#index * CHUNK_BYTES;
    const pieces = await (this.#source.openRecords?.(key, this.#index, size) ?? this.#openRecord());
    for (const piece of pieces) {
      const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
      at += piece.length;
      if (wanted.length > 0) this.#ready.push(wanted);
    }
    this.#index = Math.ceil(at / CHUNK_BYTES);
  }

  async #openRecord(): Promise<Buffer[]> {
    const { at, length } = placeOf(this.#index, this.#part.size);
    return openWhole(this.#part.key, this.#index, length, await this.#source.read(at, length));
  }
}

/** Where the record with that index lies in a blob of `size` bytes. */
export function placeOf(index: number, size: number): { readonly at: number; readonly length: number } {
  const at = recordAt(index);
  return { at, length: Math.min(recordAt(index + 1), unfinishedBytes(size)) - at };
}

/** @param record what was read of it, which should be `length` bytes @throws BlobCorruptError */
export function openWhole(key: Uint8Array, index: number, length: number, record: Buffer): Buffer[] {
  if (record.length !== length) throw new BlobCorruptError("it is cut off");
  return openRecord(key, index, record);
}

function named(cause: unknown, digest: string): Error {
  if (cause instanceof BlobCorruptError)
    return new BlobCorruptError(`the blob ${digest} is damaged in the store: ${cause.message}`, { cause });
  return cause as Error;
}
