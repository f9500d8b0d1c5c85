import { randomBytes } from "node:crypto";
import { openSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BlobCorruptError, type BlobPieces } from "../../ports/blob-store.ts";
import { testKeys } from "../../testing/blob-keys.ts";
import { CHUNK_BYTES, RECORD_BYTES, recordAt, sealedBytes, writeHeader, writeTrailer } from "../sealing/format.ts";
import { openSealed } from "../sealing/open.ts";
import { Sealer } from "../sealing/seal.ts";
import { fileSource } from "./file-source.ts";
import { OpeningThreads } from "./opening-threads.ts";

const digest = "sha256:of-the-test";
const keys = testKeys("ours");
const threads = new OpeningThreads();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-source-"));
});
afterAll(() => rm(folder, { recursive: true }));

const bytes = randomBytes(7 * CHUNK_BYTES + 100);

function sealed(content: Buffer): Buffer {
  const { key, wrapped } = keys.newKey();
  const header = writeHeader(wrapped);
  const pieces: Uint8Array[] = [header];
  const sealer = new Sealer(key, 0);
  sealer.add(content, pieces);
  sealer.end(pieces);
  return Buffer.concat([...pieces, writeTrailer(key, header, content.length, digest)]);
}

async function read(size: number, warm: boolean, range?: { readonly start: number; readonly end: number }): Promise<BlobPieces> {
  const fd = openSync(join(folder, "sealed"), "r");
  return openSealed(fileSource({ fd, bytes: sealedBytes(size), warm }, threads), keys, digest, range, size);
}

/** What was given before it ended or failed. */
async function all(pieces: BlobPieces): Promise<{ readonly given: Buffer; readonly failure: unknown }> {
  const given: Buffer[] = [];
  let failure: unknown;
  try {
    for await (const piece of pieces) given.push(piece);
  } catch (cause) {
    failure = cause;
  }
  return { given: Buffer.concat(given), failure };
}

const descriptors = async (): Promise<number> => (await readdir("/proc/self/fd")).length;

const CASES = [1, 100, CHUNK_BYTES, 2 * CHUNK_BYTES + 1, 4 * CHUNK_BYTES + 1, bytes.length].flatMap((size) =>
  [true, false].map((warm) => [size, warm] as const),
);

describe.each(CASES)("a blob of %i bytes, in memory: %s,", (size, warm) => {
  const content = bytes.subarray(0, size);

  test("comes as it went in, several at a time, from any byte to any other, and its file is closed", async () => {
    writeFileSync(join(folder, "sealed"), sealed(content));
    await all(await read(size, warm));
    const before = await descriptors();
    const ranges = [
      undefined,
      { start: 0, end: size - 1 },
      { start: size - 1, end: size - 1 },
      { start: Math.floor(size / 2), end: size - 1 },
    ];
    await Promise.all(
      ranges.map(async (range) => {
        const { given, failure } = await all(await read(size, warm, range));
        expect(failure).toBeUndefined();
        expect(given.equals(content.subarray(range?.start, size))).toBe(true);
      }),
    );
    expect(await descriptors()).toBe(before);
  });

  test("is told as damaged where its last byte was changed or cut off, or another follows, and no wrong byte is given", async () => {
    const good = sealed(content);
    const flipped = Buffer.from(good);
    const last = recordAt(Math.ceil(size / CHUNK_BYTES) - 1) + 12 + ((size - 1) % CHUNK_BYTES);
    flipped[last] = ~(flipped[last] ?? 0);
    const before = await descriptors();
    for (const bad of [flipped, good.subarray(0, -1), Buffer.concat([good, Buffer.alloc(1)])]) {
      writeFileSync(join(folder, "sealed"), bad);
      const pieces = await read(size, warm).catch((cause: unknown) => cause);
      const { given, failure } = pieces instanceof Error ? { given: Buffer.alloc(0), failure: pieces } : await all(pieces as BlobPieces);
      expect(failure).toBeInstanceOf(BlobCorruptError);
      expect(given.equals(content.subarray(0, Math.floor((size - 1) / CHUNK_BYTES) * CHUNK_BYTES).subarray(0, given.length))).toBe(true);
    }
    expect(await descriptors()).toBe(before);
  });

  test("that is given up while a piece is waited for is over, and its file closed", async () => {
    writeFileSync(join(folder, "sealed"), sealed(content));
    const before = await descriptors();
    const pieces = await read(size, warm);
    const waiting = pieces.next();
    await pieces.return();
    await waiting;
    expect(await pieces.next()).toEqual({ value: undefined, done: true });
    expect(await descriptors()).toBe(before);
  });
});

test("what was given up is not read on, and tells of nothing that goes wrong with it", async () => {
  writeFileSync(join(folder, "sealed"), sealed(bytes));
  const source = fileSource({ fd: openSync(join(folder, "sealed"), "r"), bytes: sealedBytes(bytes.length), warm: true }, threads);
  let [reads, fail]: [number, (cause: Error) => void] = [0, () => undefined];
  const openRecords = (): Promise<Buffer[]> => {
    reads += 1;
    return new Promise((_, reject) => (fail = reject));
  };
  const pieces = await openSealed({ ...source, openRecords }, keys, digest);
  const waiting = pieces.next();
  await pieces.return();
  fail(new Error("its file is closed"));
  expect([await waiting, await pieces.next()]).toEqual([
    { value: undefined, done: true },
    { value: undefined, done: true },
  ]);
  expect(reads).toBe(1);
});

test.each([true, false])("a blob that is cut off while it is read is told as damaged, in memory: %s", async (warm) => {
  writeFileSync(join(folder, "sealed"), sealed(bytes));
  const pieces = await read(bytes.length, warm);
  const first = (await pieces.next()).value ?? Buffer.alloc(0);
  truncateSync(join(folder, "sealed"), recordAt(6) + RECORD_BYTES / 2);
  const { given, failure } = await all(pieces);
  expect(failure).toBeInstanceOf(BlobCorruptError);
  const before = Buffer.concat([first, given]);
  expect(before.equals(bytes.subarray(0, before.length))).toBe(true);
});
