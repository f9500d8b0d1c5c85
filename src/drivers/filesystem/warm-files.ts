import { open, openSync } from "node:fs";
import { promisify } from "node:util";

const MOST_PATHS = 10_000;

const openCold = promisify(open);

/**
 * Opens files for reading. The names of those that were used last are in the system's memory: they are opened on this thread, for which a trip to another one and
 * back takes ten times as long. Any other may wait for the disk, and does so on another thread.
 */
export class WarmFiles {
  /** Those that were used last come last. */
  readonly #paths = new Set<string>();

  used(path: string): void {
    this.#paths.delete(path);
    this.#paths.add(path);
    if (this.#paths.size <= MOST_PATHS) return;
    for (const oldest of this.#paths) {
      this.#paths.delete(oldest);
      return;
    }
  }

  async open(path: string): Promise<number> {
    const warm = this.#paths.delete(path);
    const fd = warm ? openSync(path, "r") : await openCold(path, "r");
    this.used(path);
    return fd;
  }
}
