import { readdir, truncate } from "node:fs/promises";
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
import { sealedBytes, unfinishedBytes, writeHeader } from "../sealing/format.ts";
import { openHeader } from "../sealing/open.ts";
import { parseDigest, type Digest } from "./blob-digest.ts";
import { removeOptional, statOptional } from "./durable-folders.ts";
import { roomOn } from "./free-space.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { sealToFile } from "./seal-to-file.ts";
import type { Place } from "./sealing-jobs.ts";
import type { SmallFile } from "./small-files.ts";
import { SealingFailure, SealingThreads, type SealingThread } from "./sealing-threads.ts";
import { reopen, tailOf } from "./unfinished-file.ts";

interface OpenUpload {
  readonly domain: string;
  size: number;
  readonly header: Buffer;
  /** Seals it, and has its file open. */
  readonly thread: SealingThread;
}

/**
 * What makes an upload visible under its digest, by calling `seal`, once, which verifies and seals it: with a place, the file goes there and is durable; without one
 * it stays where it is, for whoever publishes it to copy.
 */
export type Publish = (digest: Digest, seal: (place?: Place) => Promise<SealedFile>) => Promise<void>;

export interface SealedFile {
  readonly path: string;
  readonly bytes: number;
  /** All of it, where it was given its place and is small. */
  readonly small?: SmallFile;
}

/** All uploads of the process share them. */
const shared = new SealingThreads();

/** Uploads under way: a sealed file each, without its trailer. One process at a time may use a folder. */
export class UploadFolder {
  readonly #directory: string;
  readonly #room: (bytes: number) => Promise<void>;
  readonly #known = new Map<string, OpenUpload>();
  readonly #threads: SealingThreads;
  readonly #lock = new KeyedLock();

  /** @param directory an existing folder */
  constructor(directory: string, threads = shared) {
    this.#directory = directory;
    this.#threads = threads;
    this.#room = roomOn(directory);
  }

  /** The part of `Blobs` that is about uploads. */
  in(keys: BlobKeys, publish: Publish): Pick<Blobs, "startUpload" | "upload" | "append" | "commit" | "abort"> {
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
    const thread = this.#threads.join();
    try {
      await thread.ask({ kind: "begin", path, header });
    } catch (cause) {
      thread.leave();
      throw cause;
    }
    this.#known.set(id, { domain: keys.domain, size: 0, header, thread });
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
      const target = { threads: this.#threads, thread: upload.thread, path: this.#path(id), key, size: upload.size, room: this.#room };
      const outcome = await sealToFile(target, bytes).catch((cause: unknown) => {
        if (cause instanceof SealingFailure) {
          upload.size = cause.size;
          throw cause.cause;
        }
        // Nobody knows what is in the file: whoever asks for the upload next looks.
        this.#leave(id);
        throw cause;
      });
      upload.size = outcome.size;
      if (outcome.interrupted !== undefined) throw outcome.interrupted as Error;
      return { id, size: upload.size };
    });
  }

  /** Verifies and seals an upload, hands it to `publish`, and ends it. Where that rejects, the upload goes on as it was. */
  finish(id: string, keys: BlobKeys, digest: string, publish: Publish): Promise<{ readonly size: number }> {
    return this.#lock.run(id, async () => {
      const { size, header, thread } = await this.#require(id, keys);
      const wanted = parseDigest(digest);
      if (!wanted) {
        await this.#discard(id);
        throw new BlobDigestError(`${digest} is no digest`);
      }
      const path = this.#path(id);
      const key = openHeader(keys, header);
      let placed = false;
      const seal = async (place?: Place): Promise<SealedFile> => {
        const { otherDigest, small } = await thread.ask({ kind: "finish", path, key, header, size, ...wanted, ...(place && { place }) });
        if (otherDigest !== undefined)
          throw new BlobDigestError(`the bytes have the digest ${wanted.algorithm}:${otherDigest}, not ${digest}`);
        placed = place !== undefined;
        return { path, bytes: sealedBytes(size), ...(small && { small }) };
      };
      try {
        await publish(wanted, seal);
      } catch (cause) {
        if (cause instanceof BlobDigestError) await this.#discard(id);
        else this.#leave(id);
        // Of the trailer, where there is one. What has its place already must stay whole.
        if (!placed) await truncate(path, unfinishedBytes(size)).catch(() => undefined);
        throw cause;
      }
      if (placed) this.#leave(id);
      else await this.#discard(id);
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
    // Another caller may have found it meanwhile: there is one record an upload.
    const first = this.#known.get(id);
    if (first) return first;
    const upload = { ...found, domain: keys.domain, thread: this.#threads.join() };
    this.#known.set(id, upload);
    return upload;
  }

  async #require(id: string, keys: BlobKeys): Promise<OpenUpload> {
    const upload = await this.#find(id, keys);
    if (!upload) throw new BlobUploadMissingError(`there is no upload ${id}`);
    return upload;
  }

  async #discard(id: string): Promise<void> {
    if (!isUploadId(id)) return;
    const path = this.#path(id);
    this.#leave(id);
    for (const file of [path, tailOf(path)]) await removeOptional(file);
  }

  #leave(id: string): void {
    this.#known.get(id)?.thread.leave();
    this.#known.delete(id);
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
