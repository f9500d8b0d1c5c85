import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
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
