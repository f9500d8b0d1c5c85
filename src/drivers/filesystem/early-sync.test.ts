import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { earlySync } from "./early-sync.ts";

const MIB = 1024 * 1024;

/** A file whose syncs end when they are told to. */
function slowFile() {
  const syncs: { readonly end: () => void; readonly fail: (cause: Error) => void }[] = [];
  return { syncs, datasync: () => new Promise<void>((end, fail) => void syncs.push({ end: () => end(), fail })) };
}

test("a file is synced each 32 MiB, and not before", async () => {
  const file = slowFile();
  const sync = earlySync(file);
  sync.wrote(32 * MIB - 1);
  expect(file.syncs).toHaveLength(0);
  sync.wrote(1);
  expect(file.syncs).toHaveLength(1);
  file.syncs[0]?.end();
  await sync.end();
  sync.wrote(32 * MIB);
  expect(file.syncs).toHaveLength(2);
  file.syncs[1]?.end();
  await sync.end();
});

test("one file at a time is synced, the others when it is over", async () => {
  const [first, second] = [slowFile(), slowFile()];
  const [one, other] = [earlySync(first), earlySync(second)];
  one.wrote(32 * MIB);
  other.wrote(32 * MIB);
  expect(second.syncs).toHaveLength(0);
  first.syncs[0]?.end();
  await one.end();
  other.wrote(1);
  expect(second.syncs).toHaveLength(1);
  second.syncs[0]?.end();
  await other.end();
});

test("the end waits for the sync that is under way", async () => {
  const file = slowFile();
  const sync = earlySync(file);
  sync.wrote(32 * MIB);
  let over = false;
  const end = sync.end().then(() => (over = true));
  await setImmediate();
  expect(over).toBe(false);
  file.syncs[0]?.end();
  await end;
});

test("a failure is told to who writes on, and in the end; other files go on", async () => {
  const file = slowFile();
  const sync = earlySync(file);
  sync.wrote(32 * MIB);
  file.syncs[0]?.fail(new Error("EIO"));
  await expect(sync.end()).rejects.toThrow("EIO");
  expect(() => sync.wrote(1)).toThrow("EIO");
  const next = slowFile();
  const other = earlySync(next);
  other.wrote(32 * MIB);
  expect(next.syncs).toHaveLength(1);
  next.syncs[0]?.end();
  await other.end();
});
