import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, opendir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import {
  BlobDigestError,
  BlobMissingError,
  BlobRangeError,
  BlobUploadMissingError,
  type BlobStore,
  type BlobUpload,
} from "../../ports/blob-store.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { FileWriteError, streamToFile } from "./stream-to-file.ts";

/** Large reads: fewer trips to the disk's threads, a third of the time in the kernel that 64 KiB take. */
const READ_BYTES = 1024 * 1024;
/** Lengths of the hexadecimal digests of the algorithms that the OCI image specification registers. */
const ALGORITHMS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

interface OpenUpload {
  size: number;
  /** SHA-256 of the first `size` bytes; `undefined` where it must be computed from the file, as after a restart. */
  hash: Hash | undefined;
}

interface Digest {
  readonly algorithm: string;
  readonly hex: string;
}

/**
 * Blobs as files: `<directory>/blobs/<algorithm>/<first two digits>/<hex>`, uploads under `<directory>/uploads/<id>`. Both lie on one file
 * system, so that a rename makes a blob visible whole. One process at a time may use a directory.
 */
export class FilesystemBlobStore implements BlobStore {
  readonly #directory: string;
  readonly #uploads = new Map<string, OpenUpload>();
  readonly #uploadLock = new KeyedLock();
  readonly #blobLock = new KeyedLock();
  readonly #durableFolders = new Set<string>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<FilesystemBlobStore> {
    const root = resolve(directory);
    const uploads = join(root, "uploads");
    const made = await mkdir(uploads, { recursive: true, mode: 0o700 });
    // Each new folder's name is on disk when its parent is.
    if (made !== undefined)
      for (let folder = uploads; folder.length >= made.length; folder = dirname(folder)) await syncFolder(dirname(folder));
    return new FilesystemBlobStore(root);
  }

  async startUpload(id: string): Promise<BlobUpload> {
    const file = await open(this.#uploadPath(id), "wx", 0o600);
    await file.close();
    this.#uploads.set(id, { size: 0, hash: createHash("sha256") });
    return { id, size: 0 };
  }

  async upload(id: string): Promise<BlobUpload | undefined> {
    const found = await this.#find(id);
    return found && { id, size: found.size };
  }

  append(id: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<BlobUpload> {
    return this.#uploadLock.run(id, async () => {
      const upload = await this.#require(id);
      if (offset !== upload.size) throw new BlobRangeError(upload.size);
      const file = await open(this.#uploadPath(id), "r+");
      let interrupted: unknown;
      try {
        const outcome = await streamToFile(file, offset, bytes, upload.hash);
        upload.size += outcome.written;
        interrupted = outcome.interrupted;
      } catch (thrown) {
        if (!(thrown instanceof FileWriteError)) throw thrown;
        upload.size += thrown.written;
        upload.hash = undefined;
        await file.truncate(upload.size);
        throw thrown.cause as Error;
      } finally {
        await file.close();
      }
      if (interrupted !== undefined) throw interrupted as Error;
      return { id, size: upload.size };
    });
  }

  commit(id: string, digest: string): Promise<{ readonly size: number }> {
    return this.#uploadLock.run(id, async () => {
      const upload = await this.#require(id);
      const path = this.#uploadPath(id);
      const wanted = parseDigest(digest);
      const actual = wanted && (await digestOf(wanted.algorithm, path, upload));
      if (!wanted || actual !== wanted.hex) {
        await this.#discard(id);
        throw new BlobDigestError(
          wanted ? `the bytes have the digest ${wanted.algorithm}:${actual ?? ""}, not ${digest}` : `${digest} is no digest`,
        );
      }
      await this.#blobLock.run(digest, () => this.#publish(path, wanted));
      this.#uploads.delete(id);
      return { size: upload.size };
    });
  }

  abort(id: string): Promise<void> {
    return this.#uploadLock.run(id, () => this.#discard(id));
  }

  async stat(digest: string): Promise<{ readonly size: number } | undefined> {
    const parsed = parseDigest(digest);
    const found = parsed && (await statOptional(this.#blobPath(parsed)));
    return found && { size: found.size };
  }

  async read(digest: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const parsed = parseDigest(digest);
    if (!parsed) throw new BlobMissingError(`${digest} is no digest`);
    const stream = createReadStream(this.#blobPath(parsed), { highWaterMark: READ_BYTES, ...range });
    await new Promise<void>((opened, reject) => {
      stream.once("open", () => opened());
      stream.once("error", (cause: NodeJS.ErrnoException) =>
        reject(cause.code === "ENOENT" ? new BlobMissingError(`there is no blob ${digest}`) : cause),
      );
    });
    return stream;
  }

  async remove(digest: string, unusedSince?: number): Promise<boolean> {
    const parsed = parseDigest(digest);
    if (!parsed) return false;
    return this.#blobLock.run(digest, async () => {
      const path = this.#blobPath(parsed);
      const found = await statOptional(path);
      if (!found || (unusedSince !== undefined && found.mtimeMs >= unusedSince)) return false;
      await rm(path);
      return true;
    });
  }

  async *list(): AsyncIterable<string> {
    for (const algorithm of Object.keys(ALGORITHMS)) {
      const folder = join(this.#directory, "blobs", algorithm);
      for (const prefix of await readdirOptional(folder))
        for await (const entry of await opendir(join(folder, prefix))) yield `${algorithm}:${entry.name}`;
    }
  }

  async abortIdle(before: number): Promise<number> {
    let ended = 0;
    for (const id of await readdir(join(this.#directory, "uploads"))) {
      const found = await statOptional(this.#uploadPath(id));
      if (!found || found.mtimeMs >= before) continue;
      await this.abort(id);
      ended += 1;
    }
    return ended;
  }

  /** Moves verified bytes to their place. They are on disk before their name is, and their name is before anyone is told. */
  async #publish(upload: string, digest: Digest): Promise<void> {
    const target = this.#blobPath(digest);
    const folder = dirname(target);
    if (await statOptional(target)) {
      const now = new Date();
      await utimes(target, now, now);
      await rm(upload);
    } else {
      await this.#makeFolder(folder);
      await syncFile(upload);
      await rename(upload, target);
    }
    // Also where the blob was there: the process that renamed it may have died before this.
    await syncFolder(folder);
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#durableFolders.has(folder)) return;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let above = dirname(folder); above.length >= this.#directory.length; above = dirname(above)) await syncFolder(above);
    this.#durableFolders.add(folder);
  }

  async #find(id: string): Promise<OpenUpload | undefined> {
    const known = this.#uploads.get(id);
    if (known) return known;
    if (!isUploadId(id)) return undefined;
    const found = await statOptional(this.#uploadPath(id));
    if (!found) return undefined;
    const upload = { size: found.size, hash: found.size === 0 ? createHash("sha256") : undefined };
    // Another caller may have found it meanwhile: there is one record an upload.
    const first = this.#uploads.get(id) ?? upload;
    this.#uploads.set(id, first);
    return first;
  }

  async #require(id: string): Promise<OpenUpload> {
    const upload = await this.#find(id);
    if (!upload) throw new BlobUploadMissingError(`there is no upload ${id}`);
    return upload;
  }

  async #discard(id: string): Promise<void> {
    if (!isUploadId(id)) return;
    this.#uploads.delete(id);
    await rm(this.#uploadPath(id), { force: true });
  }

  #uploadPath(id: string): string {
    if (!isUploadId(id)) throw new TypeError(`${id} cannot name an upload`);
    return join(this.#directory, "uploads", id);
  }

  #blobPath({ algorithm, hex }: Digest): string {
    return join(this.#directory, "blobs", algorithm, hex.slice(0, 2), hex);
  }
}

/** Ids become file names, so nothing but these characters may stand in one. */
function isUploadId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,200}$/.test(id);
}

function parseDigest(digest: string): Digest | undefined {
  const [algorithm = "", hex = "", ...rest] = digest.split(":");
  const length = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  return rest.length === 0 && hex.length === length && /^[0-9a-f]+$/.test(hex) ? { algorithm, hex } : undefined;
}

async function digestOf(algorithm: string, path: string, upload: OpenUpload): Promise<string> {
  if (algorithm === "sha256" && upload.hash) return upload.hash.copy().digest("hex");
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(piece as Buffer);
  return hash.digest("hex");
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function statOptional(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

async function readdirOptional(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}
