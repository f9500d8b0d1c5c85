import type { AuditLog } from "../ports/audit-log.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { TargetSurroundings } from "../decide/routing/target-place.ts";
import type { CertificateIssuer } from "../ports/certificate-issuer.ts";
import type { Clock } from "../ports/clock.ts";
import type { EndpointProber } from "../ports/endpoint-prober.ts";
import type { FlowCounts } from "../ports/flow-counts.ts";
import type { Ids } from "../ports/ids.ts";
import type { KeySets } from "../ports/key-sets.ts";
import type { LogBuckets } from "../ports/log-buckets.ts";
import type { LogStore } from "../ports/log-store.ts";
import type { Logger } from "../ports/logger.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { VulnerabilityData } from "../ports/vulnerability-data.ts";
import type { WholeState } from "../state/state.ts";
import type { Change, TableDefinition } from "../state/table.ts";
import type { Enforcement } from "./packet-filter/enforcement.ts";
import { keyedWorker, type KeyedWorker, type KeyedWorkerOptions } from "./keyed-worker.ts";

/** What a loop may ask for. */
export interface LoopParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ids: Ids;
  readonly secrets: SecretBox;
  readonly blobs: BlobStore;
  readonly logs: LogStore;
  readonly audit: AuditLog;
  readonly vulnerabilities: VulnerabilityData;
  readonly certificateIssuer: CertificateIssuer;
  readonly endpointProber: EndpointProber;
  readonly keySets: KeySets;
  /** Absent where groups, ACLs and routes are kept, and not enforced. */
  readonly enforcement: Enforcement | undefined;
  /** Absent where nothing knows what is let through. */
  readonly flowCounts: FlowCounts | undefined;
  /** Absent where the operator has named none. */
  readonly logBuckets?: LogBuckets | undefined;
  /** Where this host may send to in the name of an account. */
  readonly targetSurroundings: () => TargetSurroundings;
}

/** What all loops need, and what else one does. */
export type Needs<More extends keyof LoopParts = never> = Pick<LoopParts, "state" | "clock" | "logger" | More>;

/** Starts a loop, which works until disposed of: that ends its watches, and waits for the steps under way. */
export type Loop<Parts = LoopParts> = (parts: Parts) => AsyncDisposable;

/** How a loop and its watches call for a step. */
export type Waking = Pick<KeyedWorker, "wake" | "wakeAt">;

/** Begins to watch something that makes keys dirty. */
export type Watch = (waking: Waking, state: WholeState) => Disposable;

/** A loop that has begun: what it is told of, and what it does then. */
export interface Begun extends KeyedWorkerOptions {
  readonly watches: readonly Watch[];
  /**
   * Brings what the key names to where the records want it. It may be called at any time and any number of times: it looks at the records, and not at what
   * woke it. What it throws is logged, and the step is tried again.
   */
  readonly step: (key: string, waking: Waking) => Promise<void> | void;
}

/**
 * A control loop: what is dirty is collected and worked on together, a step that fails is tried again after a pause that doubles, and nothing begins
 * after a stop (`keyed-worker.ts`). A loop keeps nothing in memory that it could not find in the records at the next start.
 *
 * @param name for the log
 * @param begin called once for each start; its parameter says what the loop needs. `stopping` is aborted first of all at a stop: who works through many
 *   things looks at it between them. A step that throws its reason has not failed: what it left is found again at the next start
 */
export function loop<Parts extends Needs>(name: string, begin: (parts: Parts, stopping: AbortSignal) => Begun): Loop<Parts> {
  return (parts) => {
    const { state, clock, logger } = parts;
    const stop = new AbortController();
    const { watches, step, ...options } = begin(parts, stop.signal);
    const unlessStopped = (cause: unknown): void => {
      if (!stop.signal.aborted || cause !== stop.signal.reason) throw cause;
    };
    const worker = keyedWorker(name, (key) => step(key, worker)?.catch(unlessStopped), clock, logger, options);
    const watching = watches.map((watch) => watch(worker, state));
    return {
      async [Symbol.asyncDispose]() {
        stop.abort();
        // A watch that cannot be ended does not cut off the steps under way.
        await allOver([...watching.map((watch) => async () => watch[Symbol.dispose]()), () => worker[Symbol.asyncDispose]()]);
      },
    };
  };
}

/** Several loops as one: they are told of a stop together, and stop beside each other. One that cannot stop cleanly does not end the wait for the others. */
export function together<Parts>(...loops: readonly Loop<Parts>[]): Loop<Parts> {
  return (parts) => {
    const running = loops.map((start) => start(parts));
    return {
      async [Symbol.asyncDispose]() {
        await allOver(running.map((one) => () => one[Symbol.asyncDispose]()));
      },
    };
  };
}

/** Begins all of it at once and waits for all. Throws what one of them threw, or an `AggregateError` of several. */
async function allOver(work: readonly (() => PromiseLike<void>)[]): Promise<void> {
  const outcomes = await Promise.allSettled(work.map((begin) => begin()));
  const errors = outcomes.flatMap((outcome): unknown[] => (outcome.status === "rejected" ? [outcome.reason] : []));
  if (errors.length === 1) throw errors[0] as Error;
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} parts could not be stopped cleanly`);
}

/** The loop works on the records of this table: each wakes it when it changes, if the change concerns it, and at the start as if it had just come. */
export function records<R extends object, I extends string>(
  table: TableDefinition<R, I>,
  concerns: (change: Change<R>) => boolean = () => true,
): Watch {
  return ({ wake }, state) => {
    const watching = state.watch(table, (change) => {
      if (concerns(change)) wake(change.key);
    });
    for (const record of state.table(table).values()) {
      const key = table.key(record);
      if (concerns({ key, before: undefined, after: record })) wake(key);
    }
    return watching;
  };
}

/** The loop is told of changes in this table, and says itself what they wake. What there is at the start is no change. */
export function changes<R extends object, I extends string>(
  table: TableDefinition<R, I>,
  told: (change: Change<R>, waking: Waking) => void,
): Watch {
  return (waking, state) => state.watch(table, (change) => told(change, waking));
}

/** The loop has this to do from the start on, whatever the records say. */
export function atStart(key: string): Watch {
  return ({ wake }) => {
    wake(key);
    return { [Symbol.dispose]: () => undefined };
  };
}
