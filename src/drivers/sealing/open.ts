import { Readable } from "node:stream";
import { BlobCorruptError, type BlobKeys } from "../../ports/blob-store.ts";
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
  /** All its bytes, header and trailer included. */
  readonly bytes: number;
  /** Exactly so many bytes from `at` on, or fewer at the end. Whoever gives them does not touch them again until the next call. */
  read(at: number, length: number): Promise<Buffer>;
  /** Told, where it helps, what is about to be read from first to last. */
  announce?(at: number, until: number): void;
  close(): Promise<void>;
}

/** Manifests, configurations and small layers, which are the most: of one record, they are read in one go. */
const SMALL = recordAt(1) + TRAILER_BYTES;

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
 * @throws BlobCorruptError, and what `openKey` throws
 */
export async function openSealed(
  from: SealedSource,
  keys: BlobKeys,
  digest: string,
  range?: { readonly start: number; readonly end: number },
): Promise<Readable> {
  const source = from.bytes <= SMALL ? inMemory(from) : from;
  try {
    const size = sizeOfSealed(source.bytes);
    if (size === undefined) throw new BlobCorruptError("it is cut off");
    const header = Buffer.from(await source.read(0, HEADER_BYTES));
    const key = openHeader(keys, header);
    checkTrailer(key, header, size, digest, await source.read(source.bytes - TRAILER_BYTES, TRAILER_BYTES));
    const [start, end] = [range?.start ?? 0, Math.min(range?.end ?? size - 1, size - 1)];
    source.announce?.(
      recordAt(Math.floor(start / CHUNK_BYTES)),
      Math.min(recordAt(Math.floor(end / CHUNK_BYTES) + 1), unfinishedBytes(size)),
    );
    return new OpenedStream(source, { key, digest, size, start, end });
  } catch (cause) {
    await source.close();
    throw named(cause, digest);
  }
}

/** All of a small source is fetched with the first of its bytes. */
function inMemory(source: SealedSource): SealedSource {
  let all: Promise<Buffer> | undefined;
  return {
    bytes: source.bytes,
    async read(at, length) {
      all ??= source.read(0, source.bytes);
      return (await all).subarray(at, at + length);
    },
    close: () => source.close(),
  };
}

interface Part {
  readonly key: Uint8Array;
  readonly digest: string;
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/**
 * One record is read ahead, no more: what ten readers hold together must stay below the tens of megabytes of buffers from which on the garbage
 * collector of Node goes through the whole heap again and again.
 */
class OpenedStream extends Readable {
  readonly #source: SealedSource;
  readonly #part: Part;
  #index: number;

  constructor(source: SealedSource, part: Part) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#source = source;
    this.#part = part;
    this.#index = Math.floor(part.start / CHUNK_BYTES);
  }

  override _read(): void {
    this.#readRecord().catch((cause: unknown) => this.destroy(named(cause, this.#part.digest)));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#end(error, done);
  }

  async #end(error: Error | null, done: (error?: Error | null) => void): Promise<void> {
    let failed = error;
    try {
      await this.#source.close();
    } catch (cause) {
      failed ??= cause as Error;
    }
    done(failed);
  }

  async #readRecord(): Promise<void> {
    const { key, size, start, end } = this.#part;
    const index = this.#index;
    const first = index * CHUNK_BYTES;
    if (end < start || first > end) {
      this.push(null);
      return;
    }
    const at = recordAt(index);
    const length = Math.min(recordAt(index + 1), unfinishedBytes(size)) - at;
    const record = await this.#source.read(at, length);
    if (record.length !== length) throw new BlobCorruptError("it is cut off");
    const bytes = openRecord(key, index, record);
    this.#index += 1;
    const wanted = start <= first && end >= first + bytes.length - 1;
    this.push(wanted ? bytes : bytes.subarray(Math.max(0, start - first), end - first + 1));
  }
}

function named(cause: unknown, digest: string): Error {
  if (cause instanceof BlobCorruptError)
    return new BlobCorruptError(`the blob ${digest} is damaged in the store: ${cause.message}`, { cause });
  return cause as Error;
}
