import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";

/** What is remembered of one repository of a registry elsewhere. */
export interface PulledRepository {
  /** Whether the registry was ever shown credentials: what the engine has of it may be somebody's alone. */
  readonly guarded: boolean;
  /** To whom the registry gave which images, by the engine's ids: to accounts with their credentials, or to `ANYBODY`. */
  readonly given: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Who needs no credentials. */
export const ANYBODY = "anybody";

interface Line {
  readonly repository: string;
  readonly image?: string;
  readonly to?: string;
}

/**
 * Remembers what came from registries elsewhere, and for whom, over restarts: the engine keeps images without saying so. One line a fact, appended to
 * a file; a line that a crash tore off is left out. Without a file it lives as long as the process.
 */
export class PulledImages {
  readonly #file: string | undefined;
  readonly #repositories = new Map<string, { guarded: boolean; readonly given: Map<string, Set<string>> }>();
  #written: Promise<void> = Promise.resolve();

  constructor(file?: string) {
    this.#file = file;
  }

  /** Reads what an earlier process wrote. */
  static async open(file: string): Promise<PulledImages> {
    const pulled = new PulledImages(file);
    const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
      return "";
    });
    for (const line of text.split("\n")) {
      const fact = readLine(line);
      if (fact) pulled.#remember(fact);
    }
    return pulled;
  }

  of(repository: string): PulledRepository | undefined {
    return this.#repositories.get(repository);
  }

  /** Resolves when it is on disk; to be called before a pull with credentials begins, so that no image of it can pass for one that was made here. */
  guard(repository: string): Promise<void> {
    return this.#note({ repository });
  }

  /** The registry gave us this image, for an account or for `ANYBODY`. */
  given(repository: string, image: string, to: string): Promise<void> {
    return this.#note({ repository, image, to });
  }

  #note(fact: Line): Promise<void> {
    if (!this.#remember(fact) || this.#file === undefined) return this.#written;
    const file = this.#file;
    // One after another, so that lines stay whole. Who waits for a failed one hears of it; the next is tried all the same.
    this.#written = this.#written.catch(() => undefined).then(() => append(file, `${JSON.stringify(fact)}\n`));
    return this.#written;
  }

  /** True where that is new. */
  #remember({ repository, image, to }: Line): boolean {
    const known = this.#repositories.get(repository) ?? { guarded: false, given: new Map<string, Set<string>>() };
    this.#repositories.set(repository, known);
    if (image === undefined || to === undefined) {
      const before = known.guarded;
      known.guarded = true;
      return !before;
    }
    const holders = known.given.get(image) ?? new Set();
    known.given.set(image, holders);
    return holders.size < holders.add(to).size;
  }
}

async function append(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, "a", 0o600);
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function readLine(text: string): Line | undefined {
  try {
    const fact = JSON.parse(text) as Line;
    return typeof fact.repository === "string" ? fact : undefined;
  } catch {
    // Empty, or torn off.
    return undefined;
  }
}
