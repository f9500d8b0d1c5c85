import { statfs } from "node:fs/promises";

/** What blobs leave free, since the journal beside them must always be able to write: 64 MiB, or a twentieth of a small disk. */
const RESERVE = 64 * 1024 * 1024;
const SMALLEST_SHARE = 0.05;
/** How often it is looked after: the kernel is asked once in so many bytes. */
const EVERY_BYTES = 16 * 1024 * 1024;

/**
 * Makes the function that all uploads of a folder ask for room, for so many bytes. It rejects with `ENOSPC` before the disk is really full: a journal that
 * cannot be written would end the control plane.
 */
export function roomOn(folder: string): (bytes: number) => Promise<void> {
  let granted = 0;
  return async (bytes) => {
    granted -= bytes;
    if (granted >= 0) return;
    const { bavail, blocks, bsize } = await statfs(folder);
    const left = bavail * bsize - bytes - Math.min(RESERVE, blocks * bsize * SMALLEST_SHARE);
    if (left < 0) throw diskFull();
    granted = Math.min(EVERY_BYTES, left);
  };
}

function diskFull(): NodeJS.ErrnoException {
  return Object.assign(new Error("no space is left for blobs"), { code: "ENOSPC" });
}
