import { createHash } from "node:crypto";
import { readSync, writeFileSync } from "node:fs";
import { open, readFile, type FileHandle } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { BlobCorruptError, type BlobKeys } from "../../ports/blob-store.ts";
import {
  CHUNK_BYTES,
  HEADER_BYTES,
  openRecord,
  recordAt,
  RECORD_BYTES,
  sizeOfUnfinished,
  TRAILER_BYTES,
  unfinishedBytes,
} from "../sealing/format.ts";
import { openHeader } from "../sealing/open.ts";
import { statOptional } from "./durable-folders.ts";

// The file of an upload under way: a sealed blob without its trailer. Its last record may be a short one, which is written anew in its place when
// more comes. While that goes on, the record as it was lies in a file beside it.

/** Where the last record of an upload lies while it is written anew. No upload's id has a dot. */
export function tailOf(path: string): string {
  return `${path}.tail`;
}

/** An upload of an earlier life. What that one had received whole is there; what it was killed in the middle of is cut off. @throws BlobCorruptError */
export async function reopen(path: string, keys: BlobKeys): Promise<{ readonly size: number; readonly header: Buffer } | undefined> {
  const found = await statOptional(path);
  // Killed before it had its header: nobody was told of it.
  if (!found || found.size < HEADER_BYTES) return undefined;
  const file = await open(path, "r+");
  try {
    const header = await readAt(file, 0, HEADER_BYTES);
    const key = openHeader(keys, header);
    // With a trailer where it was killed in the middle of a commit.
    for (const bytes of [found.size, found.size - TRAILER_BYTES]) {
      const size = sizeOfUnfinished(bytes);
      if (size === undefined || !(await lastOpens(file, key, bytes))) continue;
      await file.truncate(bytes);
      return { size, header };
    }
    const last = lastIndex(found.size);
    const kept = await readFile(tailOf(path)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return undefined;
      throw cause;
    });
    const whole = kept && opens(key, last, kept) ? kept : undefined;
    if (whole) await file.write(whole, 0, whole.length, recordAt(last));
    const bytes = recordAt(last) + (whole?.length ?? 0);
    await file.truncate(bytes);
    return { size: sizeOfUnfinished(bytes) ?? 0, header };
  } finally {
    await file.close();
  }
}

function lastIndex(bytes: number): number {
  return Math.ceil((bytes - HEADER_BYTES) / RECORD_BYTES) - 1;
}

async function lastOpens(file: FileHandle, key: Uint8Array, bytes: number): Promise<boolean> {
  const last = lastIndex(bytes);
  return last < 0 || opens(key, last, await readAt(file, recordAt(last), bytes - recordAt(last)));
}

function opens(key: Uint8Array, index: number, record: Buffer): boolean {
  try {
    openRecord(key, index, record);
    return true;
  } catch (cause) {
    if (cause instanceof BlobCorruptError) return false;
    throw cause;
  }
}

/** The bytes in the last record, where it is not full. */
export function readTail(fd: number, key: Uint8Array, size: number): Buffer {
  const record = lastRecord(fd, size);
  return Buffer.concat(record ? openRecord(key, Math.floor(size / CHUNK_BYTES), record) : []);
}

/** Copies the last record, where it is not full. */
export function keepTail(fd: number, size: number, path: string): void {
  const record = lastRecord(fd, size);
  if (record) writeFileSync(tailOf(path), record, { mode: 0o600 });
}

function lastRecord(fd: number, size: number): Buffer | undefined {
  if (size % CHUNK_BYTES === 0) return undefined;
  const at = recordAt(Math.floor(size / CHUNK_BYTES));
  return readSyncAt(fd, at, unfinishedBytes(size) - at);
}

/**
 * Computed from the file; others have a turn of the thread in between.
 * @param size of the blob, all of which is in the file @param algorithm as Node's crypto calls it @throws BlobCorruptError
 */
export async function digestOf(fd: number, key: Uint8Array, size: number, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  const end = unfinishedBytes(size);
  for (let index = 0; recordAt(index) < end; index += 1) {
    const at = recordAt(index);
    for (const piece of openRecord(key, index, readSyncAt(fd, at, Math.min(RECORD_BYTES, end - at)))) hash.update(piece);
    await setImmediate();
  }
  return hash.digest("hex");
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  return buffer.subarray(0, bytesRead);
}

function readSyncAt(fd: number, at: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, at));
}
