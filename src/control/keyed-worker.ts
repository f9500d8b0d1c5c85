import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";

/** Works on keys: one step at a time for each, another one if it was woken meanwhile. */
export interface KeyedWorker extends AsyncDisposable {
  wake(key: string): void;
  /** Wakes the key at an instant, milliseconds since the Unix epoch; a later call for the same key replaces an earlier one. */
  wakeAt(key: string, at: number): void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/** A step that throws is tried again, after a pause that doubles; disposing waits for the steps under way. */
export function keyedWorker(name: string, step: (key: string) => Promise<void>, clock: Clock, logger: Logger): KeyedWorker {
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const timers = new Map<string, Disposable>();
  const failures = new Map<string, number>();
  let closed = false;

  function wake(key: string): void {
    if (closed) return;
    if (running.has(key)) {
      again.add(key);
      return;
    }
    running.set(key, run(key));
  }

  async function run(key: string): Promise<void> {
    try {
      await step(key);
      failures.delete(key);
    } catch (cause) {
      const failed = (failures.get(key) ?? 0) + 1;
      failures.set(key, failed);
      const pause = Math.min(FIRST_RETRY_MS * 2 ** (failed - 1), LONGEST_RETRY_MS);
      logger.error(`${name}: a step failed and will be tried again`, { key, pause, cause: describe(cause) });
      wakeAt(key, clock.now() + pause);
    } finally {
      running.delete(key);
      if (again.delete(key)) wake(key);
    }
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

  return {
    wake,
    wakeAt,
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const timer of timers.values()) timer[Symbol.dispose]();
      await Promise.all(running.values());
    },
  };
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
