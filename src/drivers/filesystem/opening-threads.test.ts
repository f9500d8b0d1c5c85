import { randomBytes } from "node:crypto";
import { openSync } from "node:fs";
import { mkdtemp, open, readdir, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobCorruptError } from "../../ports/blob-store.ts";
import { releaseMemory } from "../../ports/release-memory.ts";
import { CHUNK_BYTES, HEADER_BYTES, recordAt, RECORD_BYTES, unfinishedBytes } from "../sealing/format.ts";
import { Sealer } from "../sealing/seal.ts";
import { fileSource } from "./file-source.ts";
import { JOB_RECORDS, OpeningThreads } from "./opening-threads.ts";

const key = randomBytes(32);
const bytes = randomBytes(5 * CHUNK_BYTES + 100);
let folder: string;
let file: FileHandle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-opening-"));
  file = await open(join(folder, "sealed"), "w+");
  const sealed: Uint8Array[] = [Buffer.alloc(HEADER_BYTES)];
  const sealer = new Sealer(key, 0);
  sealer.add(bytes, sealed);
  sealer.end(sealed);
  await file.write(Buffer.concat(sealed));
});

afterEach(async () => {
  await file.close();
  await rm(folder, { recursive: true });
});

const both = JOB_RECORDS * RECORD_BYTES;

test("records come back opened, many at a time, also when their memory is used again", async () => {
  const threads = new OpeningThreads();
  for (let round = 0; round < 3; round += 1) {
    const parts = await Promise.all([0, 1, 2, 3].map((index) => threads.open(file.fd, key, index, both)));
    for (const [index, part] of parts.entries())
      expect(part.equals(bytes.subarray(index * CHUNK_BYTES, (index + JOB_RECORDS) * CHUNK_BYTES)), `round ${round}, record ${index}`).toBe(
        true,
      );
    releaseMemory(parts);
  }
  const last = await threads.open(file.fd, key, 5, 100 + RECORD_BYTES - CHUNK_BYTES);
  expect(last.equals(bytes.subarray(5 * CHUNK_BYTES))).toBe(true);
});

test("memory that nobody gave back stays as it is", async () => {
  const threads = new OpeningThreads();
  const kept = await threads.open(file.fd, key, 0, both);
  for (let index = 1; index < 4; index += 1) releaseMemory([await threads.open(file.fd, key, index, both)]);
  expect(kept.equals(bytes.subarray(0, JOB_RECORDS * CHUNK_BYTES))).toBe(true);
});

test("a changed byte, a file that is cut off and one that is closed are told, and the next job is done", async () => {
  const threads = new OpeningThreads();
  await file.write(Buffer.from([~(bytes[0] ?? 0)]), 0, 1, HEADER_BYTES + RECORD_BYTES + 50);
  await expect(threads.open(file.fd, key, 0, both)).rejects.toThrow(new BlobCorruptError("record 1 was changed"));
  await expect(threads.open(file.fd, key, 5, both)).rejects.toThrow(new BlobCorruptError("it is cut off"));
  await expect(threads.open(9999, key, 0, both)).rejects.toThrow("EBADF");
  expect((await threads.open(file.fd, key, 3, both)).length).toBe(2 * CHUNK_BYTES);
});

test("a thread that ends fails those who wait for it, and another takes its place", async () => {
  let started = 0;
  const threads = new OpeningThreads(() => {
    started += 1;
    return new Worker("require('node:worker_threads').parentPort.once('message', () => process.exit(3))", { eval: true });
  });
  const waiting = [threads.open(file.fd, key, 0, RECORD_BYTES), threads.open(file.fd, key, 1, RECORD_BYTES)];
  for (const job of waiting) await expect(job).rejects.toThrow("the thread that opens blobs ended");
  const before = started;
  await expect(threads.open(file.fd, key, 0, RECORD_BYTES)).rejects.toThrow("the thread that opens blobs ended");
  expect(started).toBe(before + 1);
});

test.each([true, false])("a file is closed when a reader leaves in the middle, and not before its job is done (warm: %s)", async (warm) => {
  const descriptors = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
  const threads = new OpeningThreads();
  await threads.open(file.fd, key, 0, both);
  const before = await descriptors();
  const source = fileSource({ fd: openSync(join(folder, "sealed"), "r"), bytes: (await file.stat()).size, warm }, threads);
  source.announce?.(recordAt(0), unfinishedBytes(bytes.length));
  const opening = source.openRecords?.(key, 0, bytes.length);
  await source.close();
  // In memory already, the first record is opened here, and a thread has the next ones.
  expect(Buffer.concat((await opening) ?? []).equals(bytes.subarray(0, (warm ? 1 : JOB_RECORDS) * CHUNK_BYTES))).toBe(true);
  expect(await descriptors()).toBe(before);
});
