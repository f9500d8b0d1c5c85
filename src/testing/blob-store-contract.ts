import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { BlobDigestError, BlobMissingError, BlobRangeError, BlobUploadMissingError, type BlobStore } from "../ports/blob-store.ts";

/** A store under test, and the same store as a process started later finds it. */
export interface BlobStoreWorld extends AsyncDisposable {
  readonly store: BlobStore;
  restarted(): Promise<BlobStore>;
}

/** What every `BlobStore` must do. */
export function blobStoreContract(name: string, open: () => Promise<BlobStoreWorld>): void {
  describe(`${name} as a blob store`, () => {
    test.each(["sha256", "sha512"])("a blob with a %s digest comes back as it went in", async (algorithm) => {
      await using world = await open();
      const bytes = randomBytes(3_000_000);
      const digest = digestOf(bytes, algorithm);
      expect(await push(world.store, "one", bytes, digest)).toEqual({ size: bytes.length });
      expect(await world.store.stat(digest)).toEqual({ size: bytes.length });
      expect((await readAll(world.store, digest)).equals(bytes)).toBe(true);
      expect(await world.store.upload("one")).toBeUndefined();
    });

    test("an empty blob is a blob", async () => {
      await using world = await open();
      const digest = digestOf(Buffer.alloc(0));
      await push(world.store, "empty", Buffer.alloc(0), digest);
      expect(await world.store.stat(digest)).toEqual({ size: 0 });
      expect(await readAll(world.store, digest)).toHaveLength(0);
    });

    test.each([
      ["the first byte", 0, 0],
      ["some in the middle", 100, 70_000],
      ["the last byte", 99_999, 99_999],
      ["all of them", 0, 99_999],
    ])("a range gives %s", async (_what, start, end) => {
      await using world = await open();
      const bytes = randomBytes(100_000);
      await push(world.store, "ranges", bytes, digestOf(bytes));
      const read = await collect(await world.store.read(digestOf(bytes), { start, end }));
      expect(read.equals(bytes.subarray(start, end + 1))).toBe(true);
    });

    test("chunks join in order; one that does not continue the upload is refused with its size", async () => {
      await using world = await open();
      const bytes = randomBytes(300_000);
      await world.store.startUpload("chunks");
      expect(await world.store.append("chunks", 0, pieces(bytes.subarray(0, 100_000)))).toEqual({ id: "chunks", size: 100_000 });
      const refused = world.store.append("chunks", 50_000, pieces(bytes.subarray(50_000)));
      await expect(refused).rejects.toThrow(BlobRangeError);
      await expect(refused).rejects.toHaveProperty("size", 100_000);
      await world.store.append("chunks", 100_000, pieces(bytes.subarray(100_000)));
      expect(await world.store.upload("chunks")).toEqual({ id: "chunks", size: 300_000 });
      await world.store.commit("chunks", digestOf(bytes));
      expect((await readAll(world.store, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("a blob is not visible before it is committed", async () => {
      await using world = await open();
      const bytes = randomBytes(1000);
      await world.store.startUpload("hidden");
      await world.store.append("hidden", 0, pieces(bytes));
      expect(await world.store.stat(digestOf(bytes))).toBeUndefined();
      await expect(world.store.read(digestOf(bytes))).rejects.toThrow(BlobMissingError);
    });

    test.each([
      ["another digest", digestOf(Buffer.from("other"))],
      ["a digest of the wrong length", "sha256:abc"],
      ["an algorithm that is none", `md5:${"0".repeat(32)}`],
      ["a path", "sha256:../../../etc/passwd"],
    ])("bytes committed under %s are refused and gone", async (_what, digest) => {
      await using world = await open();
      await world.store.startUpload("wrong");
      await world.store.append("wrong", 0, pieces(Buffer.from("bytes")));
      await expect(world.store.commit("wrong", digest)).rejects.toThrow(BlobDigestError);
      expect(await world.store.stat(digest)).toBeUndefined();
      expect(await world.store.upload("wrong")).toBeUndefined();
    });

    test("an upload that breaks off keeps what came, and goes on from there", async () => {
      await using world = await open();
      const bytes = randomBytes(5_000_000);
      await world.store.startUpload("broken");
      const broken = world.store.append("broken", 0, breakingOff(bytes.subarray(0, 2_500_000)));
      await expect(broken).rejects.toThrow("the line went dead");
      expect(await world.store.upload("broken")).toEqual({ id: "broken", size: 2_500_000 });
      await world.store.append("broken", 2_500_000, pieces(bytes.subarray(2_500_000)));
      await world.store.commit("broken", digestOf(bytes));
      expect((await readAll(world.store, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("an upload goes on after a restart", async () => {
      await using world = await open();
      const bytes = randomBytes(400_000);
      await world.store.startUpload("later");
      await world.store.append("later", 0, pieces(bytes.subarray(0, 150_000)));
      const store = await world.restarted();
      expect(await store.upload("later")).toEqual({ id: "later", size: 150_000 });
      await store.append("later", 150_000, pieces(bytes.subarray(150_000)));
      await store.commit("later", digestOf(bytes));
      expect((await readAll(store, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("what was committed is there after a restart", async () => {
      await using world = await open();
      const bytes = randomBytes(10_000);
      await push(world.store, "kept", bytes, digestOf(bytes));
      const store = await world.restarted();
      expect((await readAll(store, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("the same blob may be brought by several at the same moment", async () => {
      await using world = await open();
      const bytes = randomBytes(2_000_000);
      const digest = digestOf(bytes);
      await Promise.all(["a", "b", "c"].map((id) => push(world.store, id, bytes, digest)));
      expect((await readAll(world.store, digest)).equals(bytes)).toBe(true);
      expect(await listed(world.store)).toEqual([digest]);
    });

    test("two chunks at the same moment: one is taken, the other told where the upload stands", async () => {
      await using world = await open();
      const bytes = randomBytes(200_000);
      await world.store.startUpload("race");
      const outcomes = await Promise.allSettled([
        world.store.append("race", 0, pieces(bytes)),
        world.store.append("race", 0, pieces(bytes)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      expect(outcomes[1]).toHaveProperty("reason.size", 200_000);
      await world.store.commit("race", digestOf(bytes));
    });

    test("an aborted upload is gone; aborting it again does no harm", async () => {
      await using world = await open();
      await world.store.startUpload("dropped");
      await world.store.append("dropped", 0, pieces(Buffer.from("bytes")));
      await world.store.abort("dropped");
      await world.store.abort("dropped");
      expect(await world.store.upload("dropped")).toBeUndefined();
      await expect(world.store.append("dropped", 5, pieces(Buffer.from("more")))).rejects.toThrow(BlobUploadMissingError);
      await expect(world.store.commit("dropped", digestOf(Buffer.from("bytes")))).rejects.toThrow(BlobUploadMissingError);
    });

    test("an id that is no name names no upload", async () => {
      await using world = await open();
      expect(await world.store.upload("../blobs")).toBeUndefined();
      await expect(world.store.startUpload("../escape")).rejects.toThrow(TypeError);
    });

    test("only uploads that lie idle are ended", async () => {
      await using world = await open();
      await world.store.startUpload("idle");
      expect(await world.store.abortIdle(Date.now() - 60_000)).toBe(0);
      expect(await world.store.abortIdle(Date.now() + 60_000)).toBe(1);
      expect(await world.store.upload("idle")).toBeUndefined();
    });

    test("a removed blob is gone; one that was brought again since is not removed", async () => {
      await using world = await open();
      const bytes = Buffer.from("bytes");
      const digest = digestOf(bytes);
      await push(world.store, "first", bytes, digest);
      expect(await world.store.remove(digest, Date.now() - 60_000)).toBe(false);
      expect(await world.store.stat(digest)).toEqual({ size: 5 });
      expect(await world.store.remove(digest, Date.now() + 60_000)).toBe(true);
      expect(await world.store.stat(digest)).toBeUndefined();
      expect(await world.store.remove(digest)).toBe(false);
      await push(world.store, "second", bytes, digest);
      expect(await world.store.remove(digest)).toBe(true);
      expect(await listed(world.store)).toEqual([]);
    });
  });
}

export function digestOf(bytes: Uint8Array, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

async function push(store: BlobStore, id: string, bytes: Uint8Array, digest: string): Promise<{ readonly size: number }> {
  await store.startUpload(id);
  await store.append(id, 0, pieces(bytes));
  return store.commit(id, digest);
}

async function* pieces(bytes: Uint8Array, size = 65_536): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* breakingOff(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield* pieces(bytes);
  throw new Error("the line went dead");
}

async function readAll(store: BlobStore, digest: string): Promise<Buffer> {
  return collect(await store.read(digest));
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listed(store: BlobStore): Promise<string[]> {
  const digests: string[] = [];
  for await (const digest of store.list()) digests.push(digest);
  return digests;
}
