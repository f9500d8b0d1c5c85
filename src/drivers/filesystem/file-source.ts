import { closeSync, read as readFile } from "node:fs";
import { promisify } from "node:util";
import { recordAt, RECORD_BYTES, sealedBytes, TRAILER_BYTES, unfinishedBytes } from "../sealing/format.ts";
import type { SealedSource } from "../sealing/open.ts";
import { inPlaceSource } from "./in-place-source.ts";
import { JOB_RECORDS, type OpeningThreads } from "./opening-threads.ts";

/** Manifests, configurations and small layers, which are the most, are read in one go, and opened where they are wanted. */
const SMALL_BYTES = recordAt(4) + TRAILER_BYTES;
/** Buffers of small blobs that nobody reads any more are kept for the next; no more than so many. */
const MOST_SPARE = 10;
const spare: Buffer[] = [];

// Closing a file that was only read waits for no disk; as a trip to another thread and back, it would take longer than reading the file.

const read = promisify(readFile);

/** A file that is open, and closed with its source. */
interface SealedFile {
  readonly fd: number;
  /** That it should have. */
  readonly bytes: number;
  /** Whether the system is likely to have it in memory. */
  readonly warm: boolean;
}

/** A sealed blob in a file. */
export function fileSource(file: SealedFile, threads: OpeningThreads): SealedSource {
  if (file.bytes > SMALL_BYTES) return largeSource(file, threads);
  return file.warm ? inPlaceSource(file.fd, file.bytes) : smallSource(file.fd, file.bytes);
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
    read: (at, length) => all.subarray(at, at + length),
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

/**
 * While few are reading, one job is asked for ahead, so that the thread never waits for this one; and where the file is in memory, the first record is opened
 * here meanwhile, so that the client has something to do, too.
 */
function largeSource({ fd, bytes, warm }: SealedFile, threads: OpeningThreads): SealedSource {
  let until = 0;
  let first = warm;
  let ahead: { readonly index: number; readonly opening: Promise<Buffer> } | undefined;
  let over: Promise<unknown> = Promise.resolve();
  const here = inPlaceSource(fd, bytes);
  const open = (key: Uint8Array, index: number, size: number): Promise<Buffer> => {
    const length = Math.min(JOB_RECORDS * RECORD_BYTES, unfinishedBytes(size) - recordAt(index));
    const opening = threads.open(fd, key, index, length);
    over = Promise.allSettled([over, opening]);
    return opening;
  };
  const openAhead = (key: Uint8Array, index: number, size: number): void => {
    ahead = threads.calm && recordAt(index) < until ? { index, opening: open(key, index, size) } : undefined;
  };
  return {
    bytes,
    announce(_, end) {
      until = end;
    },
    async read(at, length) {
      if (warm) return here.read(at, length);
      const buffer = Buffer.allocUnsafe(length);
      const reading = read(fd, buffer, 0, length, at);
      over = Promise.allSettled([over, reading]);
      return buffer.subarray(0, (await reading).bytesRead);
    },
    async openRecords(key, index, size) {
      if (first && threads.calm) {
        first = false;
        openAhead(key, index + 1, size);
        return here.openRecords(key, index, size);
      }
      const opening = ahead?.index === index ? ahead.opening : open(key, index, size);
      openAhead(key, index + JOB_RECORDS, size);
      return [await opening];
    },
    async close() {
      // Its number may be another file's once it is closed.
      await over;
      closeSync(fd);
    },
  };
}
