import { lchown, lstat, mkdir, open, realpath, rename, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { openOwnFolder } from "../filesystem/own-folder.ts";

/** Who a file belongs to. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Writes a file whole or not at all: aside, flushed, renamed. It belongs to `owner` where root writes it for somebody else. */
export async function writeWhole(
  file: string,
  content: string,
  { mode, owner }: { mode: number; owner?: Owner | undefined },
): Promise<void> {
  const aside = `${file}.${process.pid}.new`;
  try {
    await fillNew(aside, content, async (handle) => {
      await handle.chmod(mode);
      if (owner && process.geteuid?.() === 0) await handle.chown(owner.uid, owner.gid);
    });
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true });
    throw cause;
  }
}

/** Makes a folder that only `owner` may enter, in one that is there. @throws UntrustedPlaceError where it is a link, or somebody else's */
export async function makeFolder(folder: string, owner: Owner): Promise<void> {
  const made = await mkdir(folder, { mode: 0o700 }).then(() => true, unlessThere);
  // What the name leads to by now is not followed.
  if (made && process.geteuid?.() === 0) await lchown(folder, owner.uid, owner.gid);
  await using _ours = await openOwnFolder(folder, owner.uid);
}

function unlessThere(cause: unknown): false {
  if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  return false;
}

/**
 * Changes a text file of the system, keeping mode and owner, in one step: readers see the old or the new one. A link is followed. Gives whether
 * anything changed. Bytes that are no UTF-8 survive. Where the file is a mount point, as /etc/hosts is in a container, it cannot be replaced and is
 * written in place.
 */
export async function editFile(file: string, edit: (text: string) => string): Promise<boolean> {
  const real = await realpath(file);
  const before = await readBytes(real);
  const after = edit(before);
  if (after === before) return false;
  const { mode, uid, gid } = await stat(real);
  const aside = `${real}.airfield-${process.pid}`;
  try {
    await fillNew(aside, after, async (handle) => {
      // Owner first: changing it would take special bits of the mode away.
      const { uid: ownUid, gid: ownGid } = await handle.stat();
      if (uid !== ownUid || gid !== ownGid) await handle.chown(uid, gid);
      await handle.chmod(mode & 0o7777);
    });
    await rename(aside, real);
  } catch (cause) {
    await rm(aside, { force: true });
    if ((cause as NodeJS.ErrnoException).code !== "EBUSY") throw cause;
    await writeFile(real, after, "latin1");
  }
  return true;
}

/** The text of a system's file, a character a byte. */
export async function readBytes(file: string): Promise<string> {
  const handle = await open(file, "r");
  try {
    return await handle.readFile("latin1");
  } finally {
    await handle.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}

export function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === "ENOENT";
}

async function fillNew(file: string, content: string, finish: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(content, "latin1");
    await finish(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
