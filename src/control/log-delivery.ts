import type { Clock } from "../ports/clock.ts";
import type { LogStore } from "../ports/log-store.ts";
import type { LogSink } from "../ports/task-runner.ts";
import { ensureLogStream, logStreamKey, logStreams } from "../state/logs.ts";
import type { WholeState } from "../state/state.ts";

/**
 * Takes what containers print into the log store. Lines for a stream that somebody deleted are dropped, as the awslogs driver does;
 * so are empty lines, which CloudWatch Logs does not take.
 */
export function logSink({ state, logs, clock }: { readonly state: WholeState; readonly logs: LogStore; readonly clock: Clock }): LogSink {
  return {
    // The stream comes with the container, as the awslogs driver makes it: a task whose image cannot be pulled has none.
    begin(log) {
      state.record(() => ensureLogStream(state, log, clock.now()));
      return Promise.resolve();
    },
    async write(log, lines, position) {
      if (!state.table(logStreams).has(logStreamKey(log, log.group, log.stream))) return;
      const events = lines
        .filter(({ message }) => message !== "")
        .map(({ timestamp, message }) => ({ timestamp: Math.trunc(timestamp), message }));
      await logs.append(log, events, clock.now(), position);
    },
    resumeFrom: (log) => Promise.resolve(logs.position(log)),
  };
}
