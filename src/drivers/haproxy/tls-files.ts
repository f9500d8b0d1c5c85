import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import type { ShownCertificates } from "./plan-certificate-changes.ts";
import { ROUTES_FOLDER } from "./route-runs.ts";
import { CHAINS_FILE, CHAINS_PROGRAM } from "./render-tls.ts";
import { TLS_FOLDER } from "./tls-names.ts";

/**
 * Certificates with their keys, and tables of routes, lie on disk only while HAProxy reads a configuration; later it has them in memory, and changes of them
 * reach it through its socket. So their folders are there for those moments alone, and removed when one was cut short.
 */
export class TlsFiles {
  readonly #directory: string;

  /** @param directory the folder in which HAProxy runs */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Runs what makes HAProxy read its configuration, with the files there that it reads. */
  async during<T>(files: ReadonlyMap<string, string>, read: () => Promise<T>): Promise<T> {
    if (files.size === 0) return read();
    const folders = [TLS_FOLDER, ROUTES_FOLDER].filter((folder) => [...files.keys()].some((name) => name.startsWith(`${folder}/`)));
    await Promise.all(folders.map((folder) => mkdir(`${this.#directory}/${folder}`, { recursive: true, mode: 0o700 })));
    try {
      await Promise.all([...files].map(([name, text]) => writeFile(`${this.#directory}/${name}`, text, { mode: 0o600 })));
      return await read();
    } finally {
      await this.clear();
    }
  }

  async clear(): Promise<void> {
    await Promise.all([TLS_FOLDER, ROUTES_FOLDER].map((folder) => rm(`${this.#directory}/${folder}`, { recursive: true, force: true })));
  }

  /** Puts what stays there for every start and reload. */
  async prepare(): Promise<void> {
    await this.clear();
    await writeFile(`${this.#directory}/${CHAINS_FILE}`, CHAINS_PROGRAM, { mode: 0o600 });
  }

  /** Notes what a worker with a structure shows, for a control plane that adopts it. */
  async note(structure: string, shown: ShownCertificates): Promise<void> {
    await writeFile(`${this.#directory}/${SHOWN}`, JSON.stringify({ structure, shown }), { mode: 0o600 });
  }

  /** What a worker with a structure shows; `undefined` where that is not known, since the last change was cut short or there was none. */
  async noted(structure: string): Promise<ShownCertificates | undefined> {
    try {
      const noted = JSON.parse(await readFile(`${this.#directory}/${SHOWN}`, "utf8")) as Noted;
      return noted.structure === structure ? noted.shown : undefined;
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (isMissing || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** What a worker shows is about to change. */
  async forget(): Promise<void> {
    await rm(`${this.#directory}/${SHOWN}`, { force: true });
  }
}

interface Noted {
  readonly structure: string;
  readonly shown: ShownCertificates;
}

const SHOWN = "certificates.json";
