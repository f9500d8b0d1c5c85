import { statSync } from "node:fs";
import { opendir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  BlobCorruptError,
  BlobMissingError,
  type BlobKeys,
  type BlobPieces,
  type BlobRange,
  type Blobs,
  type BlobStore,
} from "../../ports/blob-store.ts";
import { sealedBytes, sizeOfSealed } from "../sealing/format.ts";
import { openSealed } from "../sealing/open.ts";
import { OPENED_BLOBS, OpenedBlobs, type OpenBlob, type OpenedBlobsLimits } from "../sealing/opened-blobs.ts";
import { ALGORITHMS, checkDomain, lockOf, parseDigest, type Digest } from "./blob-digest.ts";
import { makeDurableFolder, readdirOptional, statOptional } from "./durable-folders.ts";
import { fileSource, memorySource, readWhole } from "./file-source.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { OpeningThreads } from "./opening-threads.ts";
import type { Place } from "./sealing-jobs.ts";
import type { SealingThreads } from "./sealing-threads.ts";
import { SMALL_FILE, SmallFiles } from "./small-files.ts";
import { UploadFolder, type SealedFile } from "./upload-folder.ts";
import { isSameFile, WarmFiles, type FileMark, type OpenFile } from "./warm-files.ts";

export interface FilesystemBlobStoreOptions {
  /** Those of the process where absent. */
  readonly threads?: SealingThreads;
  /** Of the blobs that stay in memory, opened. */
  readonly opened?: OpenedBlobsLimits;
}

/**
 * Sealed blobs as files: `<directory>/sealed/<domain>/<algorithm>/<first two digits>/<hex>`, uploads under `<directory>/uploads/<id>`. Both lie
 * on one file system, so that a rename makes a blob visible whole. One process at a time may use a directory.
 */
export class FilesystemBlobStore implements BlobStore {
  readonly #directory: string;
  readonly #uploads: UploadFolder;
  readonly #threads = new OpeningThreads();
  readonly #lock = new KeyedLock();
  readonly #small = new SmallFiles();
  readonly #warm = new WarmFiles();
  readonly #opened: OpenedBlobs<FileMark>;
  readonly #durableFolders = new Set<string>();
  #keeping = 0;

  private constructor(directory: string, uploads: UploadFolder, opened: OpenedBlobsLimits) {
    this.#directory = directory;
    this.#uploads = uploads;
    this.#opened = new OpenedBlobs(opened);
  }

  static async open(directory: string, { threads, opened = OPENED_BLOBS }: FilesystemBlobStoreOptions = {}): Promise<FilesystemBlobStore> {
    const root = resolve(directory);
    const uploads = join(root, "uploads");
    await makeDurableFolder(uploads);
    return new FilesystemBlobStore(root, new UploadFolder(uploads, threads), opened);
  }

  in(keys: BlobKeys): Blobs {
    const domain = checkDomain(keys.domain);
    return {
      domain,
      ...this.#uploads.in(keys, (digest, seal) =>
        this.#lock.run(lockOf(domain, digest), () => this.#publish(this.#path(domain, digest), seal)),
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
      if (!found || this.#keeping > 0 || (unusedSince !== undefined && found.mtimeMs >= unusedSince)) return false;
      this.#small.forget(path);
      this.#opened.forget(path);
      await rm(path);
      return true;
    });
  }

