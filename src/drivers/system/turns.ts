/** What all who have work for "soon" may take together of one turn of the event loop, in milliseconds. Who began may finish. */
const TURN_MS = 1;

/**
 * Shares this thread out: work is done in the order in which it was asked for, and when what was done in a turn of the event loop, with the promises that followed
 * from it, took its time, the rest waits for the next one. Between two turns comes what clients sent. With a turn for each, as `setImmediate` gives it, those who are always
 * busy would all have their share in every turn, and a request would wait for their sum.
 */
export function turns(now: () => number = () => performance.now()): (run: () => void) => Disposable {
  const queue = new Set<() => void>();
  /** When the time of this turn is over; `undefined` before the first work of a turn. */
  let until: number | undefined;

  function turn(): void {
    if (until === undefined) {
      until = now() + TURN_MS;
      // In front of all that is asked for from now on.
      setImmediate(() => (until = undefined));
    } else if (now() >= until) {
      setImmediate(turn);
      return;
    }
    const [run] = queue;
    if (!run) return;
    queue.delete(run);
    run();
  }

  return (run) => {
    const own = (): void => run();
    queue.add(own);
    setImmediate(turn);
    return { [Symbol.dispose]: () => void queue.delete(own) };
  };
}
