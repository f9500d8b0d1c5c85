import { BlobCorruptError, type BlobKeys, type BlobPieces, type BlobRange } from "../../ports/blob-store.ts";
import { keepMemory, releaseMemory } from "../../ports/release-memory.ts";
import { SharedPieces } from "./shared-pieces.ts";

export interface OpenedBlobsLimits {
  /** Bytes of all together; of none where 0. */
  readonly mostBytes: number;
  /** Bytes of one. */
  readonly mostOfOne: number;
}

const MEBIBYTE = 1024 * 1024;
export const OPENED_BLOBS: OpenedBlobsLimits = { mostBytes: 16 * MEBIBYTE, mostOfOne: 16 * MEBIBYTE };
/** Of so many blobs that are not here it is known when they were read last. */
const MOST_NAMES = 4096;
/**
 * Room is made for one byte of so many that are read. What comes in takes new memory, and leaves old to the collector: together it costs what several readings
 * from memory save.
 */
const READ_FOR_ROOM = 32;

/** A blob that is open for reading: its pieces, and by what one sees later that what lies in the store is still the same. */
export interface OpenBlob<Mark> {
  readonly pieces: BlobPieces;
  readonly mark: Mark;
}

/**
 * Blobs that are read again and again, verified and decrypted. What is read once passes by: a blob comes in with its second reading, and sends away only such
 * as were not read since its first. So whoever goes through all images, once or in circles, pushes nothing out; and where more are read in no order than there is room for, one takes
 * another's place seldom. One that somebody reads stays until he is done: slow readers of many blobs
 * hold no more than the limit together. Whoever reads at the same time shares one opening.
 *
 * It knows nothing of the store: whoever gets a blob from it compares its mark with what lies there now, each time. Nor does it know whether a key may still be used:
 * that is asked at each reading.
 */
export class OpenedBlobs<Mark> {
  readonly #limits: OpenedBlobsLimits;
  /** Those that were read last come last. */
  readonly #blobs = new Map<string, OpenedBlob<Mark>>();
  /** When each was read last, of those that are not here; in that order. */
  readonly #before = new Map<string, number>();
  #readings = 0;
  #bytes = 0;
  /** Bytes of others that may be sent away to make room. */
  #spendable: number;

  constructor(limits: OpenedBlobsLimits = OPENED_BLOBS) {
    this.#limits = limits;
    this.#spendable = limits.mostBytes;
  }

  /** Of those that are here, and of those that were forgotten while somebody read them. */
  get bytes(): number {
    return this.#bytes;
  }

  get(name: string): OpenedBlob<Mark> | undefined {
    const found = this.#blobs.get(name);
    if (!found) return undefined;
    this.#blobs.delete(name);
    this.#blobs.set(name, found);
    found.readAt = this.#countReading(found.size);
    return found;
  }

