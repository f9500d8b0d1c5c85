import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { ensureAwsManagedKey } from "../state/kms/aws-managed-keys.ts";
import { keys, type KeyRecord } from "../state/kms/keys.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { keyLifecycle } from "./key-lifecycle.ts";

const DAY = 86_400_000;
const scope = { account: "123456789012", region: "us-east-1" };

function world() {
  const told: unknown[] = [];
  const logger = { info: (...what: unknown[]) => void told.push(what), warn: () => {}, error: () => {} };
  const clock = new ManualClock();
  const state = new JournaledState(memoryJournal());
  const secrets = secretBox(Buffer.alloc(32, 7));
  const key = ensureAwsManagedKey({ state, secrets, scope, ids, now: clock.now() }, "alias/aws/ssm");
  const change = (changes: Partial<KeyRecord>): void =>
    void state.commit(() => state.table(keys).update(key.arn, (now) => ({ ...now, ...changes })));
  return {
    clock,
    state,
    secrets,
    key,
    change,
    now: () => state.table(keys).get(key.arn),
    told,
    start: () => keyLifecycle({ state, secrets, clock, logger }),
  };
}

test("a key rotates whenever it is due", async () => {
  const { clock, now, start } = world();
  await using _loop = start();
  await clock.pass(364 * DAY);
  expect(now()?.material).toHaveLength(1);
  await clock.pass(DAY);
  expect(now()?.material).toHaveLength(2);
  await clock.pass(365 * DAY);
  expect(now()?.material).toHaveLength(3);
});

test("a key ends when its window is over, and not when that was cancelled", async () => {
  const { clock, now, start, change, state, key, told } = world();
  await using _loop = start();
  const { rotation: _, ...rest } = key;
  change({ deletion: { windowInDays: 7, at: clock.now() + 7 * DAY } });
  await clock.pass(6 * DAY);
  state.commit(() => state.table(keys).put(rest));
  await clock.pass(2 * DAY);
  expect(now()).toBeDefined();
  expect(told).toEqual([]);
  change({ deletion: { windowInDays: 7, at: clock.now() + 7 * DAY } });
  await clock.pass(7 * DAY);
  expect(now()).toBeUndefined();
  expect(told).toEqual([["a key has ended", { key: key.arn }]]);
  expect(clock.waiting).toBe(0);
});

test("what became due while nothing ran is done at the start", async () => {
  const { clock, now, start, change } = world();
  change({ deletion: { windowInDays: 7, at: clock.now() + 7 * DAY } });
  await clock.pass(40 * DAY);
  await using _loop = start();
  await clock.pass(0);
  expect(now()).toBeUndefined();
});

test("a primary key's window begins when its last replica is gone", async () => {
  const { clock, state, change, key, now, start } = world();
  const replica = key.arn.replace("us-east-1", "eu-west-1");
  const { rotation: _, ...rest } = key;
  const multiRegion = { primaryRegion: "us-east-1" };
  state.commit(() => {
    state.table(keys).put({ ...rest, multiRegion, deletion: { windowInDays: 7 } });
    state
      .table(keys)
      .put({ ...rest, arn: replica, region: "eu-west-1", multiRegion, deletion: { windowInDays: 7, at: clock.now() + 7 * DAY } });
  });
  await using _loop = start();
  await clock.pass(8 * DAY);
  expect(state.table(keys).has(replica)).toBe(false);
  expect(now()?.deletion?.at).toBe(clock.now() + 6 * DAY);
  change({ enabled: false });
  await clock.pass(7 * DAY);
  expect(now()).toBeUndefined();
});
