import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BlobCorruptError,
  BlobDigestError,
  BlobMissingError,
  BlobRangeError,
  BlobUploadMissingError,
  type Blobs,
  type BlobStore,
} from "../ports/blob-store.ts";
import { testKeys } from "./blob-keys.ts";

/** A store under test, and the same store as a process started later finds it. */
export interface BlobStoreWorld extends AsyncDisposable {
  readonly store: BlobStore;
  restarted(): Promise<BlobStore>;
  /** What lies in the store for a blob, past the store itself. */
  stored(domain: string, digest: string): Promise<Buffer>;
  /** Puts something else there. */
  overwrite(domain: string, digest: string, bytes: Buffer): Promise<void>;
}

const OURS = testKeys("ours");

/** What every `BlobStore` must do. */
export function blobStoreContract(name: string, openStore: () => Promise<BlobStoreWorld>): void {
  const open = async () => {
    const world = await openStore();
    return {
      ...world,
      blobs: world.store.in(OURS),
      restarted: async () => {
        const store = await world.restarted();
        return { store, blobs: store.in(OURS) };
      },
    };
  };

  describe(`${name} as a blob store`, () => {
    test.each(["sha256", "sha512"])("a blob with a %s digest comes back as it went in", async (algorithm) => {
      await using world = await open();
      const bytes = randomBytes(3_000_000);
      const digest = digestOf(bytes, algorithm);
      expect(await push(world.blobs, "one", bytes, digest)).toEqual({ size: bytes.length });
      expect(await world.blobs.stat(digest)).toEqual({ size: bytes.length });
      expect((await readAll(world.blobs, digest)).equals(bytes)).toBe(true);
      expect(await world.blobs.upload("one")).toBeUndefined();
    });

    test("an empty blob is a blob", async () => {
      await using world = await open();
      const digest = digestOf(Buffer.alloc(0));
      await push(world.blobs, "empty", Buffer.alloc(0), digest);
      expect(await world.blobs.stat(digest)).toEqual({ size: 0 });
      expect(await readAll(world.blobs, digest)).toHaveLength(0);
    });

    test.each([
      ["the first byte", 0, 0],
      ["some in the middle", 100, 70_000],
      ["the last byte", 99_999, 99_999],
      ["all of them", 0, 99_999],
    ])("a range gives %s", async (_what, start, end) => {
      await using world = await open();
      const bytes = randomBytes(100_000);
      await push(world.blobs, "ranges", bytes, digestOf(bytes));
      const read = await collect(await world.blobs.read(digestOf(bytes), { start, end }));
      expect(read.equals(bytes.subarray(start, end + 1))).toBe(true);
    });

    test("chunks join in order; one that does not continue the upload is refused with its size", async () => {
      await using world = await open();
      const bytes = randomBytes(300_000);
      await world.blobs.startUpload("chunks");
      expect(await world.blobs.append("chunks", 0, pieces(bytes.subarray(0, 100_000)))).toEqual({ id: "chunks", size: 100_000 });
      const refused = world.blobs.append("chunks", 50_000, pieces(bytes.subarray(50_000)));
      await expect(refused).rejects.toThrow(BlobRangeError);
      await expect(refused).rejects.toHaveProperty("size", 100_000);
      await world.blobs.append("chunks", 100_000, pieces(bytes.subarray(100_000)));
      expect(await world.blobs.upload("chunks")).toEqual({ id: "chunks", size: 300_000 });
      await world.blobs.commit("chunks", digestOf(bytes));
      expect((await readAll(world.blobs, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("a blob is not visible before it is committed", async () => {
      await using world = await open();
      const bytes = randomBytes(1000);
      await world.blobs.startUpload("hidden");
      await world.blobs.append("hidden", 0, pieces(bytes));
      expect(await world.blobs.stat(digestOf(bytes))).toBeUndefined();
      await expect(world.blobs.read(digestOf(bytes))).rejects.toThrow(BlobMissingError);
    });

    test.each([
      ["another digest", digestOf(Buffer.from("other"))],
      ["a digest of the wrong length", "sha256:abc"],
      ["an algorithm that is none", `md5:${"0".repeat(32)}`],
      ["a path", "sha256:../../../etc/passwd"],
    ])("bytes committed under %s are refused and gone", async (_what, digest) => {
      await using world = await open();
      await world.blobs.startUpload("wrong");
      await world.blobs.append("wrong", 0, pieces(Buffer.from("bytes")));
      await expect(world.blobs.commit("wrong", digest)).rejects.toThrow(BlobDigestError);
      expect(await world.blobs.stat(digest)).toBeUndefined();
      expect(await world.blobs.upload("wrong")).toBeUndefined();
    });

    test("an upload that breaks off keeps what came, and goes on from there", async () => {
      await using world = await open();
      const bytes = randomBytes(5_000_000);
      await world.blobs.startUpload("broken");
      const broken = world.blobs.append("broken", 0, breakingOff(bytes.subarray(0, 2_500_000)));
      await expect(broken).rejects.toThrow("the line went dead");
      expect(await world.blobs.upload("broken")).toEqual({ id: "broken", size: 2_500_000 });
      await world.blobs.append("broken", 2_500_000, pieces(bytes.subarray(2_500_000)));
      await world.blobs.commit("broken", digestOf(bytes));
      expect((await readAll(world.blobs, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("an upload goes on after a restart", async () => {
      await using world = await open();
      const bytes = randomBytes(400_000);
      await world.blobs.startUpload("later");
      await world.blobs.append("later", 0, pieces(bytes.subarray(0, 150_000)));
      const { blobs } = await world.restarted();
      expect(await blobs.upload("later")).toEqual({ id: "later", size: 150_000 });
      await blobs.append("later", 150_000, pieces(bytes.subarray(150_000)));
      await blobs.commit("later", digestOf(bytes));
      expect((await readAll(blobs, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("what was committed is there after a restart", async () => {
      await using world = await open();
      const bytes = randomBytes(10_000);
      await push(world.blobs, "kept", bytes, digestOf(bytes));
      const { blobs } = await world.restarted();
      expect((await readAll(blobs, digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test("the same blob may be brought by several at the same moment", async () => {
      await using world = await open();
      const bytes = randomBytes(2_000_000);
      const digest = digestOf(bytes);
      await Promise.all(["a", "b", "c"].map((id) => push(world.blobs, id, bytes, digest)));
      expect((await readAll(world.blobs, digest)).equals(bytes)).toBe(true);
      expect(await listed(world.store, world.blobs.domain)).toEqual([digest]);
    });

    test("two chunks at the same moment: one is taken, the other told where the upload stands", async () => {
      await using world = await open();
      const bytes = randomBytes(200_000);
      await world.blobs.startUpload("race");
      const outcomes = await Promise.allSettled([
        world.blobs.append("race", 0, pieces(bytes)),
        world.blobs.append("race", 0, pieces(bytes)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      expect(outcomes[1]).toHaveProperty("reason.size", 200_000);
      await world.blobs.commit("race", digestOf(bytes));
    });

    test("an aborted upload is gone; aborting it again does no harm", async () => {
      await using world = await open();
      await world.blobs.startUpload("dropped");
      await world.blobs.append("dropped", 0, pieces(Buffer.from("bytes")));
      await world.blobs.abort("dropped");
      await world.blobs.abort("dropped");
      expect(await world.blobs.upload("dropped")).toBeUndefined();
      await expect(world.blobs.append("dropped", 5, pieces(Buffer.from("more")))).rejects.toThrow(BlobUploadMissingError);
      await expect(world.blobs.commit("dropped", digestOf(Buffer.from("bytes")))).rejects.toThrow(BlobUploadMissingError);
    });

    test("an id that is no name names no upload", async () => {
      await using world = await open();
      expect(await world.blobs.upload("../blobs")).toBeUndefined();
      await expect(world.blobs.startUpload("../escape")).rejects.toThrow(TypeError);
    });

    test("only uploads that lie idle are ended", async () => {
      await using world = await open();
      await world.blobs.startUpload("idle");
      expect(await world.store.abortIdle(Date.now() - 60_000)).toBe(0);
      expect(await world.store.abortIdle(Date.now() + 60_000)).toBe(1);
      expect(await world.blobs.upload("idle")).toBeUndefined();
    });

    test("a removed blob is gone; one that was brought again since is not removed", async () => {
      await using world = await open();
      const bytes = Buffer.from("bytes");
      const digest = digestOf(bytes);
      await push(world.blobs, "first", bytes, digest);
      expect(await world.store.remove(world.blobs.domain, digest, Date.now() - 60_000)).toBe(false);
      expect(await world.blobs.stat(digest)).toEqual({ size: 5 });
      expect(await world.store.remove(world.blobs.domain, digest, Date.now() + 60_000)).toBe(true);
      expect(await world.blobs.stat(digest)).toBeUndefined();
      expect(await world.store.remove(world.blobs.domain, digest)).toBe(false);
      await push(world.blobs, "second", bytes, digest);
      expect(await world.store.remove(world.blobs.domain, digest)).toBe(true);
      expect(await listed(world.store, world.blobs.domain)).toEqual([]);
    });

    test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK, 5 * CHUNK + 17])(
      "a blob of %d bytes comes back whole, and so does each of its ends",
      async (size) => {
        await using world = await open();
        const bytes = randomBytes(size);
        const digest = digestOf(bytes);
        await push(world.blobs, "sized", bytes, digest);
        expect((await readAll(world.blobs, digest)).equals(bytes)).toBe(true);
        expect(await world.blobs.stat(digest)).toEqual({ size });
        for (const start of [0, CHUNK - 1, CHUNK, CHUNK + 1, size - 1].filter((at) => at >= 0 && at < size))
          for (const end of [start, CHUNK - 1, CHUNK, 2 * CHUNK, size - 1].filter((at) => at >= start && at < size))
            expect((await collect(await world.blobs.read(digest, { start, end }))).equals(bytes.subarray(start, end + 1))).toBe(true);
      },
    );

    test("however an upload is cut into chunks and lives, the blob is the same", async () => {
      await using world = await open();
      const whole = randomBytes(3 * CHUNK);
      const cuts = fc.array(fc.record({ length: fc.integer({ min: 1, max: CHUNK }), restart: fc.boolean() }), { maxLength: 6 });
      let uploads = 0;
      await fc.assert(
        fc.asyncProperty(cuts, async (chunks) => {
          const id = `cut-${(uploads += 1)}`;
          let { blobs } = world;
          await blobs.startUpload(id);
          let at = 0;
          for (const { length, restart } of chunks) {
            const bytes = whole.subarray(at, Math.min(at + length, whole.length));
            if (restart) ({ blobs } = await world.restarted());
            await blobs.append(id, at, pieces(bytes, 10_007));
            at += bytes.length;
          }
          const digest = digestOf(whole.subarray(0, at));
          await blobs.commit(id, digest);
          expect((await readAll(blobs, digest)).equals(whole.subarray(0, at))).toBe(true);
        }),
        { numRuns: 15 },
      );
    });

    test("nothing of a blob can be read in what lies in the store", async () => {
      await using world = await open();
      const bytes = Buffer.from("a secret ".repeat(1000));
      await push(world.blobs, "clear", bytes, digestOf(bytes));
      const stored = await world.stored("ours", digestOf(bytes));
      expect(stored.includes("secret")).toBe(false);
      expect(stored.length).toBeGreaterThan(bytes.length);
    });

    test("domains share nothing: the same blob is in both, and goes from one alone", async () => {
      await using world = await open();
      const theirs = world.store.in(testKeys("theirs"));
      const bytes = randomBytes(1000);
      const digest = digestOf(bytes);
      await push(world.blobs, "one", bytes, digest);
      expect(await theirs.stat(digest)).toBeUndefined();
      await expect(theirs.read(digest)).rejects.toThrow(BlobMissingError);
      await push(theirs, "two", bytes, digest);
      expect((await domainsOf(world.store)).toSorted()).toEqual(["ours", "theirs"]);
      expect((await world.stored("ours", digest)).equals(await world.stored("theirs", digest))).toBe(false);
      expect(await world.store.remove("ours", digest)).toBe(true);
      expect((await readAll(theirs, digest)).equals(bytes)).toBe(true);
      expect(await world.blobs.stat(digest)).toBeUndefined();
    });

    test("an upload belongs to its domain, also after a restart", async () => {
      await using world = await open();
      await world.blobs.startUpload("mine");
      await world.blobs.append("mine", 0, pieces(Buffer.from("bytes")));
      for (const store of [world.store, (await world.restarted()).store]) {
        const theirs = store.in(testKeys("theirs"));
        expect(await theirs.upload("mine")).toBeUndefined();
        await expect(theirs.append("mine", 5, pieces(Buffer.from("more")))).rejects.toThrow(BlobUploadMissingError);
        await expect(theirs.commit("mine", digestOf(Buffer.from("bytes")))).rejects.toThrow(BlobUploadMissingError);
      }
      expect(await world.blobs.upload("mine")).toEqual({ id: "mine", size: 5 });
    });

    test("keys that cannot be used now keep everything from being read or brought, and nothing from being removed", async () => {
      await using world = await open();
      const bytes = randomBytes(1000);
      const digest = digestOf(bytes);
      await push(world.blobs, "before", bytes, digest);
      await world.blobs.startUpload("waiting");
      const refuse = (): never => {
        throw new Error("the key is disabled");
      };
      const locked = world.store.in({ domain: "ours", newKey: refuse, openKey: refuse });
      await expect(locked.startUpload("new")).rejects.toThrow("the key is disabled");
      await expect(locked.append("waiting", 0, pieces(bytes))).rejects.toThrow("the key is disabled");
      await expect(locked.read(digest)).rejects.toThrow("the key is disabled");
      await world.blobs.append("waiting", 0, pieces(bytes));
      await expect(locked.commit("waiting", digest)).rejects.toThrow("the key is disabled");
      await world.blobs.commit("waiting", digest);
      expect(await locked.stat(digest)).toEqual({ size: 1000 });
      expect(await world.store.remove("ours", digest)).toBe(true);
    });

    describe("what was changed in the store is an error, and never given out:", () => {
      const bytes = randomBytes(3 * CHUNK + 1000);
      const digest = digestOf(bytes);
      const RECORD = CHUNK + 28;
      const flipped = (at: number) => (stored: Buffer) => {
        const changed = Buffer.from(stored);
        changed[at < 0 ? changed.length + at : at]! ^= 1;
        return changed;
      };
      const without = (from: number, to: number) => (stored: Buffer) => Buffer.concat([stored.subarray(0, from), stored.subarray(to)]);

      test.each<[string, (stored: Buffer) => Buffer]>([
        ["the first byte", flipped(0)],
        ["a byte of the wrapped key", flipped(40)],
        ["the last byte of the header", flipped(511)],
        ["a byte of the first chunk", flipped(512 + 12)],
        ["a nonce", flipped(512 + RECORD)],
        ["a byte in the middle", flipped(512 + RECORD + 5000)],
        ["the tag of a chunk", flipped(512 + RECORD - 1)],
        ["a byte of the last chunk", flipped(-28 - 16 - 1)],
        ["the last byte", flipped(-1)],
        ["a missing byte at the end", (stored) => stored.subarray(0, -1)],
        ["a missing trailer", (stored) => stored.subarray(0, -28)],
        ["a missing chunk", without(512 + RECORD, 512 + 2 * RECORD)],
        ["a missing last chunk", (stored) => without(512 + 3 * RECORD, stored.length - 28)(stored)],
        ["one byte more", (stored) => Buffer.concat([stored, Buffer.alloc(1)])],
        ["no bytes at all", () => Buffer.alloc(0)],
        [
          "two chunks exchanged",
          (stored) =>
            Buffer.concat([
              stored.subarray(0, 512),
              stored.subarray(512 + RECORD, 512 + 2 * RECORD),
              stored.subarray(512, 512 + RECORD),
              stored.subarray(512 + 2 * RECORD),
            ]),
        ],
      ])("%s", async (_what, change) => {
        await using world = await open();
        await push(world.blobs, "good", bytes, digest);
        await world.overwrite("ours", digest, change(await world.stored("ours", digest)));
        for (const size of [undefined, bytes.length]) {
          const given: Buffer[] = [];
          const reading = (async () => {
            for await (const piece of await world.blobs.read(digest, undefined, size)) given.push(piece as Buffer);
          })();
          await expect(reading).rejects.toThrow(BlobCorruptError);
          const before = Buffer.concat(given);
          expect(before.equals(bytes.subarray(0, before.length))).toBe(true);
        }
        // Brought again, it is whole again.
        await push(world.blobs, "again", bytes, digest);
        expect((await readAll(world.blobs, digest)).equals(bytes)).toBe(true);
      });

      test("another size than the reader knows of", async () => {
        await using world = await open();
        await push(world.blobs, "good", bytes, digest);
        for (const size of [0, bytes.length - 1, bytes.length + 1, 10 * bytes.length])
          await expect(world.blobs.read(digest, undefined, size)).rejects.toThrow(BlobCorruptError);
      });

      test("another blob in its place", async () => {
        await using world = await open();
        const other = randomBytes(bytes.length);
        await push(world.blobs, "good", bytes, digest);
        await push(world.blobs, "other", other, digestOf(other));
        await world.overwrite("ours", digest, await world.stored("ours", digestOf(other)));
        await expect(world.blobs.read(digest)).rejects.toThrow(BlobCorruptError);
      });

      test("a range that the change does not touch is given out all the same", async () => {
        await using world = await open();
        await push(world.blobs, "good", bytes, digest);
        await world.overwrite("ours", digest, flipped(512 + 2 * RECORD + 100)(await world.stored("ours", digest)));
        const range = { start: CHUNK, end: CHUNK + 10 };
        expect((await collect(await world.blobs.read(digest, range))).equals(bytes.subarray(CHUNK, CHUNK + 11))).toBe(true);
        await expect(collect(await world.blobs.read(digest, { start: 2 * CHUNK, end: 2 * CHUNK }))).rejects.toThrow(BlobCorruptError);
      });
    });
  });
}

const CHUNK = 256 * 1024;

async function domainsOf(store: BlobStore): Promise<string[]> {
  const names: string[] = [];
  for await (const name of store.domains()) names.push(name);
  return names;
}

export function digestOf(bytes: Uint8Array, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

async function push(blobs: Blobs, id: string, bytes: Uint8Array, digest: string): Promise<{ readonly size: number }> {
  await blobs.startUpload(id);
  await blobs.append(id, 0, pieces(bytes));
  return blobs.commit(id, digest);
}

async function* pieces(bytes: Uint8Array, size = 65_536): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* breakingOff(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield* pieces(bytes);
  throw new Error("the line went dead");
}

async function readAll(blobs: Blobs, digest: string): Promise<Buffer> {
  return collect(await blobs.read(digest));
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listed(store: BlobStore, domain: string): Promise<string[]> {
  const digests: string[] = [];
  for await (const digest of store.list(domain)) digests.push(digest);
  return digests;
}
