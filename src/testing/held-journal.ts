import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Journal, JournalChange, JournalRecord } from "../ports/journal.ts";

interface Append {
  readonly changes: readonly JournalChange[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * A journal whose disk does what the test says: at once until it is held, then late, or never. `records` is what a crash would leave: what
 * still waits is not in it.
 */
export class HeldJournal implements Journal {
  readonly records: Map<string, JournalRecord>;
  readonly #memory: Journal;
  readonly #waiting: Append[] = [];
  readonly #watchers: (() => void)[] = [];
  readonly #late: ((write: () => void) => void) | undefined;
  #held: boolean;
  #failed: { readonly cause: unknown } | undefined;

  /** @param late where the disk is slow all the time: calls `write` when it has taken the next append */
  constructor(records = new Map<string, JournalRecord>(), late?: (write: () => void) => void) {
    this.records = records;
    this.#memory = memoryJournal(records);
    this.#late = late;
    this.#held = late !== undefined;
  }

  takeOver(): Promise<number> {
    return this.#memory.takeOver();
  }

  hasRoom(): boolean {
    return true;
  }

  load(): AsyncIterable<readonly JournalRecord[]> {
    return this.#memory.load();
  }

  append(changes: readonly JournalChange[]): Promise<void> {
    if (this.#failed) return Promise.reject(this.#failed.cause);
    if (!this.#held) return this.#memory.append(changes);
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      for (const told of this.#watchers.splice(0)) told();
      this.#late?.(() => this.release(1));
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Whatever is appended from now on waits. */
  hold(): void {
    this.#held = true;
  }

  /** How many appends wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when an append waits. */
  appended(): Promise<void> {
    return this.waiting > 0 ? Promise.resolve() : new Promise((resolve) => this.#watchers.push(resolve));
  }

  /** The first appends that wait, `count` of them, are on the disk. What comes still waits. */
  release(count = this.waiting): void {
    for (const { changes, resolve } of this.#waiting.splice(0, count)) void this.#memory.append(changes).then(resolve);
  }

  /** All that waits is on the disk, and so is at once what comes. */
  letGo(): void {
    this.#held = false;
    this.release();
  }

  /** The disk is gone: what waits never gets there, nor does anything later. */
  fail(cause: unknown): void {
    this.#failed = { cause };
    for (const { reject } of this.#waiting.splice(0)) reject(cause);
  }

  /** The record that a crash would leave. */
  durable<R extends object>({ name }: { readonly name: string }, key: string): R | undefined {
    const value = this.records.get(`${name}\n${key}`)?.value;
    return value === undefined ? undefined : (JSON.parse(value) as R);
  }

  /** All records of a table that a crash would leave. */
  all<R extends object>({ name }: { readonly name: string }): readonly R[] {
    return [...this.records.values()].filter(({ table }) => table === name).map(({ value }) => JSON.parse(value) as R);
  }
}

/** What became of somebody who asked while the disk was held. */
export interface HeldAnswer<T> {
  /** Whether the answer came before the disk had what it tells. */
  readonly early: boolean;
  readonly answer: T;
}

/**
 * Asks while the disk is held, and lets it go once the change waits for it and `meanwhile`, which goes the same way as the question, is over: an answer
 * that does not wait is there by then.
 */
export async function askHeld<T>(journal: HeldJournal, ask: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<HeldAnswer<T>> {
  journal.hold();
  let answered = false;
  const asked = ask().finally(() => (answered = true));
  // Where the answer is a failure the test ends with it.
  await Promise.race([journal.appended(), asked]);
  await meanwhile();
  const early = answered;
  journal.letGo();
  return { early, answer: await asked };
}
