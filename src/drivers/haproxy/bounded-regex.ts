/**
 * A user's expression, such that no request takes it more steps than this: the proxy is everybody's. One that would need more is not found. PCRE and
 * PCRE2 read the limit at the beginning of an expression, with and without their compiler.
 */
export function bounded(regex: string): string {
  return `(*LIMIT_MATCH=${MOST_STEPS})${regex}`;
}

/** Some milliseconds at most. */
const MOST_STEPS = 100_000;
