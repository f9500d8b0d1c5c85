/** What a log needs of something that was thrown: where it came from, as far as it tells. */
export function errorTrace(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
