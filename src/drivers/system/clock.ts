import type { Clock } from "../../ports/clock.ts";
import { turns } from "./turns.ts";

/** The longest delay that a Node timer takes; a longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's clock. Timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const due = Date.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = due - Date.now();
      timer = setTimeout(left > LONGEST_TIMER ? arm : run, Math.min(Math.max(left, 0), LONGEST_TIMER));
      timer.unref();
    };
    arm();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  soon: turns(),
};
