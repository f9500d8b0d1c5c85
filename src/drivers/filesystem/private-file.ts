import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isOurs, UntrustedPlaceError } from "./own-folder.ts";

/** Told of a file of keys that other users of the machine could read until now, with the mode that it had. */
export type Exposed = (file: string, mode: number) => void;

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Reads a small file that only its owner may read; `undefined` where it is absent. One that others may read is closed to them first. What
 * is looked at is what is read: no link is followed.
 * @throws UntrustedPlaceError for what is no file, or a file of somebody else's
 */
export async function readPrivate(file: string, exposed?: Exposed): Promise<string | undefined> {
  return (await readPrivateWhole(file, exposed))?.trim();
}

/** The same, with the space around it. */
export async function readPrivateWhole(file: string, exposed?: Exposed): Promise<string | undefined> {
  // Without waiting for who writes into a pipe.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(explained(file));
  if (!handle) return undefined;
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new UntrustedPlaceError(`${file} is no file`, NO_FILE);
    if (!isOurs(found.uid) && found.uid !== (await ownerAbove(file)))
      throw new UntrustedPlaceError(`${file} belongs to another user (${found.uid})`, "Find out who put it there before you go on.");
    await closeToOthers(handle, file, found.mode, exposed);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

const NO_FILE = "Put the file itself in its place. A root key may lie elsewhere: AIRFIELD_ROOT_KEY_FILE names it.";

function explained(file: string): (cause: unknown) => undefined {
  return (cause) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw new UntrustedPlaceError(`${file} is a link`, NO_FILE);
    throw cause;
  };
}

/** Root may read what the owner of a data folder keeps in it. */
async function ownerAbove(file: string): Promise<number> {
  return (await stat(dirname(file))).uid;
}

async function closeToOthers(handle: FileHandle, file: string, mode: number, exposed: Exposed | undefined): Promise<void> {
  if ((mode & 0o077) === 0) return;
  await handle.chmod(0o600);
  exposed?.(file, mode & 0o777);
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
