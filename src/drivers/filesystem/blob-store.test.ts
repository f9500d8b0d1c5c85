import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { BlobCorruptError, BlobMissingError, type BlobKeys, type BlobRange } from "../../ports/blob-store.ts";
import { blobStoreContract, digestOf, type BlobStoreWorld } from "../../testing/blob-store-contract.ts";
import { testKeys } from "../../testing/blob-keys.ts";
import { FilesystemBlobStore } from "./blob-store.ts";

async function folderWorld(): Promise<BlobStoreWorld & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), "airfield-blobs-"));
  return {
    directory,
    store: await FilesystemBlobStore.open(directory),
    restarted: () => FilesystemBlobStore.open(directory),
    stored: (domain, digest) => readFile(pathOf(directory, domain, digest)),
    overwrite: (domain, digest, bytes) => writeFile(pathOf(directory, domain, digest), bytes),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

function pathOf(directory: string, domain: string, digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return join(directory, "sealed", domain, algorithm, hex.slice(0, 2), hex);
}

blobStoreContract("a folder", folderWorld);

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

test("blobs lie under domain, algorithm and prefix, and uploads leave nothing behind", async () => {
  await using world = await folderWorld();
  const blobs = world.store.in(testKeys("ours"));
  const digest = digestOf(Buffer.from("layer"));
  for (const id of ["one", "two", "wrong"]) {
    await blobs.startUpload(id);
    await blobs.append(id, 0, once("layer"));
  }
  await blobs.commit("one", digest);
  await blobs.commit("two", digest);
  await blobs.commit("wrong", digestOf(Buffer.from("other"))).catch(() => undefined);
  const hex = digest.slice("sha256:".length);
  expect(await readdir(join(world.directory, "sealed", "ours", "sha256", hex.slice(0, 2)))).toEqual([hex]);
  expect(await readdir(join(world.directory, "uploads"))).toEqual([]);
});

describe("a blob that is in memory", () => {
  const SIZE = 2_500_000;
  const THEN = new Date("2026-01-01T00:00:00Z");

  /** Read so often that it is. */
  async function readOften() {
    const world = await folderWorld();
    const blobs = world.store.in(testKeys("ours"));
    const bytes = randomBytes(SIZE);
    const digest = digestOf(bytes);
    await blobs.startUpload("one");
    await blobs.append("one", 0, Readable.from([bytes]));
    await blobs.commit("one", digest);
    await utimes(pathOf(world.directory, "ours", digest), THEN, THEN);
    const read = async (range?: BlobRange, keys = testKeys("ours")): Promise<Buffer> => {
      const parts: Buffer[] = [];
      for await (const part of await world.store.in(keys).read(digest, range, SIZE)) parts.push(Buffer.from(part));
      return Buffer.concat(parts);
    };
    for (let time = 0; time < 2; time += 1) expect((await read()).equals(bytes)).toBe(true);
    return { ...world, blobs, bytes, digest, read };
  }

  test("is not read from the disk, as a whole or in parts", async () => {
    await using world = await readOften();
    // Bytes that nobody could open, in the same file and with the same time as before.
    await world.overwrite("ours", world.digest, await damaged(world));
    await utimes(pathOf(world.directory, "ours", world.digest), THEN, THEN);
    expect((await world.read()).equals(world.bytes)).toBe(true);
    expect((await world.read({ start: 700, end: 600_000 })).equals(world.bytes.subarray(700, 600_001))).toBe(true);
  });

  test.each<[string, (world: Awaited<ReturnType<typeof readOften>>) => Promise<unknown>, new (message: string) => Error]>([
    ["was removed", ({ store, digest }) => store.remove("ours", digest), BlobMissingError],
    ["was taken from the folder", ({ directory, digest }) => rm(pathOf(directory, "ours", digest)), BlobMissingError],
    ["was changed", async (world) => world.overwrite("ours", world.digest, await damaged(world)), BlobCorruptError],
  ])("and %s is not given out", async (_what, change, error) => {
    await using world = await readOften();
    await change(world);
    await expect(world.read()).rejects.toThrow(error);
    await expect(world.read({ start: 0, end: 1 })).rejects.toThrow(error);
  });

  async function damaged(world: BlobStoreWorld & { readonly digest: string }): Promise<Buffer> {
    const bytes = await world.stored("ours", world.digest);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    return bytes;
  }

  test("is whole again when it was pushed again", async () => {
    await using world = await readOften();
    await world.overwrite("ours", world.digest, await damaged(world));
    await world.blobs.startUpload("two");
    await world.blobs.append("two", 0, Readable.from([world.bytes]));
    await world.blobs.commit("two", world.digest);
    for (let time = 0; time < 3; time += 1) expect((await world.read()).equals(world.bytes)).toBe(true);
  });

  test("is nobody's whose key may not be used now", async () => {
    await using world = await readOften();
    const disabled: BlobKeys = {
      ...testKeys("ours"),
      openKey() {
        throw new Error("the key is disabled");
      },
    };
    await expect(world.read(undefined, disabled)).rejects.toThrow("the key is disabled");
    await expect(world.read({ start: 0, end: 1 }, disabled)).rejects.toThrow("the key is disabled");
    expect((await world.read()).equals(world.bytes)).toBe(true);
  });
});
