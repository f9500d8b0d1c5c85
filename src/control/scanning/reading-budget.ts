import type { Clock } from "../../ports/clock.ts";

/** What reading one image may take, all its layers together. Such numbers as real images stay far below, and bombs do not. */
export interface ReadingLimits {
  /** Bytes of the layers when decompressed. */
  readonly bytes: number;
  readonly entries: number;
  /** Bytes of the files that are kept. */
  readonly keptBytes: number;
  readonly milliseconds: number;
}

const GIBIBYTE = 1024 ** 3;

export const READING_LIMITS: ReadingLimits = {
  bytes: 64 * GIBIBYTE,
  entries: 5_000_000,
  keptBytes: GIBIBYTE / 4,
  milliseconds: 30 * 60_000,
};

/** An image that cannot be read; the message is for people. */
export class UnreadableImageError extends Error {}

/** Counts what reading an image takes. Each method throws an `UnreadableImageError` where that is too much. */
export class ReadingBudget {
  readonly #clock: Clock;
  readonly #limits: ReadingLimits;
  readonly #end: number;
  /** Stops the reading: what it throws then is the signal's reason. */
  readonly stop: AbortSignal;
  #bytes = 0;
  #entries = 0;
  #kept = 0;

  constructor(clock: Clock, limits: ReadingLimits, stop: AbortSignal) {
    this.stop = stop;
    this.#clock = clock;
    this.#limits = limits;
    this.#end = clock.now() + limits.milliseconds;
  }

  readBytes(count: number): void {
    this.stop.throwIfAborted();
    this.#bytes += count;
    if (this.#bytes > this.#limits.bytes) throw new UnreadableImageError(`its layers have more than ${this.#limits.bytes} bytes`);
    if (this.#clock.now() > this.#end)
      throw new UnreadableImageError(`reading it takes more than ${this.#limits.milliseconds / 1000} seconds`);
  }

  readEntry(): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) throw new UnreadableImageError(`its layers have more than ${this.#limits.entries} files`);
  }

  keepBytes(count: number): void {
    this.#kept += count;
    if (this.#kept > this.#limits.keptBytes)
      throw new UnreadableImageError(`the files that tell of its packages have more than ${this.#limits.keptBytes} bytes`);
  }
}
