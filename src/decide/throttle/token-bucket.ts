/** How often something may be asked for. */
export interface RequestLimit {
  /** Requests a second, in the long run. Above 0. */
  readonly rate: number;
  /** Requests at once, after a pause. At least 1. */
  readonly burst: number;
}

/** Tokens that were left at a time in milliseconds. One that was never used is full. */
export interface TokenBucket {
  readonly tokens: number;
  readonly at: number;
}

export interface Taking {
  readonly allowed: boolean;
  readonly bucket: TokenBucket;
}

/**
 * Takes one token, where there is one. A clock that goes backward neither gives tokens nor takes any.
 * Source: Amazon EC2 API Reference, "Request throttling": a bucket a caller and API, refilled at a fixed rate.
 */
export function takeToken(before: TokenBucket | undefined, { rate, burst }: RequestLimit, now: number): Taking {
  const tokens = before ? refilled(before, { rate, burst }, now) : burst;
  const at = Math.max(now, before?.at ?? now);
  return tokens >= 1 ? { allowed: true, bucket: { tokens: tokens - 1, at } } : { allowed: false, bucket: { tokens, at } };
}

/** Whether a bucket is as good as one that was never used. */
export function isFull(bucket: TokenBucket, limit: RequestLimit, now: number): boolean {
  return refilled(bucket, limit, now) >= limit.burst;
}

function refilled({ tokens, at }: TokenBucket, { rate, burst }: RequestLimit, now: number): number {
  return Math.min(burst, tokens + (Math.max(0, now - at) * rate) / 1000);
}
