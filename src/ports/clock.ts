/** Time as an argument. Instants are milliseconds since the Unix epoch. */
export interface Clock {
  now(): number;
  /** Calls `run` once after `ms` milliseconds; disposing the timer before that prevents it. */
  after(ms: number, run: () => void): Disposable;
  /** Calls `run` in a later turn of the event loop: what else waits for this thread, such as requests, has its turn before. */
  soon(run: () => void): Disposable;
}
