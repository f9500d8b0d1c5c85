import { closeSync, read as readFile } from "node:fs";
import { promisify } from "node:util";
import { recordAt, RECORD_BYTES, sealedBytes, TRAILER_BYTES, unfinishedBytes } from "../sealing/format.ts";
import type { SealedSource } from "../sealing/open.ts";
import { JOB_RECORDS, type OpeningThreads } from "./opening-threads.ts";

/** Manifests, configurations and small layers, which are the most, are read in one go, and opened where they are wanted. */
const SMALL_BYTES = recordAt(4) + TRAILER_BYTES;
/** Buffers of small blobs that nobody reads any more are kept for the next; no more than so many. */
const MOST_SPARE = 10;
const spare: Buffer[] = [];

// Closing a file that was only read waits for no disk; as a trip to another thread and back, it would take longer than reading the file.

const read = promisify(readFile);

/** A sealed blob in a file. @param fd the open file, which is closed with the source @param bytes that the file should have */
export function fileSource(fd: number, bytes: number, threads: OpeningThreads): SealedSource {
  return bytes <= SMALL_BYTES ? smallSource(fd, bytes) : largeSource(fd, bytes, threads);
}

/** Up to `size` bytes of a file, which is closed. */
export async function readWhole(fd: number, size: number): Promise<Buffer> {
  try {
    const buffer = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await read(fd, buffer, 0, size, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    closeSync(fd);
  }
}

/** A sealed blob that is in memory, all of it. @param size that the blob should have, where it is known */
export function memorySource(sealed: Uint8Array, size: number | undefined): SealedSource {
  const all = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  return {
    bytes: size === undefined ? all.length : sealedBytes(size),
    read: (at, length) => Promise.resolve(all.subarray(at, at + length)),
    close: () => Promise.resolve(),
  };
}

function smallSource(fd: number, bytes: number): SealedSource {
  let all: Promise<Buffer> | undefined;
  const load = async (): Promise<Buffer> => {
    const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES + 1);
    // One more shows whether the file ends there.
    const { bytesRead } = await read(fd, buffer, 0, bytes + 1, 0);
    return buffer.subarray(0, bytesRead);
  };
  return {
    bytes,
    async read(at, length) {
      all ??= load();
      return (await all).subarray(at, at + length);
    },
    async close() {
      const loaded = await all?.catch(() => undefined);
      if (loaded && spare.length < MOST_SPARE) spare.push(Buffer.from(loaded.buffer));
      closeSync(fd);
    },
  };
}

/** While few are reading, one job is asked for ahead, so that the thread never waits for this one. */
function largeSource(fd: number, bytes: number, threads: OpeningThreads): SealedSource {
  let until = 0;
  let ahead: { readonly index: number; readonly opening: Promise<Buffer> } | undefined;
  let over: Promise<unknown> = Promise.resolve();
  const open = (key: Uint8Array, index: number, size: number): Promise<Buffer> => {
    const length = Math.min(JOB_RECORDS * RECORD_BYTES, unfinishedBytes(size) - recordAt(index));
    const opening = threads.open(fd, key, index, length);
    over = Promise.allSettled([over, opening]);
    return opening;
  };
  return {
    bytes,
    announce(_, end) {
      until = end;
    },
    async read(at, length) {
      const buffer = Buffer.allocUnsafe(length);
      const reading = read(fd, buffer, 0, length, at);
      over = Promise.allSettled([over, reading]);
      return buffer.subarray(0, (await reading).bytesRead);
    },
    openRecords(key, index, size) {
      const opening = ahead?.index === index ? ahead.opening : open(key, index, size);
      const next = index + JOB_RECORDS;
      ahead = threads.calm && recordAt(next) < until ? { index: next, opening: open(key, next, size) } : undefined;
      return opening;
    },
    async close() {
      // Its number may be another file's once it is closed.
      await over;
      closeSync(fd);
    },
  };
}
