import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { layers } from "../state/ecr.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { HeldJournal } from "../testing/held-journal.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { blobCollection, collectBlobs } from "./blob-collection.ts";

const HOUR = 3_600_000;
const state = new JournaledState(memoryJournal());

async function* eachOf<T>(...values: readonly T[]): AsyncIterable<T> {
  yield* values;
}

test("blobs are collected at the start and every six hours; a round that fails is told, and tried again", async () => {
  const clock = new ManualClock();
  const rounds: number[] = [];
  const told: string[] = [];
  let broken = true;
  const blobs = {
    domains(): AsyncIterable<string> {
      rounds.push(clock.now());
      if (broken) throw new Error("the disk is gone");
      return eachOf();
    },
    abortIdle: () => Promise.resolve(0),
  } as unknown as BlobStore;
  const begun = clock.now();
  const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => void told.push(text) };
  const loop = blobCollection({ state, blobs, clock, logger });
  await clock.pass(0);
  expect(told).toEqual(["blob collection: a step failed and will be tried again"]);
  broken = false;
  await clock.pass(500);
  await clock.pass(12 * HOUR);
  expect(rounds.map((at) => at - begun)).toEqual([0, 500, 6 * HOUR + 500, 12 * HOUR + 500].slice(0, rounds.length));
  expect(rounds.length).toBeGreaterThanOrEqual(3);
  await loop[Symbol.asyncDispose]();
  expect(clock.waiting).toBe(0);
});

test("a round ends before the next blob when the server stops", async () => {
  const stop = new AbortController();
  const removed: string[] = [];
  const blobs = {
    domains: () => eachOf("domain"),
    list: () => eachOf("one", "two", "three"),
    remove(_domain: string, digest: string) {
      removed.push(digest);
      stop.abort();
      return Promise.resolve(true);
    },
  } as unknown as BlobStore;
  expect(await collectBlobs({ state, blobs, clock: new ManualClock(), stopping: stop.signal })).toEqual({ links: 0, blobs: 1, uploads: 0 });
  expect(removed).toEqual(["one"]);
});

test("a blob goes from the store only once the record of its going is durable", async () => {
  const journal = new HeldJournal();
  const held = new JournaledState(journal);
  const clock = new ManualClock();
  const unused = "sha256:unused";
  held.commit(() => held.table(layers).put({ repository: "r", digest: unused, size: 1, usedAt: 0 }));
  const removed: string[] = [];
  const blobs = {
    domains: () => eachOf("plain"),
    list: () => eachOf(unused),
    remove: (_domain: string, digest: string) => Promise.resolve(removed.push(digest) > 0),
    abortIdle: () => Promise.resolve(0),
  } as unknown as BlobStore;
  journal.hold();
  const collecting = collectBlobs({ state: held, blobs, clock });
  await clock.settled();
  expect([journal.waiting, removed]).toEqual([1, []]);
  journal.letGo();
  expect(await collecting).toEqual({ links: 1, blobs: 1, uploads: 0 });
  expect(removed).toEqual([unused]);
});
