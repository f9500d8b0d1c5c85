import { errorTrace } from "../domain/error-text.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { NoRoomError } from "../state/state.ts";

/** Works on keys: one step at a time for each, another one if it was woken meanwhile. */
export interface KeyedWorker extends AsyncDisposable {
  /** The key is dirty: a step will look at it, once for all that happened until it begins. */
  wake(key: string): void;
  /** Wakes the key at an instant, milliseconds since the Unix epoch; a later call for the same key replaces an earlier one. */
  wakeAt(key: string, at: number): void;
}

export interface KeyedWorkerOptions {
  /** Steps that may wait for something at the same time. The others wait their turn. */
  readonly atOnce?: number;
  /**
   * Milliseconds for which a key rests after a step that went well, whatever wakes it: what happens meanwhile is looked at together. For steps whose
   * cost grows with something that they look through, so that they take a bounded share of the time. No rest where absent.
   */
  readonly rest?: (key: string) => number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const AT_ONCE = 256;
/** How long disposing waits for the steps under way. */
const PATIENCE_MS = 10_000;
/** How long steps may follow each other before whoever else waits for this thread has a turn. */
const SLICE_MS = 1;

/**
 * Collects dirty keys and works on them in the order in which they became dirty, so that none waits longer than all others take. A step
 * begins in a later turn of the event loop than what woke it: what a commit, or a burst of them, changes is looked at once.
 *
 * A step that throws is tried again after a pause that doubles, and not before, however often the key is woken. Disposing begins no other step, and waits
 * for those under way, ten seconds at most: what is not over by then is cut off as by a crash, which every step must bear.
 */
export function keyedWorker(
  name: string,
  step: (key: string) => Promise<void> | void,
  clock: Clock,
  logger: Logger,
  { atOnce = AT_ONCE, rest = () => 0 }: KeyedWorkerOptions = {},
): KeyedWorker {
  /** Those whose step may begin, in the order in which they became dirty. */
  const dirty = new Set<string>();
  /** Those that became dirty while a step of theirs is under way, or before their pause is over. */
  const later = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const timers = new Map<string, Disposable>();
  const failures = new Map<string, number>();
  /** Keys whose last step failed, or that rest, and whose pause is not over. */
  const paused = new Map<string, Disposable>();
  let turn: Disposable | undefined;
  let closed = false;

  function wake(key: string): void {
    if (closed) return;
    if (running.has(key) || paused.has(key)) {
      later.add(key);
      return;
    }
    dirty.add(key);
    begin();
  }

  function begin(): void {
    turn ??= clock.soon(work);
  }

  function work(): void {
    turn = undefined;
    const until = performance.now() + SLICE_MS;
    for (const key of dirty) {
      if (closed || running.size >= atOnce) return;
      if (performance.now() > until) return begin();
      dirty.delete(key);
      run(key);
    }
  }

  function run(key: string): void {
    try {
      const working = step(key);
      if (working === undefined) return succeeded(key);
      running.set(
        key,
        working.then(
          () => succeeded(key),
          (cause: unknown) => failed(key, cause),
        ),
      );
    } catch (cause) {
      failed(key, cause);
    }
  }

  function succeeded(key: string): void {
    failures.delete(key);
    const ms = rest(key);
    if (ms > 0 && !closed) {
      const over = clock.after(ms, () => {
        paused.delete(key);
        if (later.delete(key)) wake(key);
      });
      paused.set(key, over);
    }
    ended(key);
  }

  function failed(key: string, cause: unknown): void {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    const pause = Math.min(FIRST_RETRY_MS * 2 ** (count - 1), LONGEST_RETRY_MS);
    // That the disk is full is said once, by who looks after it, and not by every key.
    if (!(cause instanceof NoRoomError))
      logger.error(`${name}: a step failed and will be tried again`, { key, pause, cause: errorTrace(cause) });
    if (!closed) {
      const again = clock.after(pause, () => {
        paused.delete(key);
        later.delete(key);
        wake(key);
      });
      paused.set(key, again);
    }
    ended(key);
  }

  function ended(key: string): void {
    running.delete(key);
    if (!paused.has(key) && later.delete(key)) dirty.add(key);
    if (dirty.size > 0 && !closed) begin();
  }

  function wakeAt(key: string, at: number): void {
    if (closed) return;
    timers.get(key)?.[Symbol.dispose]();
    const timer = clock.after(Math.max(at - clock.now(), 0), () => {
      timers.delete(key);
      wake(key);
    });
    timers.set(key, timer);
  }

  async function stepsOver(): Promise<void> {
    if (running.size === 0) return;
    let timer: Disposable | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = clock.after(PATIENCE_MS, () => {
        logger.warn(`${name}: steps are cut off, and done again at the next start`, { count: running.size, key: [...running.keys()][0] });
        resolve();
      });
    });
    await Promise.race([Promise.all(running.values()), patience]);
    timer?.[Symbol.dispose]();
  }

  return {
    wake,
    wakeAt,
    async [Symbol.asyncDispose]() {
      closed = true;
      turn?.[Symbol.dispose]();
      for (const timer of [...timers.values(), ...paused.values()]) timer[Symbol.dispose]();
      await stepsOver();
    },
  };
}
