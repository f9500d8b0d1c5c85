import { takeToken, type RequestLimit, type TokenBucket } from "../decide/throttle/token-bucket.ts";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import type { Audit, AuditedCall } from "./auditor.ts";
import { strangerRecord, trailOf, unrecordedEvent } from "./stranger-record.ts";

interface StrangersParts {
  /** A log of its own size. */
  readonly log: AuditLog;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Records calls of strangers. Disposing writes the counts that are due. */
export interface Strangers extends Disposable {
  readonly record: Audit;
}

/** So many records at once, and six a minute in the long run: some 5 MB a day of an attack that does not end. */
const LIMIT: RequestLimit = { rate: 0.1, burst: 200 };
/** How often it is told how many were left out. */
const COUNTED_EVERY_MS = 10 * 60_000;

interface Kind {
  /** Whose trail tells how many were left out. */
  readonly account: string;
  bucket?: TokenBucket;
  unrecorded: number;
  since: number;
}

/**
 * Records what nobody signed, short and so many in a time; of the others it tells the number. Who names a key that an account has is counted
 * with that account, everybody else together: a flood of the one kind hides nothing of the other, nor of another account.
 */
export function strangers({ log, clock, ids }: StrangersParts): Strangers {
  // As many as accounts have keys, and one.
  const kinds = new Map<string, Kind>();
  let due: Disposable | undefined;

  function record(call: AuditedCall): void {
    const now = clock.now();
    const kind = kindOf(call);
    const { allowed, bucket } = takeToken(kind.bucket, LIMIT, now);
    kind.bucket = bucket;
    if (allowed) {
      log.append(strangerRecord(call, ids.uuid()));
      return;
    }
    if (kind.unrecorded === 0) kind.since = now;
    kind.unrecorded += 1;
    due ??= clock.after(COUNTED_EVERY_MS, tell);
  }

  function kindOf(call: AuditedCall): Kind {
    const named = call.claimedKey !== undefined && call.account !== undefined;
    const id = named ? trailOf(call) : "";
    const known = kinds.get(id);
    if (known) return known;
    const made: Kind = { account: named ? trailOf(call) : DEFAULT_ACCOUNT, unrecorded: 0, since: 0 };
    kinds.set(id, made);
    return made;
  }

  function tell(): void {
    due?.[Symbol.dispose]();
    due = undefined;
    const until = clock.now();
    for (const kind of kinds.values()) {
      if (kind.unrecorded === 0) continue;
      const { account, unrecorded: requests, since } = kind;
      kind.unrecorded = 0;
      log.append(unrecordedEvent({ account, requests, since, until }, ids.uuid()));
    }
  }

  return { record, [Symbol.dispose]: tell };
}
