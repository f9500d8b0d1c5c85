import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { LogStore } from "../ports/log-store.ts";
import { logGroups } from "../state/logs.ts";
import type { WholeState } from "../state/state.ts";
import { keyedWorker } from "./keyed-worker.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface LogRetentionParts {
  readonly state: WholeState;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Forgets log events that are older than their group's retention: when a retention is set, and every hour after that (AWS takes up
 * to 72 hours, and does not show them meanwhile either).
 */
export function logRetention({ state, logs, clock, logger }: LogRetentionParts): AsyncDisposable {
  const worker = keyedWorker("log retention", expireGroup, clock, logger);

  async function expireGroup(key: string): Promise<void> {
    const group = state.table(logGroups).get(key);
    if (group?.retentionInDays === undefined) return;
    const { account, region, name } = group;
    const before = clock.now() - group.retentionInDays * DAY;
    const count = await logs.expire({ account, region, group: name }, before);
    if (count > 0) logger.info("log events expired", { group: name, count });
    worker.wakeAt(key, clock.now() + HOUR);
  }

  const watch = state.watch(logGroups, ({ key, before, after }) => {
    if (after?.retentionInDays !== undefined && after.retentionInDays !== before?.retentionInDays) worker.wake(key);
  });
  for (const group of state.table(logGroups).values()) worker.wake(logGroups.key(group));

  return {
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}
