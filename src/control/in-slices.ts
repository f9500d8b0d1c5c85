import { laterTurn } from "../domain/later-turn.ts";
import type { Clock } from "../ports/clock.ts";

/** Records that one commit of a loop may write, and then others have a turn of this thread. */
const SLICE = 50;

/** Does something with many, some hundred at a time, each time in a turn of its own. */
export async function inSlices<T>(clock: Clock, many: readonly T[], work: (slice: readonly T[]) => Promise<void> | void): Promise<void> {
  for (let at = 0; at < many.length; at += SLICE) {
    if (at > 0) await laterTurn(clock);
    await work(many.slice(at, at + SLICE));
  }
}