  /** Until it is disposed of, no blob is removed: `remove` says that there was none to remove. */
  keepAll(): Disposable {
    this.#keeping += 1;
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (!over) this.#keeping -= 1;
        over = true;
      },
    };
  }

  abortIdle(before: number): Promise<number> {
    return this.#uploads.abortIdle(before);
  }

  async #stat(domain: string, digest: string): Promise<{ readonly size: number } | undefined> {
    const parsed = parseDigest(digest);
    if (!parsed) return undefined;
    // Nobody is told of a blob before it is durable.
    await this.#lock.idle(lockOf(domain, parsed));
    const found = await statOptional(this.#path(domain, parsed));
    if (!found) return undefined;
    const size = sizeOfSealed(found.size);
    if (size === undefined) throw new BlobCorruptError(`the blob ${digest} is damaged in the store: it is cut off`);
    return { size };
  }

  async #read(keys: BlobKeys, digest: string, range?: BlobRange, expected?: number): Promise<BlobPieces> {
    const parsed = parseDigest(digest);
    if (!parsed) throw new BlobMissingError(`${digest} is no digest`);
    await this.#lock.idle(lockOf(keys.domain, parsed));
    const path = this.#path(keys.domain, parsed);
    const known = this.#small.get(path);
    if (known) return openSealed(memorySource(known, expected), keys, digest, range, expected);
    const opened = await this.#readOpened({ path, digest, expected, keys }, range);
    if (opened) return opened;
    const file = await this.#openFile(path, digest);
    const { fd, size, ino, mtimeMs } = file;
    if (size > SMALL_FILE) return this.#openLarge(file, { keys, digest, range, expected });
    const bytes = await readWhole(fd, size);
    this.#small.keep(path, { bytes, ino, mtimeMs });
    return openSealed(memorySource(bytes, expected), keys, digest, range, expected);
  }

  /** The blob from memory, where it is there, is what lies in the folder, and the keys open it. Small ones stay sealed. */
  async #readOpened({ path, digest, expected, keys }: Wanted, range: BlobRange | undefined): Promise<BlobPieces | undefined> {
    const blob = this.#opened.get(path) ?? (range ? undefined : this.#admit({ path, digest, expected, keys }));
    if (!blob) return undefined;
    const mark = await blob.opened();
    // What it tells of a file that was read a moment ago, the system has in memory.
    const now = mark && statSync(path, { throwIfNoEntry: false });
    const isSame = mark !== undefined && now !== undefined && isSameFile(mark, now) && (expected ?? blob.size) === blob.size;
    if (isSame && !blob.isGone) return blob.read(keys, digest, range);
    // Who reads it from the folder is told what is wrong.
    this.#opened.forget(path);
    return undefined;
  }

  #admit({ path, digest, expected, keys }: Wanted): ReturnType<OpenedBlobs<FileMark>["admit"]> {
    if (expected === undefined || sealedBytes(expected) <= SMALL_FILE) return undefined;
    return this.#opened.admit(path, expected, keys, async (noting): Promise<OpenBlob<FileMark>> => {
      const file = await this.#openFile(path, digest);
      return { mark: file, pieces: await this.#openLarge(file, { keys: noting, digest, expected }) };
    });
  }

  #openFile(path: string, digest: string): Promise<OpenFile> {
    return this.#warm.open(path).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === "ENOENT" ? new BlobMissingError(`there is no blob ${digest}`) : cause;
    });
  }

  #openLarge({ fd, size, warm }: OpenFile, { keys, digest, range, expected }: Opening): Promise<BlobPieces> {
    // A file that is not as long as it should be does not open.
    const bytes = expected === undefined ? size : sealedBytes(expected);
    return openSealed(fileSource({ fd, bytes, warm }, this.#threads), keys, digest, range, expected);
  }

  /** A folder is durable when its name is, and those of the folders above it. What was made before a crash may not be: each is synced once. */
  async #publish(target: string, seal: (place: Place) => Promise<SealedFile>): Promise<void> {
    const unsure: string[] = [];
    for (let at = dirname(target); at.length > this.#directory.length && !this.#durableFolders.has(at); at = dirname(at)) unsure.push(at);
    const { bytes, small } = await seal({ target, unsure });
    if (small) this.#small.keep(target, small);
    this.#warm.used(target, bytes);
    for (const folder of unsure) this.#durableFolders.add(folder);
  }

  #path(domain: string, { algorithm, hex }: Digest): string {
    return join(this.#directory, "sealed", checkDomain(domain), algorithm, hex.slice(0, 2), hex);
  }
}

interface Opening {
  readonly keys: BlobKeys;
  readonly digest: string;
  readonly range?: BlobRange | undefined;
  /** Its size, where the reader knows it. */
  readonly expected: number | undefined;
}

interface Wanted extends Omit<Opening, "range"> {
  readonly path: string;
}
