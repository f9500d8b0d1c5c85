/** What was thrown, in its own words: for a reason that is told on. */
export function errorText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What was thrown, and where, as far as it tells: for a log. */
export function errorTrace(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
