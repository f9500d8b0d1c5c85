import { closeSync, existsSync, fdatasync, fsync, mkdirSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { removeOptional } from "./durable-folders.ts";
import type { Place } from "./sealing-jobs.ts";
import { tailOf } from "./unfinished-file.ts";

/** What the disk is asked to keep. Resolves when it has. */
export interface Syncs {
  bytes(fd: number): Promise<void>;
  /** The names in a folder. */
  names(folder: string): Promise<void>;
}

const sync = promisify(fsync);

const DISK: Syncs = {
  bytes: promisify(fdatasync),
  async names(path) {
    const folder = openSync(path, "r");
    try {
      await sync(folder);
    } finally {
      closeSync(folder);
    }
  },
};

/**
 * Moves a sealed file to its place, and resolves when both its bytes and its name are on disk. They go there together, for one commit of the file system's journal
 * in place of two or three: a name whose bytes a power failure took is nobody's yet, since only then its link is recorded. Where there is a blob already that
 * somebody counts on, bytes go first. Where it rejects, the file is where it was.
 */
export async function publishFile(fd: number, path: string, { target, unsure }: Place, syncs = DISK): Promise<void> {
  if (unsure.length > 0) mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const replaces = existsSync(target);
  if (replaces) await syncs.bytes(fd);
  renameSync(path, target);
  try {
    const folders = new Set([target, ...unsure].map((name) => dirname(name)));
    await settled([...(replaces ? [] : [syncs.bytes(fd)]), ...[...folders].map((folder) => syncs.names(folder))]);
  } catch (cause) {
    renameSync(target, path);
    throw cause;
  }
  await removeOptional(tailOf(path));
}

/** Waits for all of them also where one fails: what they work on is closed afterwards. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason as Error;
}
