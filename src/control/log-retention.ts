import { logGroups } from "../state/logs.ts";
import { loop, records, type Needs } from "./loop.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Forgets log events that are older than their group's retention: when a retention is set, and every hour after that (AWS takes up
 * to 72 hours, and does not show them meanwhile either).
 */
export const logRetention = loop("log retention", ({ state, logs, clock, logger }: Needs<"logs">) => ({
  watches: [
    records(logGroups, ({ before, after }) => after?.retentionInDays !== undefined && after.retentionInDays !== before?.retentionInDays),
  ],
  async step(key, { wakeAt }) {
    const group = state.table(logGroups).get(key);
    if (group?.retentionInDays === undefined) return;
    const { account, region, name } = group;
    const before = clock.now() - group.retentionInDays * DAY;
    const count = await logs.expire({ account, region, group: name }, before);
    if (count > 0) logger.info("log events expired", { group: name, count });
    wakeAt(key, clock.now() + HOUR);
  },
}));
