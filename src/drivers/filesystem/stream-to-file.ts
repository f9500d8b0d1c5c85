import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

/** How much is gathered before it is written: sockets deliver 64 KiB at most, and each write is a trip to another thread. */
const BATCH_BYTES = 1024 * 1024;
/** Below the number of buffers that every kernel takes in one call (IOV_MAX). */
const BATCH_PIECES = 512;

/** The file could not be written: full disk, quota. `written` bytes of the stream are in the file. */
export class FileWriteError extends Error {
  readonly written: number;
  constructor(written: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : "the file could not be written", { cause });
    this.written = written;
  }
}

/**
 * Writes a stream into a file from `offset` on. While one batch is on its way to the disk, it is hashed and the next one is
 * gathered; the stream is held back beyond that, so that at most three batches are in memory.
 *
 * Resolves with the number of bytes. A failure of the stream comes back in `interrupted`: what came before it is in the file
 * and in the hash. A failure of the file rejects with `FileWriteError`, and the hash is then of no use.
 */
export async function streamToFile(
  file: FileHandle,
  offset: number,
  bytes: AsyncIterable<Uint8Array>,
  hash: Hash | undefined,
): Promise<{ readonly written: number; readonly interrupted?: unknown }> {
  let batch: Uint8Array[] = [];
  let gathered = 0;
  let handedOver = 0;
  let written = 0;
  let writing = Promise.resolve();

  const flush = async (): Promise<void> => {
    await writing;
    if (gathered === 0) return;
    const [pieces, size, at] = [batch, gathered, offset + handedOver];
    batch = [];
    gathered = 0;
    handedOver += size;
    writing = writeWhole(file, pieces, at).then(() => void (written += size));
    // Whoever awaits `writing` next hears of a failure; until then it must not count as unheard.
    writing.catch(() => undefined);
    if (hash) for (const piece of pieces) hash.update(piece);
  };

  let failure: { readonly cause: unknown } | undefined;
  const pieces = bytes[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await pieces.next().catch((cause: unknown) => void (failure = { cause }));
      if (!next || next.done) break;
      batch.push(next.value);
      gathered += next.value.length;
      if (gathered >= BATCH_BYTES || batch.length >= BATCH_PIECES) await flush();
    }
    await flush();
    await writing;
  } catch (cause) {
    await pieces.return?.().catch(() => undefined);
    throw new FileWriteError(written, cause);
  }
  return failure ? { written, interrupted: failure.cause } : { written };
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
