import { createHash, type Hash } from "node:crypto";
import { open, readdir, truncate, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import {
  BlobCorruptError,
  BlobDigestError,
  BlobRangeError,
  BlobUploadMissingError,
  type BlobKeys,
  type Blobs,
  type BlobUpload,
} from "../../ports/blob-store.ts";
import { unfinishedBytes, writeHeader, writeTrailer } from "../sealing/format.ts";
import { openHeader } from "../sealing/open.ts";
import { parseDigest, type Digest } from "./blob-digest.ts";
import { removeOptional, statOptional } from "./durable-folders.ts";
import { roomOn } from "./free-space.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { FileWriteError, sealToFile } from "./seal-to-file.ts";
import { digestOf, keepTail, readTail, reopen, tailOf } from "./unfinished-file.ts";

interface OpenUpload {
  readonly domain: string;
  size: number;
  readonly header: Buffer;
  /** SHA-256 of the first `size` bytes; `undefined` where it must be computed from the file, as after a restart. */
  hash: Hash | undefined;
}

/** A blob that is verified and sealed. Who publishes it moves or copies the file, and makes it durable. */
export interface SealedFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly bytes: number;
}

/** Uploads under way: a sealed file each, without its trailer. One process at a time may use a folder. */
export class UploadFolder {
  readonly #directory: string;
  readonly #room: (bytes: number) => Promise<void>;
  readonly #known = new Map<string, OpenUpload>();
  readonly #lock = new KeyedLock();

  /** @param directory an existing folder */
  constructor(directory: string) {
    this.#directory = directory;
    this.#room = roomOn(directory);
  }

  /** The part of `Blobs` that is about uploads. @param publish makes what `finish` hands to it visible under its digest */
  in(
    keys: BlobKeys,
    publish: (sealed: SealedFile, digest: Digest) => Promise<void>,
  ): Pick<Blobs, "startUpload" | "upload" | "append" | "commit" | "abort"> {
    return {
      startUpload: (id) => this.start(id, keys),
      upload: (id) => this.find(id, keys),
      append: (id, offset, bytes) => this.append(id, keys, offset, bytes),
      commit: (id, digest) => this.finish(id, keys, digest, publish),
      abort: (id) => this.abort(id),
    };
  }

  async start(id: string, keys: BlobKeys): Promise<BlobUpload> {
    const path = this.#path(id);
    const header = writeHeader(keys.newKey().wrapped);
    const file = await open(path, "wx", 0o600);
    try {
      await file.write(header);
    } catch (cause) {
      await removeOptional(path);
      throw cause;
    } finally {
      await file.close();
    }
    this.#known.set(id, { domain: keys.domain, size: 0, header, hash: createHash("sha256") });
    return { id, size: 0 };
  }

  async find(id: string, keys: BlobKeys): Promise<BlobUpload | undefined> {
    const found = await this.#find(id, keys);
    return found && { id, size: found.size };
  }

  append(id: string, keys: BlobKeys, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<BlobUpload> {
    return this.#lock.run(id, async () => {
      const upload = await this.#require(id, keys);
      if (offset !== upload.size) throw new BlobRangeError(upload.size);
      const key = openHeader(keys, upload.header);
      const file = await open(this.#path(id), "r+");
      let interrupted: unknown;
      try {
        await keepTail(file, upload.size, tailOf(this.#path(id)));
        const tail = await readTail(file, key, upload.size);
        const outcome = await sealToFile({ file, key, size: upload.size, tail, hash: upload.hash, room: this.#room }, bytes);
        upload.size = outcome.size;
        interrupted = outcome.interrupted;
      } catch (thrown) {
        if (!(thrown instanceof FileWriteError)) throw thrown;
        upload.size = thrown.size;
        upload.hash = undefined;
        await file.truncate(unfinishedBytes(upload.size));
        throw thrown.cause as Error;
      } finally {
        await file.close();
      }
      if (interrupted !== undefined) throw interrupted as Error;
      return { id, size: upload.size };
    });
  }

  /** Verifies and seals an upload, hands its file to `publish`, and ends it. Where that rejects, the upload goes on as it was. */
  finish(
    id: string,
    keys: BlobKeys,
    digest: string,
    publish: (sealed: SealedFile, digest: Digest) => Promise<void>,
  ): Promise<{ readonly size: number }> {
    return this.#lock.run(id, async () => {
      const { size, header, hash } = await this.#require(id, keys);
      const wanted = parseDigest(digest);
      if (!wanted) {
        await this.#discard(id);
        throw new BlobDigestError(`${digest} is no digest`);
      }
      const key = openHeader(keys, header);
      const path = this.#path(id);
      const file = await open(path, "r+");
      try {
        const actual =
          wanted.algorithm === "sha256" && hash ? hash.copy().digest("hex") : await digestOf(file, key, size, wanted.algorithm);
        if (actual !== wanted.hex) {
          await this.#discard(id);
          throw new BlobDigestError(`the bytes have the digest ${wanted.algorithm}:${actual}, not ${digest}`);
        }
        const trailer = writeTrailer(key, header, size, digest);
        const at = unfinishedBytes(size);
        try {
          await file.write(trailer, 0, trailer.length, at);
          await publish({ file, path, bytes: at + trailer.length }, wanted);
        } catch (cause) {
          // By its path: where it has its place already, it must stay whole.
          await truncate(path, at).catch(() => undefined);
          throw cause;
        }
      } finally {
        await file.close();
      }
      await this.#discard(id);
      return { size };
    });
  }

  abort(id: string): Promise<void> {
    return this.#lock.run(id, () => this.#discard(id));
  }

  async abortIdle(before: number): Promise<number> {
    let ended = 0;
    for (const id of (await readdir(this.#directory)).filter(isUploadId)) {
      const found = await statOptional(join(this.#directory, id));
      if (!found || found.mtimeMs >= before) continue;
      await this.abort(id);
      ended += 1;
    }
    return ended;
  }

  async #find(id: string, keys: BlobKeys): Promise<OpenUpload | undefined> {
    const known = this.#known.get(id);
    // Another domain's is none of this one's uploads.
    if (known) return known.domain === keys.domain ? known : undefined;
    if (!isUploadId(id)) return undefined;
    const found = await reopen(this.#path(id), keys).catch((cause: unknown) => {
      // Its header does not open with these keys: it is another domain's.
      if (cause instanceof BlobCorruptError) return undefined;
      throw cause;
    });
    if (!found) return undefined;
    const upload = { ...found, domain: keys.domain, hash: found.size === 0 ? createHash("sha256") : undefined };
    // Another caller may have found it meanwhile: there is one record an upload.
    const first = this.#known.get(id) ?? upload;
    this.#known.set(id, first);
    return first;
  }

  async #require(id: string, keys: BlobKeys): Promise<OpenUpload> {
    const upload = await this.#find(id, keys);
    if (!upload) throw new BlobUploadMissingError(`there is no upload ${id}`);
    return upload;
  }

  async #discard(id: string): Promise<void> {
    if (!isUploadId(id)) return;
    this.#known.delete(id);
    await removeOptional(this.#path(id));
    await removeOptional(tailOf(this.#path(id)));
  }

  #path(id: string): string {
    if (!isUploadId(id)) throw new TypeError(`${id} cannot name an upload`);
    return join(this.#directory, id);
  }
}

/** Ids become file names, so nothing but these characters may stand in one. */
function isUploadId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,200}$/.test(id);
}
