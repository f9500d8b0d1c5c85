import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { testKeys } from "../../testing/blob-keys.ts";
import { digestOf } from "../../testing/blob-store-contract.ts";
import { FilesystemBlobStore } from "./blob-store.ts";
import { BATCH_BYTES, SealingThreads } from "./sealing-threads.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-sealing-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function* pieces(bytes: Buffer, size = 64 * 1024): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function contentOf(blobs: Awaited<ReturnType<typeof opened>>, digest: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of await blobs.read(digest)) parts.push(Buffer.from(part as Buffer));
  return Buffer.concat(parts);
}

async function opened(threads?: SealingThreads) {
  return (await FilesystemBlobStore.open(folder, threads && { threads })).in(testKeys("ours"));
}

test("more uploads at a time than files stay open are sealed, each with its own bytes", async () => {
  const blobs = await opened();
  const uploads = Array.from({ length: 80 }, (_, at) => ({ id: `u${at}`, bytes: randomBytes(at === 0 ? 3 * BATCH_BYTES + 5 : 300 + at) }));
  await Promise.all(uploads.map(({ id }) => blobs.startUpload(id)));
  const half = (bytes: Buffer): number => Math.floor(bytes.length / 2);
  await Promise.all(uploads.map(({ id, bytes }) => blobs.append(id, 0, pieces(bytes.subarray(0, half(bytes))))));
  await Promise.all(uploads.map(({ id, bytes }) => blobs.append(id, half(bytes), pieces(bytes.subarray(half(bytes))))));
  await Promise.all(uploads.map(({ id, bytes }) => blobs.commit(id, digestOf(bytes))));
  for (const { bytes } of uploads) expect((await contentOf(blobs, digestOf(bytes))).equals(bytes)).toBe(true);
  expect(await readdir(join(folder, "uploads"))).toEqual([]);
});

test("no file of a blob that has its place, or of an upload that was given up, stays open", async () => {
  const blobs = await opened();
  for (const id of ["kept", "given-up"]) {
    await blobs.startUpload(id);
    await blobs.append(id, 0, pieces(Buffer.from(id)));
  }
  await blobs.commit("kept", digestOf(Buffer.from("kept")));
  await blobs.abort("given-up");
  const openFiles = async (): Promise<readonly string[]> => {
    const numbers = await readdir("/proc/self/fd");
    const paths = await Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => "")));
    return paths.filter((path) => path.startsWith(folder));
  };
  // The thread is told to close what was given up, and nobody waits for it.
  await vi.waitFor(async () => expect(await openFiles()).toEqual([]));
});

test("what is asked of a blob while it is published is answered when it is durable", async () => {
  const blobs = await opened();
  const bytes = randomBytes(BATCH_BYTES);
  await blobs.startUpload("one");
  await blobs.append("one", 0, pieces(bytes));
  const order: string[] = [];
  const committed = blobs.commit("one", digestOf(bytes)).then(() => order.push("committed"));
  // Its turn to publish has come when the upload's own was taken.
  await new Promise((resolve) => setImmediate(resolve));
  const asked = blobs.stat(digestOf(bytes)).then((found) => order.push(found ? "found" : "missing"));
  const read = contentOf(blobs, digestOf(bytes)).then(() => order.push("read"));
  await Promise.all([committed, asked, read]);
  expect(order[0]).toBe("committed");
  expect(order).toContain("found");
});

test("the bytes that a yielder uses again are sealed as they were", async () => {
  const blobs = await opened();
  const bytes = randomBytes(2 * BATCH_BYTES + 1000);
  async function* reused(): AsyncIterable<Uint8Array> {
    const memory = Buffer.alloc(10_000);
    for (let at = 0; at < bytes.length; at += memory.length) {
      yield memory.subarray(0, bytes.copy(memory, 0, at));
      memory.fill(0);
    }
  }
  await blobs.startUpload("one");
  await blobs.append("one", 0, reused());
  expect(await blobs.commit("one", digestOf(bytes))).toEqual({ size: bytes.length });
});

test("a file that cannot be written fails its upload with the system's word, and no other", async () => {
  const threads = new SealingThreads();
  const one = threads.join();
  const job = { kind: "append", path: join(folder, "nowhere"), key: randomBytes(32), from: 0, last: true, length: 5 } as const;
  await expect(one.ask({ ...job, bytes: threads.memory() })).rejects.toMatchObject({ code: "ENOENT" });
  const two = threads.join();
  await two.ask({ kind: "begin", path: join(folder, "two"), header: Buffer.alloc(512) });
  expect(await two.ask({ ...job, path: join(folder, "two"), bytes: threads.memory() })).toMatchObject({ size: 5 });
  // An append that goes on, where none began.
  const { from: _, ...going } = job;
  await expect(two.ask({ ...going, path: join(folder, "two"), bytes: threads.memory() })).rejects.toThrow("failed");
  for (const thread of [one, two]) thread.leave();
});

test("a thread that ends fails what it was doing; the upload is looked at anew, and goes on over another one", async () => {
  const bytes = randomBytes(1000);
  const before = await opened();
  await before.startUpload("one");
  await before.append("one", 0, pieces(bytes.subarray(0, 400)));
  const blobs = await opened(new SealingThreads(endingThread));
  await expect(blobs.append("one", 400, pieces(bytes.subarray(400)))).rejects.toThrow("the thread that seals blobs ended");
  const after = await opened();
  expect(await after.upload("one")).toEqual({ id: "one", size: 400 });
  await after.append("one", 400, pieces(bytes.subarray(400)));
  expect(await after.commit("one", digestOf(bytes))).toEqual({ size: 1000 });
});

function endingThread(): Worker {
  return new Worker("require('node:worker_threads').parentPort.once('message', () => process.exit(3))", { eval: true });
}
