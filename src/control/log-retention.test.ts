import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { sqliteLogStore } from "../drivers/sqlite/log-store.ts";
import { logGroups, newLogGroup } from "../state/logs.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { logRetention } from "./log-retention.ts";
import { systemClock } from "../drivers/system/clock.ts";

const DAY = 86_400_000;

test("events older than the retention go when it is set, and every hour after that", async () => {
  const state = new JournaledState(memoryJournal());
  const logs = sqliteLogStore(":memory:");
  const scope = { account: "123456789012", region: "us-east-1" };
  let now = 100 * DAY;
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  const clock = {
    soon: (run: () => void) => systemClock.soon(run),
    now: () => now,
    after(ms: number, run: () => void) {
      timers.push({ ms, run });
      return { [Symbol.dispose]: () => undefined };
    },
  };
  let expired: (count: unknown) => void = () => undefined;
  const told = (): Promise<unknown> => new Promise((resolve) => (expired = resolve));
  const logger = {
    info: (_text: string, fields?: Readonly<Record<string, unknown>>) => expired(fields?.["count"]),
    warn: () => undefined,
    error: (text: string) => expect.unreachable(text),
  };
  const kept = () => logs.query({ ...scope, group: "g", limit: 10 }).map(({ message }) => message);

  const group = { ...newLogGroup(scope, "g", 0) };
  state.commit(() => state.table(logGroups).put(group));
  for (const days of [90, 98, 99.5])
    await logs.append({ ...scope, group: "g", stream: "s" }, [{ timestamp: days * DAY, message: String(days) }], now);

  const loop = logRetention({ state, logs, clock, logger });
  const first = told();
  state.commit(() => state.table(logGroups).put({ ...group, retentionInDays: 5 }));
  expect(await first).toBe(1);
  expect(kept()).toEqual(["98", "99.5"]);

  await new Promise((resolve) => setImmediate(resolve));
  expect(timers.map(({ ms }) => ms)).toEqual([DAY / 24]);
  now += 4 * DAY;
  const second = told();
  timers[0]!.run();
  expect(await second).toBe(1);
  expect(kept()).toEqual(["99.5"]);
  await loop[Symbol.asyncDispose]();
  await logs.close();
});
