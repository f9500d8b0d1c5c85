import { fstatSync, open, openSync } from "node:fs";
import { promisify } from "node:util";

const MOST_PATHS = 10_000;
/** Of what was used last, so much is likely to be in the system's memory still. */
const MOST_BYTES = 1024 * 1024 * 1024;

const openCold = promisify(open);

/** By what one sees that a file is still the same. */
export interface FileMark {
  readonly size: number;
  readonly ino: number;
  readonly mtimeMs: number;
}

export function isSameFile(one: FileMark, other: FileMark): boolean {
  return one.size === other.size && one.ino === other.ino && one.mtimeMs === other.mtimeMs;
}

export interface OpenFile extends FileMark {
  readonly fd: number;
  /** Whether its bytes were used a moment ago: few of them are read faster than another thread is asked for them. */
  readonly warm: boolean;
}

/**
 * Opens files for reading. Those that were used last are in the system's memory: they are opened on this thread, for which a trip to another one and
 * back takes ten times as long. Any other may wait for the disk, and does so on another thread.
 */
export class WarmFiles {
  /** Their sizes. Those that were used last come last. */
  readonly #paths = new Map<string, number>();
  #bytes = 0;

  used(path: string, size: number): void {
    this.#forget(path);
    this.#paths.set(path, size);
    this.#bytes += size;
    for (const oldest of this.#paths.keys()) {
      if (this.#paths.size <= MOST_PATHS && this.#bytes <= MOST_BYTES) return;
      this.#forget(oldest);
    }
  }

  async open(path: string): Promise<OpenFile> {
    const warm = this.#forget(path);
    const fd = warm ? openSync(path, "r") : await openCold(path, "r");
    // What the system tells of a file that is open, it has in memory.
    const { size, ino, mtimeMs } = fstatSync(fd);
    this.used(path, size);
    return { fd, size, ino, mtimeMs, warm };
  }

  #forget(path: string): boolean {
    this.#bytes -= this.#paths.get(path) ?? 0;
    return this.#paths.delete(path);
  }
}
