import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { blobDomain } from "../state/ecr-encryption.ts";
import {
  imageKey,
  images,
  layers,
  repositories,
  repositoryKey,
  type ImageRecord,
  type LayerRecord,
  type RepositoryRecord,
} from "../state/ecr.ts";
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

const SCOPE = { account: "123456789012", region: "us-east-1" };
const NOW = 100 * HOUR;
const DAY = 24 * HOUR;

/** Repositories `a` and `b` of two keys, and a store that has every blob in the place of each. */
function registry() {
  const here = new JournaledState(memoryJournal());
  const homes = ["a", "b"].map((name): RepositoryRecord => {
    const encryption = { encryptionType: "KMS", kmsKey: `arn:aws:kms:us-east-1:123456789012:key/${name}` };
    return { ...SCOPE, name, arn: name, tags: [], createdAt: 0, tagMutability: "MUTABLE", encryption } as unknown as RepositoryRecord;
  });
  const [a, b] = homes.map((home) => repositoryKey(home, home.name)) as [string, string];
  const [inA, inB] = homes.map((home) => blobDomain(home)) as [string, string];
  here.commit(() => homes.forEach((home) => here.table(repositories).put(home)));
  const removed: string[] = [];
  const asked: number[] = [];
  let refusing = false;
  const blobs = {
    domains: () => eachOf(inA, inB),
    list: () => eachOf("sha256:x"),
    remove(domain: string, _digest: string, before: number) {
      asked.push(before);
      if (!refusing) removed.push(domain === inA ? "a" : "b");
      return Promise.resolve(!refusing);
    },
    abortIdle: (before: number) => Promise.resolve(before === NOW - DAY ? 7 : 0),
  } as unknown as BlobStore;
  const layer = (repository: string, usedAt: number): void =>
    here.commit(() => void here.table(layers).put({ repository, digest: "sha256:x", size: 1, usedAt } as LayerRecord));
  const image = (repository: string, changes: Partial<ImageRecord>): void =>
    here.commit(() => {
      const record = { repository, digest: "sha256:m", blobs: [], manifests: [], tags: [], mediaType: "m", pushedAt: 0, ...changes };
      here.table(images).put(record as unknown as ImageRecord);
    });
  const linked = (repository: string): boolean => here.table(layers).has(imageKey(repository, "sha256:x"));
  const collect = (graceMs?: number) => collectBlobs({ state: here, blobs, clock: new ManualClock(NOW) }, graceMs);
  return { a, b, layer, image, linked, collect, removed, asked, refuse: () => void (refusing = true) };
}

test("a blob that no repository of its key has goes, and so do uploads that nobody goes on with, after a day", async () => {
  const { a, layer, collect, removed, asked, linked } = registry();
  layer(a, NOW - DAY);
  expect(await collect()).toEqual({ links: 0, blobs: 1, uploads: 7 });
  expect([removed, asked, linked(a)]).toEqual([["b"], [NOW - DAY], true]);
});

test("what was touched last before the grace is unlinked, and then freed; what the store keeps is not counted", async () => {
  const { a, layer, collect, linked, refuse } = registry();
  layer(a, NOW - DAY - 1);
  refuse();
  expect(await collect()).toEqual({ links: 1, blobs: 0, uploads: 7 });
  expect(linked(a)).toBe(false);
  const soon = registry();
  soon.layer(soon.a, NOW - 2);
  expect(await soon.collect(1)).toEqual({ links: 1, blobs: 2, uploads: 0 });
});

test("a blob that an image is made of stays, however old, and so does the link to it: those of its own repository alone", async () => {
  const { a, b, layer, image, collect, linked, removed } = registry();
  for (const repository of [a, b]) layer(repository, 0);
  image(a, { blobs: ["sha256:x"] });
  expect(await collect()).toEqual({ links: 1, blobs: 1, uploads: 7 });
  expect([linked(a), linked(b), removed]).toEqual([true, false, ["b"]]);
});

test("the manifest of an image stays", async () => {
  const { b, image, collect, removed } = registry();
  image(b, { digest: "sha256:x" });
  expect(await collect()).toMatchObject({ blobs: 1 });
  expect(removed).toEqual(["a"]);
});

test("what a repository that is gone has left holds nothing back", async () => {
  const { image, collect, removed } = registry();
  image("gone", { digest: "sha256:x" });
  expect(await collect()).toMatchObject({ blobs: 2 });
  expect(removed).toEqual(["a", "b"]);
});
