import type { FileHandle } from "node:fs/promises";

/** How much of a file may wait for the disk. Less would make the file system write its own records more often. */
const EVERY_BYTES = 32 * 1024 * 1024;

/** Whether a sync is under way anywhere: it holds one of the few threads that all files of the process share, for as long as the disk takes. */
let busy = false;

/**
 * Lets the disk work while a large file is still being written: the kernel by itself would let gigabytes gather in memory first, and whoever syncs
 * anything then waits for all of them, the journal included. It promises nothing: durable is what the last sync made so.
 */
export function earlySync(file: Pick<FileHandle, "datasync">): {
  /** Told that so many more bytes were written. @throws what an earlier sync failed with: a later one need not fail again */
  readonly wrote: (bytes: number) => void;
  /** Resolves when no sync is under way, so that the file may be closed; rejects where one failed. */
  readonly end: () => Promise<void>;
} {
  let unsynced = 0;
  let failure: { readonly cause: unknown } | undefined;
  let running = Promise.resolve();
  const check = (): void => {
    if (failure) throw failure.cause;
  };
  return {
    wrote(bytes) {
      check();
      unsynced += bytes;
      if (unsynced < EVERY_BYTES || busy) return;
      unsynced = 0;
      busy = true;
      running = file
        .datasync()
        .catch((cause: unknown) => void (failure = { cause }))
        .finally(() => (busy = false));
    },
    async end() {
      await running;
      check();
    },
  };
}
