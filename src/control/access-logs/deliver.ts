import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { errorText } from "../../domain/error-text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LogBuckets } from "../../ports/log-buckets.ts";
import type { Logger } from "../../ports/logger.ts";
import type { RequestLog, RequestLogPart } from "../../ports/request-log.ts";
import { loadBalancers } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import { logObjectKey, type LogKind } from "../../domain/log-object-key.ts";
import { logEntries } from "./log-entries.ts";

export interface LogDeliveryParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly log: RequestLog;
  readonly buckets: LogBuckets;
  readonly logger: Logger;
}

/** As often as AWS does, by the clock: at 10:00, 10:05 and so on. */
const PERIOD_MS = 5 * 60_000;
/** How long what could not be delivered is tried again: a bucket that is gone does not keep everybody's logs. */
const KEPT_MS = 60 * 60_000;
/** Characters of one object before it is compressed: one that is larger is delivered as several. */
const LARGEST = 32 * 1024 * 1024;

const compress = promisify(gzip);

/**
 * Delivers what was logged, every five minutes, until disposed. A part of which something could not be delivered is tried again with the next ones, for
 * an hour; its objects have the same names then. No row of the table of loops: nothing in a record tells that it has work.
 */
export function logDelivery(parts: LogDeliveryParts): AsyncDisposable & { readonly deliverNow: () => Promise<void> } {
  const { clock, log, logger } = parts;
  let timer: Disposable | undefined;
  let running: Promise<void> = Promise.resolve();
  const deliverNow = (): Promise<void> => (running = running.then(deliver));
  schedule();
  return {
    deliverNow,
    async [Symbol.asyncDispose]() {
      timer?.[Symbol.dispose]();
      await running;
    },
  };

  function schedule(): void {
    timer = clock.after(PERIOD_MS - (clock.now() % PERIOD_MS), () => void deliverNow().then(schedule));
  }

  async function deliver(): Promise<void> {
    try {
      for (const part of await log.parts())
        if ((await deliverPart(part, parts)) || clock.now() - part.closedAt > KEPT_MS) await part.remove();
    } catch (cause) {
      logger.error("access logs could not be delivered; they are kept, and tried again", { cause: errorText(cause) });
    }
  }
}

/** Tells whether all of it was. Memory is proportional to the largest object times the logs that are written. */
async function deliverPart(part: RequestLogPart, parts: LogDeliveryParts): Promise<boolean> {
  const { state } = parts;
  let isDelivered = true;
  const entryOf = logEntries(state);
  const texts = new Map<string, LogText>();
  for await (const entries of part.read())
    for (const entry of entries) {
      const kind = entry.kind === "connection" ? "connection" : "access";
      const key = `${kind} ${entry.loadBalancer}`;
      const text = texts.get(key) ?? { kind, loadBalancer: entry.loadBalancer, lines: [], size: 0, objects: 0 };
      texts.set(key, text);
      const line = entryOf(entry);
      text.lines.push(line);
      text.size += line.length + 1;
      if (text.size >= LARGEST) await put(text);
    }
  for (const text of texts.values()) await put(text);
  return isDelivered;

  async function put(text: LogText): Promise<void> {
    const { kind, loadBalancer, lines } = text;
    if (lines.length === 0) return;
    const { attributes } = state.table(loadBalancers).get(loadBalancer) ?? {};
    text.lines = [];
    text.size = 0;
    // Switched off, or deleted, meanwhile: nobody wants it any more.
    if (attributes?.[`${kind}_logs.s3.enabled`] !== "true") return;
    const bytes = await compress(`${lines.join("\n")}\n`);
    const unique = createHash("sha256")
      .update(`${part.name} ${kind} ${loadBalancer} ${text.objects++}`)
      .digest("hex")
      .slice(0, 8);
    const prefix = attributes[`${kind}_logs.s3.prefix`] ?? "";
    const key = logObjectKey(kind, loadBalancer, prefix, new Date(part.closedAt).toISOString(), unique);
    try {
      await parts.buckets.write(attributes[`${kind}_logs.s3.bucket`] ?? "", key, bytes);
    } catch (cause) {
      isDelivered = false;
      parts.logger.error(`a log of ${kind === "access" ? "accesses" : "connections"} could not be delivered`, {
        loadBalancer,
        cause: errorText(cause),
      });
    }
  }
}

/** The lines of one log that wait to be one object. */
interface LogText {
  readonly kind: LogKind;
  readonly loadBalancer: string;
  lines: string[];
  size: number;
  objects: number;
}
