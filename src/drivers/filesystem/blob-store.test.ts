import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blobStoreContract, digestOf, type BlobStoreWorld } from "../../testing/blob-store-contract.ts";
import { FilesystemBlobStore } from "./blob-store.ts";

async function folderWorld(): Promise<BlobStoreWorld & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), "airfield-blobs-"));
  return {
    directory,
    store: await FilesystemBlobStore.open(directory),
    restarted: () => FilesystemBlobStore.open(directory),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

blobStoreContract("a folder", folderWorld);

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

test("blobs lie under algorithm and prefix, and uploads leave nothing behind", async () => {
  await using world = await folderWorld();
  const digest = digestOf(Buffer.from("layer"));
  for (const id of ["one", "two", "wrong"]) {
    await world.store.startUpload(id);
    await world.store.append(id, 0, once("layer"));
  }
  await world.store.commit("one", digest);
  await world.store.commit("two", digest);
  await world.store.commit("wrong", digestOf(Buffer.from("other"))).catch(() => undefined);
  const hex = digest.slice("sha256:".length);
  expect(await readdir(join(world.directory, "blobs", "sha256", hex.slice(0, 2)))).toEqual([hex]);
  expect(await readdir(join(world.directory, "uploads"))).toEqual([]);
});
