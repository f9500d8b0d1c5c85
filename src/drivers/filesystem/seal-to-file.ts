import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { releaseMemory } from "../../ports/release-memory.ts";
import { recordAt, CHUNK_BYTES } from "../sealing/format.ts";
import { Sealer } from "../sealing/seal.ts";
import { earlySync } from "./early-sync.ts";

/**
 * How much is gathered before it is written: sockets deliver 64 KiB at most, and each write is a trip to another thread. More would keep more in
 * memory, and from tens of megabytes on, of all uploads together, Node's garbage collector takes more time than the trips do.
 */
const BATCH_BYTES = 2 * CHUNK_BYTES;
/** Below the number of buffers that every kernel takes in one call (IOV_MAX), by more than one piece of the stream becomes. */
const BATCH_PIECES = 800;

/** The file could not be written: full disk, quota. So many bytes of the blob are in it, in whole records. */
export class FileWriteError extends Error {
  readonly size: number;
  constructor(size: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : "the file could not be written", { cause });
    this.size = size;
  }
}

export interface SealTarget {
  readonly file: FileHandle;
  readonly key: Uint8Array;
  /** Bytes of the blob that are there already, and those of them that are in a record that is not full: it is written anew. */
  readonly size: number;
  readonly tail: Uint8Array;
  /** Takes the new bytes in. */
  readonly hash: Hash | undefined;
  /** Asked before each batch; rejects where there is no room for so many bytes. */
  readonly room: (bytes: number) => Promise<void>;
}

/**
 * Seals a stream into a file. Each piece is hashed and encrypted as it comes, while the batch before is on its way to the disk, and not looked
 * at afterwards; the stream is held back where the disk is slower, so that at most two batches are in memory.
 *
 * Resolves with the size of the blob so far. A failure of the stream comes back in `interrupted`: what came before it is in the file
 * and in the hash. A failure of the file rejects with `FileWriteError`, and the hash is then of no use.
 */
export async function sealToFile(
  { file, key, size: from, tail, hash, room }: SealTarget,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly size: number; readonly interrupted?: unknown }> {
  const start = from - tail.length;
  const sealer = new Sealer(key, start / CHUNK_BYTES);
  const sealed: Uint8Array[] = [];
  let size = from;
  let gathered = 0;
  let position = recordAt(start / CHUNK_BYTES);
  /** Bytes of the blob in whole records that are in the file. */
  let safe = start;
  let writing = Promise.resolve();
  const early = earlySync(file);
  sealer.add(tail, sealed);

  const flush = async (last: boolean): Promise<void> => {
    if (last) sealer.end(sealed);
    const whole = last ? size : size - sealer.filled;
    const out = sealed.splice(0);
    gathered = 0;
    await writing;
    const length = out.reduce((sum, piece) => sum + piece.length, 0);
    if (length === 0) return;
    await room(length);
    writing = writeWhole(file, out, position).then(() => {
      releaseMemory(out);
      early.wrote(length);
      safe = whole;
    });
    position += length;
    // Whoever awaits `writing` next hears of a failure; until then it must not count as unheard.
    writing.catch(() => undefined);
  };

  let failure: { readonly cause: unknown } | undefined;
  const pieces = bytes[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await pieces.next().catch((cause: unknown) => void (failure = { cause }));
      if (!next || next.done) break;
      hash?.update(next.value);
      sealer.add(next.value, sealed);
      gathered += next.value.length;
      size += next.value.length;
      if (gathered >= BATCH_BYTES || sealed.length >= BATCH_PIECES) await flush(false);
    }
    await flush(true);
    await writing;
    await early.end();
  } catch (cause) {
    // Whatever else it says: the file is closed next.
    await early.end().catch(() => undefined);
    await pieces.return?.().catch(() => undefined);
    throw new FileWriteError(safe, cause);
  }
  return failure ? { size, interrupted: failure.cause } : { size };
}

/** One call where the kernel takes everything at once, which it may refuse when the disk is nearly full. */
async function writeWhole(file: FileHandle, pieces: readonly Uint8Array[], position: number): Promise<void> {
  let rest = [...pieces];
  let at = position;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest, at);
    at += bytesWritten;
    while (rest[0] && rest[0].length <= bytesWritten) {
      bytesWritten -= rest[0].length;
      rest = rest.slice(1);
    }
    if (rest[0] && bytesWritten > 0) rest[0] = rest[0].subarray(bytesWritten);
  }
}
