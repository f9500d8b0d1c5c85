import { createHash, type Hash } from "node:crypto";
import { closeSync, fdatasync, ftruncateSync, openSync, unlinkSync, writeSync, writevSync } from "node:fs";
import { promisify } from "node:util";
import { releaseMemory } from "../../ports/release-memory.ts";
import { CHUNK_BYTES, recordAt, unfinishedBytes, writeTrailer } from "../sealing/format.ts";
import { Sealer } from "../sealing/seal.ts";
import { earlySync } from "./early-sync.ts";
import { publishFile } from "./publish-file.ts";
import type { AppendJob, FinishJob } from "./sealing-jobs.ts";
import { smallFile, type SmallFile } from "./small-files.ts";
import { digestOf, keepTail, readTail } from "./unfinished-file.ts";

const dataSync = promisify(fdatasync);

/** The file could not be written: full disk, quota. So many bytes of the blob are in it, in whole records. */
export class FileWriteError extends Error {
  readonly size: number;
  constructor(size: number, cause: unknown) {
    super("the file could not be written", { cause });
    this.size = size;
  }
}

/** Appends that follow one another. */
interface Run {
  readonly sealer: Sealer;
  readonly early: ReturnType<typeof earlySync>;
  size: number;
  /** Of the file. */
  position: number;
  /** Bytes of the blob in whole records that are in the file. */
  safe: number;
}

/**
 * The file of an upload under way, as the thread sees it that seals it. The file system is called without leaving this thread, which answers nobody else;
 * but for syncs, which take as long as the disk does, and of which the kernel makes one where several are asked for at once.
 */
export class UploadFile {
  readonly #path: string;
  readonly #fd: number;
  /** SHA-256 of the bytes so far; `undefined` where it must be computed from the file, as after a restart. */
  #hash: Hash | undefined;
  #run: Run | undefined;
  #busy = 0;

  private constructor(path: string, fd: number, hash: Hash | undefined) {
    this.#path = path;
    this.#fd = fd;
    this.#hash = hash;
  }

  static begin(path: string, header: Uint8Array): UploadFile {
    const file = new UploadFile(path, openSync(path, "wx+", 0o600), createHash("sha256"));
    try {
      writeSync(file.#fd, header);
      return file;
    } catch (cause) {
      file.close();
      unlinkSync(path);
      throw cause;
    }
  }

  /** One that was begun before: by another thread, or in another life. @param hash of its bytes, where it is known */
  static reopen(path: string, hash: Hash | undefined): UploadFile {
    return new UploadFile(path, openSync(path, "r+"), hash);
  }

  /** What is to be known of it when it is opened again. */
  get hash(): Hash | undefined {
    return this.#hash;
  }

  /** Whether it must stay open. */
  get busy(): boolean {
    return this.#busy > 0 || this.#run !== undefined;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** @returns the bytes of the blob that are there now @throws FileWriteError */
  async append({ key, from, last, bytes, length }: AppendJob): Promise<number> {
    if (from !== undefined) this.#run = this.#begin(key, from);
    const run = this.#run;
    if (!run) throw new Error("the append before this one failed");
    try {
      const piece = new Uint8Array(bytes, 0, length);
      this.#hash?.update(piece);
      this.#write(run, piece, last);
      if (!last) return run.size;
      this.#run = undefined;
      await this.#while(run.early.end());
      return run.size;
    } catch (cause) {
      this.#run = undefined;
      this.#hash = undefined;
      // Whatever else it says: nothing is written any more.
      await this.#while(run.early.end()).catch(() => undefined);
      ftruncateSync(this.#fd, unfinishedBytes(run.safe));
      throw new FileWriteError(run.safe, cause);
    }
  }

  #begin(key: Uint8Array, size: number): Run {
    keepTail(this.#fd, size, this.#path);
    const tail = readTail(this.#fd, key, size);
    const start = size - tail.length;
    const index = start / CHUNK_BYTES;
    const early = earlySync({ datasync: () => dataSync(this.#fd) });
    const run: Run = { sealer: new Sealer(key, index), early, size: start, position: recordAt(index), safe: start };
    this.#write(run, tail, false);
    return run;
  }

  #write(run: Run, bytes: Uint8Array, last: boolean): void {
    const sealed: Uint8Array[] = [];
    run.sealer.add(bytes, sealed);
    if (last) run.sealer.end(sealed);
    const length = writeAll(this.#fd, sealed, run.position);
    releaseMemory(sealed);
    run.position += length;
    run.size += bytes.length;
    run.safe = run.size - run.sealer.filled;
    run.early.wrote(length);
  }

  /** Resolves with the digest of the bytes where it is another one. Where it rejects, the upload goes on as it was. */
  async finish({ key, header, size, algorithm, hex, place }: FinishJob): Promise<string | undefined> {
    const known = algorithm === "sha256" ? this.#hash : undefined;
    const actual = known ? known.copy().digest("hex") : await this.#while(digestOf(this.#fd, key, size, algorithm));
    if (actual !== hex) return actual;
    const end = unfinishedBytes(size);
    try {
      writeAll(this.#fd, [writeTrailer(key, Buffer.from(header), size, `${algorithm}:${hex}`)], end);
      if (place) await this.#while(publishFile(this.#fd, this.#path, place));
      return undefined;
    } catch (cause) {
      ftruncateSync(this.#fd, end);
      throw cause;
    }
  }

  /** What it is when it has its place, if it is small. */
  small(bytes: number): SmallFile | undefined {
    return smallFile(this.#fd, bytes, performance.timeOrigin + performance.now());
  }

  async #while<T>(work: Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work;
    } finally {
      this.#busy -= 1;
    }
  }
}

/** One call where the kernel takes everything at once, which it may refuse when the disk is nearly full. @returns their bytes */
function writeAll(fd: number, pieces: readonly Uint8Array[], position: number): number {
  let rest = [...pieces];
  let at = position;
  while (rest.length > 0) {
    let written = writevSync(fd, rest, at);
    at += written;
    while (rest[0] && rest[0].length <= written) {
      written -= rest[0].length;
      rest = rest.slice(1);
    }
    if (rest[0] && written > 0) rest[0] = rest[0].subarray(written);
  }
  return at - position;
}
