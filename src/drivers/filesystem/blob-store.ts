import { closeSync, fstat, open } from "node:fs";
import { mkdir, opendir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { BlobCorruptError, BlobMissingError, type BlobKeys, type BlobRange, type Blobs, type BlobStore } from "../../ports/blob-store.ts";
import { sealedBytes, sizeOfSealed } from "../sealing/format.ts";
import { openSealed } from "../sealing/open.ts";
import { ALGORITHMS, checkDomain, lockOf, parseDigest, type Digest } from "./blob-digest.ts";
import { makeDurableFolder, readdirOptional, statOptional, syncFolder } from "./durable-folders.ts";
import { fileSource } from "./file-source.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { OpeningThreads } from "./opening-threads.ts";
import { UploadFolder, type SealedFile } from "./upload-folder.ts";

const openFile = promisify(open);
const statFile = promisify(fstat);

/**
 * Sealed blobs as files: `<directory>/sealed/<domain>/<algorithm>/<first two digits>/<hex>`, uploads under `<directory>/uploads/<id>`. Both lie
 * on one file system, so that a rename makes a blob visible whole. One process at a time may use a directory.
 */
export class FilesystemBlobStore implements BlobStore {
  readonly #directory: string;
  readonly #uploads: UploadFolder;
  readonly #threads = new OpeningThreads();
  readonly #lock = new KeyedLock();
  readonly #durableFolders = new Set<string>();

  private constructor(directory: string) {
    this.#directory = directory;
    this.#uploads = new UploadFolder(join(directory, "uploads"));
  }

  static async open(directory: string): Promise<FilesystemBlobStore> {
    const root = resolve(directory);
    await makeDurableFolder(join(root, "uploads"));
    return new FilesystemBlobStore(root);
  }

  in(keys: BlobKeys): Blobs {
    const domain = checkDomain(keys.domain);
    return {
      domain,
      ...this.#uploads.in(keys, (sealed, digest) =>
        this.#lock.run(lockOf(domain, digest), () => this.#publish(sealed, this.#path(domain, digest))),
      ),
      stat: (digest) => this.#stat(domain, digest),
      read: (digest, range, size) => this.#read(keys, digest, range, size),
    };
  }

  async *domains(): AsyncIterable<string> {
    yield* await readdirOptional(join(this.#directory, "sealed"));
  }

  async *list(domain: string): AsyncIterable<string> {
    for (const algorithm of ALGORITHMS) {
      const folder = join(this.#directory, "sealed", checkDomain(domain), algorithm);
      for (const prefix of await readdirOptional(folder))
        for await (const entry of await opendir(join(folder, prefix))) yield `${algorithm}:${entry.name}`;
    }
  }

  async remove(domain: string, digest: string, unusedSince?: number): Promise<boolean> {
    const parsed = parseDigest(digest);
    if (!parsed) return false;
    return this.#lock.run(lockOf(domain, parsed), async () => {
      const path = this.#path(domain, parsed);
      const found = await statOptional(path);
      if (!found || (unusedSince !== undefined && found.mtimeMs >= unusedSince)) return false;
      await rm(path);
      return true;
    });
  }

  abortIdle(before: number): Promise<number> {
    return this.#uploads.abortIdle(before);
  }

  async #stat(domain: string, digest: string): Promise<{ readonly size: number } | undefined> {
    const parsed = parseDigest(digest);
    const found = parsed && (await statOptional(this.#path(domain, parsed)));
    if (!found) return undefined;
    const size = sizeOfSealed(found.size);
    if (size === undefined) throw new BlobCorruptError(`the blob ${digest} is damaged in the store: it is cut off`);
    return { size };
  }

  async #read(keys: BlobKeys, digest: string, range?: BlobRange, expected?: number): Promise<Readable> {
    const parsed = parseDigest(digest);
    if (!parsed) throw new BlobMissingError(`${digest} is no digest`);
    const fd = await openFile(this.#path(keys.domain, parsed), "r").catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === "ENOENT" ? new BlobMissingError(`there is no blob ${digest}`) : cause;
    });
    let bytes: number;
    try {
      // A file that is not as long as it should be does not open.
      bytes = expected === undefined ? (await statFile(fd)).size : sealedBytes(expected);
    } catch (cause) {
      closeSync(fd);
      throw cause;
    }
    return openSealed(fileSource(fd, bytes, this.#threads), keys, digest, range, expected);
  }

  /** Moves a sealed file to its place. Its bytes are on disk before its name is, and its name is before anyone is told. */
  async #publish({ file, path }: SealedFile, target: string): Promise<void> {
    const folder = dirname(target);
    if (!this.#durableFolders.has(folder)) await this.#makeFolder(folder);
    await file.datasync();
    await rename(path, target);
    await syncFolder(folder);
  }

  /** A folder is durable when its name is, and those of the folders above it. What was made before a crash may not be: each is synced once. */
  async #makeFolder(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unsure: string[] = [];
    for (let at = folder; at.length > this.#directory.length && !this.#durableFolders.has(at); at = dirname(at)) unsure.push(at);
    for (const made of unsure) await syncFolder(dirname(made));
    for (const made of unsure) this.#durableFolders.add(made);
  }

  #path(domain: string, { algorithm, hex }: Digest): string {
    return join(this.#directory, "sealed", checkDomain(domain), algorithm, hex.slice(0, 2), hex);
  }
}
