import { mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder; it is on disk with the names of all the folders that had to be made for it. */
export async function makeDurableFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  // Each new folder's name is on disk when its parent is.
  for (let above = folder; above.length >= made.length; above = dirname(above)) await syncFolder(dirname(above));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function statOptional(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  return stat(path).catch(absent(undefined));
}

/** Removes a file, if it is there. One call to the kernel, where `rm` makes two. */
export async function removeOptional(path: string): Promise<void> {
  await unlink(path).catch(absent(undefined));
}

export async function readdirOptional(path: string): Promise<readonly string[]> {
  return readdir(path).catch(absent<string[]>([]));
}

/** @returns what stands for a file that is not there; any other failure is passed on */
function absent<T>(value: T): (cause: unknown) => T {
  return (cause) => {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return value;
    throw cause;
  };
}
