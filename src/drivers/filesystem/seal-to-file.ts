import type { Sealed } from "./sealing-jobs.ts";
import { BATCH_BYTES, type SealingThread, type SealingThreads } from "./sealing-threads.ts";

/** Batches of an upload that are on their way at one time: one is sealed while the next one is gathered. */
const MOST_UNDER_WAY = 2;

export interface SealTarget {
  readonly threads: Pick<SealingThreads, "memory">;
  readonly thread: SealingThread;
  readonly path: string;
  readonly key: Uint8Array;
  /** Bytes of the blob that are there already. */
  readonly size: number;
  /** Asked before each batch; rejects where there is no room for so many bytes. */
  readonly room: (bytes: number) => Promise<void>;
}

/**
 * Seals a stream into the file of an upload. Its bytes are copied as they come, and not looked at afterwards; the stream is held back where the thread
 * or the disk is slower, so that a few batches are in memory at most.
 *
 * Resolves with the size of the blob so far. A failure of the stream, or of `room`, comes back in `interrupted`: what came before it is in the file.
 * Rejects with what the thread fails with: `SealingFailure` where the file could not be written.
 */
export async function sealToFile(
  { threads, thread, path, key, size, room }: SealTarget,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly size: number; readonly interrupted?: unknown }> {
  const underWay: Promise<Sealed>[] = [];
  let memory = threads.memory();
  let filled = 0;
  let first = true;
  let interrupted: { readonly cause: unknown } | undefined;

  const ask = (last: boolean): Promise<Sealed> => {
    const asked = thread.ask({ kind: "append", path, key, ...(first && { from: size }), last, bytes: memory, length: filled });
    // Whoever awaits it next hears of a failure; until then it must not count as unheard.
    asked.catch(() => undefined);
    first = false;
    filled = 0;
    return asked;
  };
  const roomForBatch = (): Promise<void> =>
    room(filled).catch((cause: unknown) => {
      filled = 0;
      throw cause;
    });
  const send = async (): Promise<void> => {
    await roomForBatch();
    underWay.push(ask(false));
    // One that failed stays there.
    if (underWay.length === MOST_UNDER_WAY) {
      await underWay[0];
      void underWay.shift();
    }
    memory = threads.memory();
  };

  try {
    for await (const piece of bytes)
      for (let at = 0; at < piece.length;) {
        // Not before more has come: the last batch ends the record.
        if (filled === BATCH_BYTES) await send();
        const part = piece.subarray(at, at + BATCH_BYTES - filled);
        new Uint8Array(memory).set(part, filled);
        filled += part.length;
        at += part.length;
      }
  } catch (cause) {
    interrupted = { cause };
  }
  // What the thread fails with counts first.
  await Promise.all(underWay);
  await roomForBatch().catch((cause: unknown) => (interrupted ??= { cause }));
  const { size: now = size } = await ask(true);
  return interrupted ? { size: now, interrupted: interrupted.cause } : { size: now };
}
