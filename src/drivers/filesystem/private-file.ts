import { randomBytes } from "node:crypto";
import { chmod, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Told of a file of keys that other users of the machine could read until now, with the mode that it had. */
export type Exposed = (file: string, mode: number) => void;

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Reads a small file that only its owner may read; `undefined` where it is absent. One that others may read is closed to them first.
 * @throws what closing it throws: EPERM for a file of somebody else's
 */
export async function readPrivate(file: string, exposed?: Exposed): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      await chmod(file, 0o600);
      exposed?.(file, mode & 0o777);
    }
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/** Reads such a file, or makes it: written aside, flushed, renamed, so that it is whole or absent. */
export async function keepPrivate(directory: string, name: string, make: () => string, exposed?: Exposed): Promise<string> {
  const file = join(directory, name);
  const known = await readPrivate(file, exposed);
  if (known !== undefined) return known;
  const made = make();
  const aside = `${file}.new`;
  await rm(aside, { force: true });
  const handle = await open(aside, "wx", 0o600);
  try {
    await handle.writeFile(made);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
  return made;
}

/** A new key pair for the root of an account. */
export function newRootKey(): KeyPair {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const accessKeyId = `AKIA${Array.from(randomBytes(16), (byte) => alphabet[byte % 32]).join("")}`;
  // No slash or plus: such keys survive every shell and URL.
  return { accessKeyId, secretAccessKey: randomBytes(60).toString("base64").replace(/[/+=]/g, "").slice(0, 40) };
}
