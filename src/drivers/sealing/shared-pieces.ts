import type { BlobPieces, BlobRange } from "../../ports/blob-store.ts";

const OVER = { value: undefined, done: true } as const;

/** Parts of pieces that others read too. */
export class SharedPieces implements BlobPieces {
  readonly #piece: (index: number) => Promise<Buffer | undefined>;
  readonly #range: BlobRange;
  readonly #done: () => void;
  #index = 0;
  /** In the blob, where the next piece begins. */
  #at = 0;
  #over = false;

  constructor(piece: (index: number) => Promise<Buffer | undefined>, range: BlobRange, done: () => void) {
    this.#piece = piece;
    this.#range = range;
    this.#done = done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    const { start, end } = this.#range;
    try {
      while (!this.#over && this.#at <= end) {
        const piece = await this.#piece(this.#index);
        if (!piece) break;
        const wanted = piece.subarray(Math.max(0, start - this.#at), Math.max(0, end + 1 - this.#at));
        this.#index += 1;
        this.#at += piece.length;
        if (wanted.length > 0 && !this.#over) return { value: wanted, done: false };
      }
    } catch (cause) {
      if (!this.#over) {
        this.#end();
        throw cause;
      }
    }
    this.#end();
    return OVER;
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#end();
    return Promise.resolve(OVER);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#done();
  }
}
