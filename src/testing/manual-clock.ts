import type { Clock } from "../ports/clock.ts";

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on. Timers run in the order of their due times, each at its instant. */
export class ManualClock implements Clock {
  #now: number;
  readonly #turns = new Set<NodeJS.Immediate>();
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>();

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Disposable {
    const timer = { due: this.#now + Math.max(ms, 0), run };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** In a later turn of the real event loop, whether time passes or not; `pass` waits for it. */
  soon(run: () => void): Disposable {
    const immediate = setImmediate(() => {
      this.#turns.delete(immediate);
      run();
    });
    this.#turns.add(immediate);
    return {
      [Symbol.dispose]: () => {
        this.#turns.delete(immediate);
        clearImmediate(immediate);
      },
    };
  }

  /** Lets time pass: what becomes due runs. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.#runNext(end));
    this.#now = end;
  }

  /** As `advance`; the promises that a timer settles are followed to their end before the next one runs. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settled();
    while (this.#runNext(end)) await this.settled();
    this.#now = end;
  }

  /** Resolves when no promise and no turn is left that only waits for others: fakes use no real I/O. */
  async settled(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#turns.size > 0);
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Runs the first timer that is due by `end`; false where there is none. */
  #runNext(end: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.due <= end && (!next || timer.due < next.due)) next = timer;
    if (!next) return false;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.due);
    next.run();
    return true;
  }
}
