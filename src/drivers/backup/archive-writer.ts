import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { createTarPacker } from "modern-tar";
import { CHECKSUMS_ENTRY, DATA_PREFIX, HEAD_ENTRY, type BackupChecksums, type BackupHead } from "./contents.ts";

/** What is read of a file at a time. */
const CHUNK = 1024 * 1024;

/** Writes a backup into a file, entry after entry, with a few megabytes in memory whatever their size. */
export class ArchiveWriter {
  readonly #packer = createTarPacker();
  readonly #written: Promise<void>;
  readonly #sums: Record<string, BackupChecksums[string]> = {};
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#written = this.#write(file);
    // Whoever awaits it hears of it; until then it must not count as unheard.
    this.#written.catch(() => undefined);
  }

  get files(): number {
    return Object.keys(this.#sums).length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async begin(head: BackupHead): Promise<void> {
    await this.#addText(HEAD_ENTRY, JSON.stringify(head, undefined, 2));
  }

  /** Adds a file as long as it is now; what is appended to it meanwhile is left out. @param path in the data folder */
  async add(path: string, source: string): Promise<void> {
    const file = await open(source, "r");
    try {
      const { size, mtime } = await file.stat();
      const hash = createHash("sha256");
      const writer = this.#packer.controller.add({ name: DATA_PREFIX + path, size, mtime, mode: 0o600, type: "file" }).getWriter();
      for (let at = 0; at < size;) {
        const { bytesRead, buffer } = await file.read(
          Buffer.allocUnsafeSlow(Math.min(CHUNK, size - at)),
          0,
          Math.min(CHUNK, size - at),
          at,
        );
        if (bytesRead === 0) throw new Error(`${source} became shorter while it was read`);
        const bytes = new Uint8Array(buffer.buffer, 0, bytesRead);
        hash.update(bytes);
        await writer.write(bytes);
        at += bytesRead;
      }
      await writer.close();
      this.#sums[path] = { bytes: size, sha256: hash.digest("hex") };
      this.#bytes += size;
    } finally {
      await file.close();
    }
  }

  /** Resolves when all is in the file. */
  async end(): Promise<void> {
    await this.#addText(CHECKSUMS_ENTRY, JSON.stringify(this.#sums));
    this.#packer.controller.finalize();
    await this.#written;
  }

  async #addText(name: string, text: string): Promise<void> {
    const bytes = new Uint8Array(Buffer.from(text));
    const writer = this.#packer.controller.add({ name, size: bytes.length, mode: 0o600, type: "file" }).getWriter();
    await writer.write(bytes);
    await writer.close();
  }

  /** What cannot be written ends the packing, and with it the reading. */
  async #write(file: FileHandle): Promise<void> {
    for await (const bytes of this.#packer.readable) {
      for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
    }
  }
}
