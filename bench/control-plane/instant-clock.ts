import { systemClock } from "../../src/drivers/system/clock.ts";
import type { Clock } from "../../src/ports/clock.ts";

/** Milliseconds that what is due at once may take of the thread in one turn, as an engine's events come some at a time. */
const SLICE_MS = 1;

/**
 * The machine's clock for a simulated engine: what it does "in no time" is done in turns of the event loop. As timers of no length they would run one
 * after another without a turn for anybody else, and the hold that is measured would be the simulation's.
 */
export function instantClock(): Clock {
  const queue = new Set<() => void>();
  let turn: Disposable | undefined;

  function work(): void {
    turn = undefined;
    const until = performance.now() + SLICE_MS;
    for (const run of queue) {
      if (performance.now() > until) break;
      queue.delete(run);
      run();
    }
    if (queue.size > 0) turn = systemClock.soon(work);
  }

  return {
    ...systemClock,
    after(ms, run) {
      if (ms > 0) return systemClock.after(ms, run);
      const once = (): void => run();
      queue.add(once);
      turn ??= systemClock.soon(work);
      return { [Symbol.dispose]: () => void queue.delete(once) };
    },
  };
}
