/** Time as an argument. Instants are milliseconds since the Unix epoch. */
export interface Clock {
  now(): number;
  /** Calls `run` once after `ms` milliseconds; disposing the timer before that prevents it. */
  after(ms: number, run: () => void): Disposable;
}
