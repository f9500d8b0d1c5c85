import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testKeys } from "../../testing/blob-keys.ts";
import { digestOf } from "../../testing/blob-store-contract.ts";
import { FilesystemBlobStore } from "./blob-store.ts";

const CHUNK = 256 * 1024;
const RECORD = CHUNK + 28;
const HEADER = 512;

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** An upload that received `first` and then `second`, and is damaged as a process does that is killed in the middle of a write. */
async function torn(first: Buffer, second: Buffer, damage: (path: string, stored: Buffer) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), "airfield-torn-"));
  const before = (await FilesystemBlobStore.open(directory)).in(testKeys("torn"));
  await before.startUpload("one");
  if (first.length > 0) await before.append("one", 0, once(first));
  if (second.length > 0) await before.append("one", first.length, once(second));
  const path = join(directory, "uploads", "one");
  await damage(path, await readFile(path));
  const blobs = (await FilesystemBlobStore.open(directory)).in(testKeys("torn"));
  return { blobs, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

test.each<[string, number, number, number, (path: string, stored: Buffer) => Promise<void>]>([
  ["nothing, where the only record is cut off", 100, 0, 0, (path, stored) => truncate(path, stored.length - 1)],
  ["whole chunks, where the next one is cut off", 2 * CHUNK + 100, 0, 2 * CHUNK, (path, stored) => truncate(path, stored.length - 1)],
  [
    "whole chunks, where of the next one there is the nonce alone",
    2 * CHUNK + 100,
    0,
    2 * CHUNK,
    (path) => truncate(path, HEADER + 2 * RECORD + 12),
  ],
  ["what there was before a chunk that is cut off was written anew", 100, 50, 100, (path, stored) => truncate(path, stored.length - 1)],
  [
    "what there was before a chunk was overwritten in part",
    CHUNK + 1000,
    50,
    CHUNK + 1000,
    (path, stored) =>
      writeFile(path, Buffer.concat([stored.subarray(0, HEADER + RECORD + 500), randomBytes(stored.length - HEADER - RECORD - 500)])),
  ],
  [
    "everything, where a trailer was written and no more",
    1000,
    500,
    1500,
    (path, stored) => writeFile(path, Buffer.concat([stored, randomBytes(28)])),
  ],
  [
    "everything, also of whole chunks with a trailer",
    CHUNK,
    0,
    CHUNK,
    (path, stored) => writeFile(path, Buffer.concat([stored, randomBytes(28)])),
  ],
  [
    "everything, also where the trailer reaches beyond the chunk",
    CHUNK - 5,
    0,
    CHUNK - 5,
    (path, stored) => writeFile(path, Buffer.concat([stored, randomBytes(28)])),
  ],
  [
    "an empty upload, where a trailer was written and no more",
    0,
    0,
    0,
    (path, stored) => writeFile(path, Buffer.concat([stored, randomBytes(28)])),
  ],
])("an upload that a kill has torn keeps %s, and goes on from there", async (_what, first, second, kept, damage) => {
  const bytes = randomBytes(first + second + 1000);
  await using world = await torn(bytes.subarray(0, first), bytes.subarray(first, first + second), damage);
  const { blobs } = world;
  expect(await blobs.upload("one")).toEqual({ id: "one", size: kept });
  await blobs.append("one", kept, once(bytes.subarray(kept)));
  expect(await blobs.commit("one", digestOf(bytes))).toEqual({ size: bytes.length });
});

test("an upload that was killed before its header was whole is none: nobody was told of it", async () => {
  await using world = await torn(randomBytes(10), Buffer.alloc(0), (path) => truncate(path, 300));
  expect(await world.blobs.upload("one")).toBeUndefined();
});
