import { expect, test } from "vitest";
import { BlobCorruptError, type BlobKeys, type BlobPieces, type BlobRange } from "../../ports/blob-store.ts";
import { releaseMemory } from "../../ports/release-memory.ts";
import { OpenedBlobs, type OpenBlob } from "./opened-blobs.ts";

const PIECE = 64 * 1024;
const SIZE = 2 * PIECE;
const WRAPPED = Buffer.from("wrapped");
const keys: BlobKeys = {
  domain: "ours",
  newKey: () => ({ key: Buffer.alloc(32), wrapped: WRAPPED }),
  openKey: (wrapped) => (WRAPPED.equals(wrapped) ? Buffer.alloc(32) : undefined),
};

/** Blobs of two pieces, filled with a byte each; of three fits no more than two. */
function world(limits = { mostBytes: 2 * SIZE, mostOfOne: SIZE }) {
  const blobs = new OpenedBlobs<string>(limits);
  const opened: string[] = [];
  const open =
    (name: string, pieces: () => AsyncGenerator<Buffer> = piecesOf) =>
    (noting: BlobKeys): Promise<OpenBlob<string>> => {
      opened.push(name);
      noting.openKey(WRAPPED);
      return Promise.resolve({ mark: name, pieces: pieces() as unknown as BlobPieces });
    };
  /** As a store reads: from memory, where it is there or comes in. */
  const find = (name: string, size = SIZE) => blobs.get(name) ?? blobs.admit(name, size, keys, open(name));
  const read = async (name: string): Promise<boolean> => {
    const found = find(name);
    if (!found) return false;
    await found.opened();
    await content(found.read(keys, name));
    return true;
  };
  return { blobs, opened, open, find, read };
}

async function* piecesOf(): AsyncGenerator<Buffer> {
  for (const byte of [1, 2]) yield await Promise.resolve(Buffer.from(new Uint8Array(PIECE).fill(byte).buffer));
}

async function content(pieces: BlobPieces): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

test("what is read once passes by, and stays from its second reading on", async () => {
  const { read, opened } = world();
  expect([await read("a"), await read("a"), await read("a")]).toEqual([false, true, true]);
  expect(opened).toEqual(["a"]);
});

test("whoever reads at the same time shares one opening", async () => {
  const { read, opened, find } = world();
  find("a");
  expect(await Promise.all([read("a"), read("a"), read("a")])).toEqual([true, true, true]);
  expect(opened).toEqual(["a"]);
});

test("one that takes no piece holds up nobody", async () => {
  const { read, find } = world();
  find("a");
  const slow = find("a");
  await slow?.opened();
  const pieces = slow?.read(keys, "a");
  expect(await read("a")).toBe(true);
  await pieces?.return();
});

test.each<[BlobRange, number[]]>([
  [{ start: 0, end: 0 }, [1]],
  [{ start: PIECE - 1, end: PIECE }, [1, 2]],
  [{ start: SIZE - 2, end: SIZE - 1 }, [2, 2]],
])("the range %o is its bytes", async (range, bytes) => {
  const { find } = world();
  find("a");
  const found = find("a");
  await found?.opened();
  expect(found && [...(await content(found.read(keys, "a", range)))]).toEqual(bytes);
});

test("a reader who frees what it sent leaves the others theirs", async () => {
  const { find } = world();
  find("a");
  const found = find("a");
  await found?.opened();
  for (let time = 0; time < 2; time += 1) {
    const pieces: Buffer[] = [];
    for await (const piece of found?.read(keys, "a") ?? []) pieces.push(piece);
    expect(pieces.map((piece) => [piece.length, piece[0]])).toEqual([
      [PIECE, 1],
      [PIECE, 2],
    ]);
    releaseMemory(pieces);
  }
});

test("a key that opens nothing any more opens nothing from memory", async () => {
  const { read, find } = world();
  await read("a");
  await read("a");
  const found = find("a");
  const refusing = (answer: () => undefined): BlobKeys => ({ ...keys, openKey: answer });
  const disabled = refusing(() => {
    throw new Error("the key is disabled");
  });
  expect(() => found?.read(disabled, "a")).toThrow("the key is disabled");
  const others = refusing(() => undefined);
  expect(() => found?.read(others, "a")).toThrow(BlobCorruptError);
});

test("the limit holds: those go that were not read for longest", async () => {
  const { blobs, read } = world();
  for (const name of ["a", "a", "b", "b", "a", "c", "c"]) await read(name);
  expect(blobs.bytes).toBe(2 * SIZE);
  expect(["a", "b", "c"].map((name) => blobs.get(name) !== undefined)).toEqual([true, false, true]);
});

test("whoever goes through more than there is room for, in circles, pushes nothing out", async () => {
  const { read, opened } = world();
  for (let time = 0; time < 5; time += 1) for (const name of ["a", "b", "c"]) await read(name);
  expect(opened).toEqual(["a", "b"]);
});

test("where more are read in no order than there is room for, one takes another's place once in thirty-two times", async () => {
  const { read, opened, blobs } = world();
  const names = ["a", "b", "c", "d"];
  for (let at = 0; at < 640; at += 1) await read(names[(at * at * 7 + (at >> 3)) % 4] ?? "");
  // Two had room, two may be replaced at once, and 20 by and by.
  expect(opened.length).toBeGreaterThan(4);
  expect(opened.length).toBeLessThanOrEqual(24);
  expect(blobs.bytes).toBe(2 * SIZE);
});

test("what is larger than one may be is not kept, nor anything where there is no room at all", async () => {
  const { find } = world();
  expect([find("large", SIZE + 1), find("large", SIZE + 1)]).toEqual([undefined, undefined]);
  const { read } = world({ mostBytes: 0, mostOfOne: SIZE });
  expect([await read("a"), await read("a")]).toEqual([false, false]);
});

test("what somebody reads counts until he is done, also when it was forgotten", async () => {
  const { blobs, read, find } = world();
  for (const name of ["a", "a", "b", "b"]) await read(name);
  const readers = ["a", "b"].map((name) => find(name)?.read(keys, name));
  expect([await read("c"), await read("c"), blobs.bytes]).toEqual([false, false, 2 * SIZE]);
  blobs.forget("a");
  expect([blobs.get("a"), blobs.bytes]).toEqual([undefined, 2 * SIZE]);
  await readers[0]?.return();
  await readers[0]?.return();
  expect(blobs.bytes).toBe(SIZE);
  await readers[1]?.return();
  expect([blobs.bytes, await read("c")]).toEqual([SIZE, true]);
});

test("one that cannot be read to its end fails all that read it, and is gone", async () => {
  const { blobs, find, open } = world();
  async function* damaged(): AsyncGenerator<Buffer> {
    yield await Promise.resolve(Buffer.alloc(PIECE));
    throw new BlobCorruptError("record 1 was changed");
  }
  find("a");
  const found = blobs.admit("a", SIZE, keys, open("a", damaged));
  await found?.opened();
  const readers = [0, 1].map(() => found?.read(keys, "a"));
  for (const reader of readers) {
    await expect(reader && content(reader)).rejects.toThrow(BlobCorruptError);
    expect(await reader?.next()).toEqual({ value: undefined, done: true });
  }
  expect([blobs.get("a"), blobs.bytes]).toEqual([undefined, 0]);
});

test("one that cannot be opened is gone", async () => {
  const { blobs, find } = world();
  find("a");
  const found = blobs.admit("a", SIZE, keys, () => Promise.reject(new Error("no such file")));
  expect(await found?.opened()).toBeUndefined();
  expect([blobs.get("a"), blobs.bytes]).toEqual([undefined, 0]);
});