  /**
   * To be called for one that is not here and is to be read whole. `undefined` where it is not to be kept, or there is no room.
   * @param open reads all of it, with these keys
   */
  admit(name: string, size: number, keys: BlobKeys, open: (keys: BlobKeys) => Promise<OpenBlob<Mark>>): OpenedBlob<Mark> | undefined {
    const { mostBytes, mostOfOne } = this.#limits;
    if (size > Math.min(mostOfOne, mostBytes)) return undefined;
    const before = this.#readBefore(name, size);
    if (before === undefined || !this.#makeRoom(size, before)) return undefined;
    this.#before.delete(name);
    this.#bytes += size;
    const blob: OpenedBlob<Mark> = new OpenedBlob(size, keys, open, {
      failed: () => this.#drop(name, blob),
      freed: () => (this.#bytes -= size),
    });
    blob.readAt = this.#readings;
    this.#blobs.set(name, blob);
    return blob;
  }

  /** Whoever reads it reads on. */
  forget(name: string): void {
    this.#before.delete(name);
    const found = this.#blobs.get(name);
    if (found) this.#drop(name, found);
  }

  #drop(name: string, blob: OpenedBlob<Mark>): void {
    if (this.#blobs.get(name) === blob) this.#blobs.delete(name);
    blob.leave();
  }

  /** @returns how many there were, with this one */
  #countReading(size: number): number {
    this.#spendable = Math.min(this.#limits.mostBytes, this.#spendable + size / READ_FOR_ROOM);
    return (this.#readings += 1);
  }

  /** When it was read before; notes that it is read now. */
  #readBefore(name: string, size: number): number | undefined {
    const before = this.#before.get(name);
    this.#before.delete(name);
    this.#before.set(name, this.#countReading(size));
    const [oldest] = this.#before.keys();
    if (this.#before.size > MOST_NAMES && oldest !== undefined) this.#before.delete(oldest);
    return before;
  }

  /** Sends away those that were read before a time, first those that were not read for longest; none that somebody reads now. */
  #makeRoom(size: number, before: number): boolean {
    const going: [string, OpenedBlob<Mark>][] = [];
    let left = this.#bytes + size - this.#limits.mostBytes;
    let spent = 0;
    for (const entry of this.#blobs) {
      if (left <= 0 || entry[1].readAt > before) break;
      if (entry[1].isInUse) continue;
      going.push(entry);
      left -= entry[1].size;
      spent += entry[1].size;
    }
    if (left > 0 || spent > this.#spendable) return false;
    this.#spendable -= spent;
    for (const [name, blob] of going) this.#drop(name, blob);
    return true;
  }
}

interface Told {
  /** It cannot be read to its end. */
  readonly failed: () => void;
  /** It is gone, and nobody reads it any more. */
  readonly freed: () => void;
}

/** One blob, from when its opening begins. */
class OpenedBlob<Mark> {
  readonly size: number;
  /** After so many readings of all. */
  readAt = 0;
  readonly #told: Told;
  readonly #pieces: Buffer[] = [];
  readonly #opening: Promise<Mark | undefined>;
  #wrapped: Uint8Array | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #whole = false;
  #readers = 0;
  #left = false;
  #freed = false;
  #waiting: (() => void)[] = [];

  constructor(size: number, keys: BlobKeys, open: (keys: BlobKeys) => Promise<OpenBlob<Mark>>, told: Told) {
    this.size = size;
    this.#told = told;
    const noting: BlobKeys = {
      ...keys,
      openKey: (wrapped) => {
        this.#wrapped = Uint8Array.from(wrapped);
        return keys.openKey(wrapped);
      },
    };
    const opened = open(noting);
    this.#opening = opened.then(
      ({ mark }) => mark,
      () => undefined,
    );
    void this.#take(opened);
  }

  /** Resolves when it is open, with its mark; with `undefined` where it could not be opened. */
  opened(): Promise<Mark | undefined> {
    return this.#opening;
  }

  /** Nobody who comes now finds it. */
  get isGone(): boolean {
    return this.#left;
  }

  get isInUse(): boolean {
    return this.#readers > 0 || !this.#whole;
  }

  /** What a reader's own keys open; to be called when it is open. @throws BlobCorruptError, and what `openKey` throws */
  read(keys: BlobKeys, digest: string, range?: BlobRange): BlobPieces {
    if (!this.#wrapped || !keys.openKey(this.#wrapped))
      throw new BlobCorruptError(`the blob ${digest} is damaged in the store: its header was changed`);
    this.#readers += 1;
    const done = (): void => {
      this.#readers -= 1;
      this.#free();
    };
    return new SharedPieces((index) => this.#piece(index), range ?? { start: 0, end: this.size - 1 }, done);
  }

  /** It is here no more. */
  leave(): void {
    this.#left = true;
    this.#free();
  }

  /** As fast as it is opened, whoever reads it: one that takes its time holds up nobody. */
  async #take(opened: Promise<OpenBlob<Mark>>): Promise<void> {
    try {
      const { pieces } = await opened;
      for await (const piece of pieces) {
        this.#pieces.push(ownMemory(piece));
        this.#wake();
      }
    } catch (cause) {
      this.#failure = { cause };
    }
    this.#whole = true;
    this.#wake();
    if (this.#failure) this.#told.failed();
    else this.#free();
  }

  async #piece(index: number): Promise<Buffer | undefined> {
    while (index >= this.#pieces.length && !this.#whole) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const piece = this.#pieces[index];
    if (!piece && this.#failure) throw this.#failure.cause;
    return piece;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #free(): void {
    if (this.#freed || !this.#left || this.isInUse) return;
    this.#freed = true;
    this.#told.freed();
  }
}

/** A piece that may stay: with memory of its own, which whoever sends it does not free. */
function ownMemory(piece: Buffer): Buffer {
  if (piece.byteLength === piece.buffer.byteLength) {
    keepMemory(piece);
    return piece;
  }
  const own = Buffer.from(new Uint8Array(piece).buffer);
  keepMemory(own);
  releaseMemory([piece]);
  return own;
}
