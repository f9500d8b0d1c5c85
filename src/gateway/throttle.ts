import { isFull, takeToken, type RequestLimit, type TokenBucket } from "../decide/throttle/token-bucket.ts";
import type { Principal } from "../domain/principal.ts";

export interface ThrottledRequest {
  readonly principal: Principal;
  readonly sourceIp: string;
  /** `ecs:RunTask` */
  readonly operation: string;
  readonly now: number;
}

/** Whether a request may pass. */
export type Throttle = (request: ThrottledRequest) => boolean;

/** Beyond this many, buckets that are full again are forgotten: they are as good as new ones. */
const MOST_BUCKETS = 10_000;

/** A bucket for each principal and API, as AWS has them. Who did not sign is told apart by address. Buckets are in memory only. */
export function throttle(limit: RequestLimit): Throttle {
  const buckets = new Map<string, TokenBucket>();
  let forgetAt = MOST_BUCKETS;
  return ({ principal, sourceIp, operation, now }) => {
    const who = principal.kind === "anonymous" ? sourceIp : principal.arn;
    const key = `${who} ${operation}`;
    const { allowed, bucket } = takeToken(buckets.get(key), limit, now);
    buckets.set(key, bucket);
    if (buckets.size > forgetAt) {
      for (const [name, one] of buckets) if (isFull(one, limit, now)) buckets.delete(name);
      // Looked through again only once it has grown by as much: the cost stays constant a request.
      forgetAt = buckets.size + MOST_BUCKETS;
    }
    return allowed;
  };
}
