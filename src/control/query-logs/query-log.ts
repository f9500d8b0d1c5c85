import { mayWriteLogs } from "../../authorization/log-writers.ts";
import type { AnsweredQuestion } from "../../domain/dns/message.ts";
import { partitionOf } from "../../domain/partition.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { LogEvent, LogStore } from "../../ports/log-store.ts";
import { ensureLogStream, logStreamKey, logStreams } from "../../state/logs.ts";
import { QUERY_LOG_EDGE, QUERY_LOG_REGION, queryLoggingConfigs, type QueryLoggingConfigRecord } from "../../state/query-logging.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";

export interface QueryLogParts {
  readonly state: WholeState;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface QueryLog extends AsyncDisposable {
  /** Notes what was asked and answered. Costs next to nothing where the zone has no configuration, and never throws. */
  readonly note: (answered: AnsweredQuestion) => void;
}

/** How long lines wait for others. */
const REST_MS = 1000;
/** Lines of a configuration that wait; what comes beyond is not logged. */
const MOST_WAITING = 10_000;

/**
 * Takes what name servers are asked into the log groups of zones that have a configuration, in Route 53's format. Disposing it writes what waits.
 * Source: Route 53 Developer Guide, "Public DNS query logging": fields, names of streams.
 */
export function queryLog({ state, logs, clock, logger }: QueryLogParts): QueryLog {
  const waiting = new Map<string, LogEvent[]>();
  const worker = keyedWorker("query logs", write, clock, logger, { rest: () => REST_MS });

  async function write(configId: string): Promise<void> {
    const events = waiting.get(configId) ?? [];
    waiting.delete(configId);
    const config = state.table(queryLoggingConfigs).get(configId);
    if (!config || events.length === 0) return;
    const key = streamOf(config);
    if (!mayWriteLogs(state, key, callerOf(config), clock.now())) return;
    ensureLogStream(state, key, clock.now());
    // The group is gone.
    if (!state.table(logStreams).has(logStreamKey(key, key.group, key.stream))) return;
    await logs.append(key, events, clock.now());
  }

  return {
    note(answered) {
      const [config] = state.table(queryLoggingConfigs).by("zone", answered.zoneId);
      if (!config) return;
      const events = waiting.get(config.id);
      const timestamp = clock.now();
      if (events && events.length >= MOST_WAITING) return;
      const event = { timestamp, message: lineOf(answered, timestamp) };
      if (events) events.push(event);
      else waiting.set(config.id, [event]);
      worker.wake(config.id);
    },
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      for (const id of waiting.keys()) await write(id);
    },
  };
}

function streamOf({ account, group, zoneId }: QueryLoggingConfigRecord) {
  return { account, region: QUERY_LOG_REGION, group, stream: `${zoneId}/${QUERY_LOG_EDGE}` };
}

function callerOf({ account, zoneId }: QueryLoggingConfigRecord) {
  const sourceArn = `arn:${partitionOf(QUERY_LOG_REGION)}:route53:::hostedzone/${zoneId}`;
  return { service: "route53.amazonaws.com", sourceAccount: account, sourceArn };
}

/** Version, time, zone, name, type, answer, protocol, edge location, who asked, and the client that a resolver tells of, which is not read. */
function lineOf({ zoneId, question, code, transport, client }: AnsweredQuestion, at: number): string {
  const name = question.name === "." ? "." : question.name.slice(0, -1);
  return ["1.0", new Date(at).toISOString(), zoneId, name, question.type, code, transport.toUpperCase(), QUERY_LOG_EDGE, client, "-"].join(
    " ",
  );
}
