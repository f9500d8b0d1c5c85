import { createHash, type Hash } from "node:crypto";
import { mkdir, open, readdir, rename, rmdir, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ReadableStream } from "node:stream/web";
import { createTarDecoder } from "modern-tar";
import { syncFolder } from "../filesystem/durable-folders.ts";
import { openDataFolder } from "../filesystem/own-folder.ts";
import { isFull } from "../sqlite/database.ts";
import {
  BackupError,
  CHECKSUMS_ENTRY,
  DATA_PREFIX,
  HEAD_ENTRY,
  STATE_DATABASE,
  type BackupChecksums,
  type BackupHead,
} from "./contents.ts";
import { UNDER_WAY } from "./under-way.ts";

export interface RestoreParts {
  readonly file: string;
  /** Made where it is absent; empty where it is there. */
  readonly dataDirectory: string;
  /** The latest version of the state that this program knows. */
  readonly stateVersion: number;
}

export interface Restored {
  readonly head: BackupHead;
  readonly files: number;
  readonly bytes: number;
}

const MOST_TEXT = 256 * 1024 * 1024;
const LOST_AND_FOUND = "lost+found";

/**
 * Brings back a data folder. Everything is written aside within it and compared with the checksums before anything gets its place; until the last has, a server refuses to
 * start there. Files are for their owner alone, whatever the backup says.
 * @throws BackupError
 */
export async function restoreBackup(parts: RestoreParts): Promise<Restored> {
  const { file, dataDirectory } = parts;
  try {
    return await restored(parts);
  } catch (cause) {
    if (cause instanceof BackupError) throw cause;
    if (isFull(cause))
      throw new BackupError(`there is no room in ${dataDirectory}`, "Remove it, and restore into a folder on a larger disk.", { cause });
    // What a file system says has a code. All else is what is in the file.
    throw cause instanceof Error && !("code" in cause) ? damaged(file, cause.message, cause) : cause;
  }
}

async function restored({ file, dataDirectory, stateVersion }: RestoreParts): Promise<Restored> {
  const entries = entriesOf(file);
  const first = await entries.next();
  const head = first.done === true ? undefined : await headIn(first.value, file);
  if (!head) throw new BackupError(`${file} is no backup of Airfield`, "Name a file that `airfield backup` has made.");
  if (head.stateVersion > stateVersion)
    throw new BackupError(
      `${file} was made by Airfield ${head.version}, with data of version ${head.stateVersion}; this one knows versions up to ${stateVersion}`,
      "Use a later Airfield.",
    );
  const folder = await openDataFolder(dataDirectory);
  if ((await readdir(folder)).some((name) => name !== LOST_AND_FOUND))
    throw new BackupError(`${dataDirectory} is not empty`, "Name a folder that is empty or not there; nothing is written over.");
  const aside = join(folder, UNDER_WAY);
  await mkdir(aside, { mode: 0o700 });
  await syncFolder(folder);
  const found = await unpack(entries, aside, file);
  if (found[STATE_DATABASE] === undefined) throw damaged(file, `it has no ${STATE_DATABASE}`);
  for (const name of await readdir(aside)) await rename(join(aside, name), join(folder, name));
  await syncFolder(folder);
  await rmdir(aside);
  await syncFolder(folder);
  const all = Object.values(found);
  return { head, files: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
}

interface Entry {
  readonly name: string;
  readonly isFile: boolean;
  readonly bytes: AsyncIterable<Uint8Array>;
}

async function* entriesOf(file: string): AsyncGenerator<Entry> {
  const source = (await openFile(file)).createReadStream({ highWaterMark: 1024 * 1024 });
  try {
    const decoded = ReadableStream.from(source as AsyncIterable<Uint8Array>).pipeThrough(createTarDecoder({ strict: true }));
    for await (const { header, body } of decoded) yield { name: header.name, isFile: header.type === "file", bytes: body };
  } finally {
    source.destroy();
  }
}

async function openFile(file: string): Promise<FileHandle> {
  const advice = "Name a file that `airfield backup` has made.";
  const handle = await open(file).catch((cause: unknown) => {
    throw new BackupError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, advice, { cause });
  });
  if (!(await handle.stat()).isDirectory()) return handle;
  await handle.close();
  throw new BackupError(`${file} is a folder`, advice);
}

async function headIn({ name, bytes }: Entry, file: string): Promise<BackupHead | undefined> {
  if (name !== HEAD_ENTRY) return undefined;
  const head = JSON.parse(await textOf(bytes)) as BackupHead;
  if (head.format !== 1) throw new BackupError(`${file} is a backup of a form that this Airfield does not know`, "Use a later Airfield.");
  return head;
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > MOST_TEXT) throw new Error("the entry is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Writes the files below `aside`. Gives what they are, which is what the checksums say. */
async function unpack(entries: AsyncIterable<Entry>, aside: string, file: string): Promise<BackupChecksums> {
  const found: Record<string, BackupChecksums[string]> = {};
  let sums: BackupChecksums | undefined;
  for await (const entry of entries) {
    if (sums) throw damaged(file, "something comes behind its end");
    if (entry.name === CHECKSUMS_ENTRY) {
      sums = JSON.parse(await textOf(entry.bytes)) as BackupChecksums;
      continue;
    }
    const path = entry.name.startsWith(DATA_PREFIX) ? entry.name.slice(DATA_PREFIX.length) : "";
    if (!entry.isFile || !isPlain(path)) throw damaged(file, `${JSON.stringify(entry.name)} is no file of a data folder`);
    found[path] = await writeWhole(join(aside, path), entry.bytes);
  }
  if (!sums) throw damaged(file, "its end is missing");
  for (const path of new Set([...Object.keys(sums), ...Object.keys(found)]))
    if (sums[path]?.sha256 !== found[path]?.sha256) throw damaged(file, `${path} is not what it was`);
  return found;
}

/** Leads nowhere but into the folder. */
function isPlain(path: string): boolean {
  return path !== "" && path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"));
}

async function writeWhole(path: string, source: AsyncIterable<Uint8Array>): Promise<BackupChecksums[string]> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const hash: Hash = createHash("sha256");
  const written = await open(path, "wx", 0o600);
  let bytes = 0;
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      for (let at = 0; at < chunk.length;) at += (await written.write(chunk, at)).bytesWritten;
      bytes += chunk.length;
    }
    await written.datasync();
  } finally {
    await written.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

function damaged(file: string, why: string, cause?: unknown): BackupError {
  return new BackupError(`${file} is damaged: ${why}`, "Remove what was restored of it, and restore another backup.", { cause });
}
