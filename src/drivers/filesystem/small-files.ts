import { fstatSync, futimesSync, readSync, statSync } from "node:fs";
import { isSameFile } from "./warm-files.ts";

/** Up to so many bytes, sealed: manifests and configurations. */
export const SMALL_FILE = 16 * 1024;
const MOST_BYTES = 4 * 1024 * 1024;

/** A whole file, and by what one sees that it is still the same. */
export interface SmallFile {
  readonly bytes: Uint8Array;
  readonly ino: number;
  readonly mtimeMs: number;
}

/**
 * Small sealed files, those that were written or read last, as they lie on the disk: each pull begins with two of them, and two trips to the disk and back take
 * many times what opening them does. A file is looked at each time: what was changed, exchanged or removed is read anew.
 */
export class SmallFiles {
  /** By path; those that were used last come last. */
  readonly #files = new Map<string, SmallFile>();
  #bytes = 0;

  keep(path: string, file: SmallFile): void {
    this.forget(path);
    if (file.bytes.length > SMALL_FILE) return;
    this.#files.set(path, file);
    this.#bytes += file.bytes.length;
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= MOST_BYTES) return;
      this.forget(oldest);
    }
  }

  /** The bytes of a file that is as it was; `undefined` for any other. The system has what it tells of them in memory: they were used a moment ago. */
  get(path: string): Uint8Array | undefined {
    const kept = this.#files.get(path);
    if (!kept) return undefined;
    const now = statSync(path, { throwIfNoEntry: false });
    if (!now || !isSameFile({ ...kept, size: kept.bytes.length }, now)) {
      this.forget(path);
      return undefined;
    }
    this.#files.delete(path);
    this.#files.set(path, kept);
    return kept.bytes;
  }

  forget(path: string): void {
    this.#bytes -= this.#files.get(path)?.bytes.length ?? 0;
    this.#files.delete(path);
  }
}

/**
 * A file that was just written, with a time of its own: the system's clock for files stands still for milliseconds, in which another write would not show.
 * @param now in milliseconds, and parts of them
 */
export function smallFile(fd: number, size: number, now: number): SmallFile | undefined {
  if (size > SMALL_FILE) return undefined;
  futimesSync(fd, now / 1000, now / 1000);
  const bytes = Buffer.allocUnsafeSlow(size);
  readSync(fd, bytes, 0, size, 0);
  const { ino, mtimeMs } = fstatSync(fd);
  return { bytes, ino, mtimeMs };
}
