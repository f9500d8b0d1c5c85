import { constants, statSync } from "node:fs";
import { lstat, mkdir, open, readdir, readlink, stat, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";

/** A folder or file that somebody else made, could have changed, or could exchange. `advice` says what to do. */
export class UntrustedPlaceError extends Error {
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.name = "UntrustedPlaceError";
    this.advice = advice;
  }
}

/** A folder that only we may write into, held open. */
export interface OwnFolder extends AsyncDisposable {
  /**
   * Leads to the folder that was looked at, wherever its name leads by now: on Linux through the open handle, which makes it short as well.
   * Elsewhere it is the folder's name.
   */
  readonly path: string;
}

/**
 * Opens a folder, making it with mode 0700 where it is absent: the folder above it must be there. No link is followed at its end. What
 * others may read of it is closed to them.
 * @param owner whose it may be as well: root acts for the owner of a data folder
 * @throws UntrustedPlaceError where it is a link or no folder, somebody else's, or has content while others could write into it
 */
export async function openOwnFolder(path: string, owner?: number): Promise<OwnFolder> {
  await mkdir(path, { mode: 0o700 }).catch(unless("EEXIST"));
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    if (!hasCode(cause, "ELOOP", "ENOTDIR")) throw cause;
    throw new UntrustedPlaceError(`${path} is a link or no folder`, "Look who made it, and move it away.");
  });
  try {
    await closeToOthers(path, handle, owner);
  } catch (cause) {
    await handle.close();
    throw cause;
  }
  const held = process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path;
  return { path: held, [Symbol.asyncDispose]: () => handle.close() };
}

async function closeToOthers(path: string, handle: FileHandle, owner: number | undefined): Promise<void> {
  const { uid, mode } = await handle.stat();
  if (!isOurs(uid) && uid !== owner) throw foreign(path, uid);
  if ((mode & 0o077) === 0 || process.geteuid === undefined) return;
  await handle.chmod(0o700);
  // Nobody puts anything into it any more: what is in it now may be theirs.
  if ((mode & 0o022) !== 0 && (await readdir(path)).length > 0)
    throw new UntrustedPlaceError(
      `other users could write into ${path} until now (mode ${(mode & 0o777).toString(8)})`,
      "That is over. Make sure that all that is in it is yours, then try again.",
    );
}

/**
 * Makes the data folder where it is absent, with the folders above it, and gives where it really is: links of ours are followed, since data
 * may lie on another disk.
 * @throws UntrustedPlaceError for what `openOwnFolder` refuses, and where somebody else could exchange the folder for another
 */
export async function openDataFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const real = await trustedWay(path);
  await using _folder = await openOwnFolder(real);
  return real;
}

const MOST_LINKS = 40;

/**
 * Where a path really leads, if every folder and link on the way is root's or ours, and nobody may write into one of the folders but its
 * owner and its group; in one with the sticky bit, as /tmp has it, nobody can move what is ours.
 */
async function trustedWay(path: string): Promise<string> {
  if (process.geteuid === undefined) return resolve(path);
  // Who owns the root directory owns everything; in a user namespace that is not the user 0.
  const { uid: system } = await stat("/");
  const rest = parts(resolve(path));
  let at = "/";
  for (let links = 0; rest.length > 0;) {
    const next = join(at, rest.shift() ?? "");
    const found = await lstat(next);
    if (found.uid !== system && found.uid !== 0 && !isOurs(found.uid)) throw foreign(next, found.uid);
    if (found.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw new UntrustedPlaceError(`${path} leads through too many links`, "Name the folder itself.");
      rest.unshift(...parts(resolve(at, await readlink(next))));
      at = "/";
      continue;
    }
    if (rest.length > 0 && (found.mode & 0o1002) === 0o002)
      throw new UntrustedPlaceError(
        `every user of this machine may exchange what is in ${next}`,
        `Run \`chmod o-w ${next}\`, or name a folder elsewhere.`,
      );
    at = next;
  }
  return at;
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

/**
 * Who runs this, and whoever can make them do anything already: the owner of the program's folder, as of a checkout that root runs in a
 * container; under sudo, the user who called it.
 */
export function isOurs(uid: number, programOwner = PROGRAM_OWNER): boolean {
  const own = process.geteuid?.();
  return own === undefined || uid === own || uid === programOwner || (own === 0 && String(uid) === process.env["SUDO_UID"]);
}

/** Of the checkout or the installed package: `dist/` lies as deep as `src/`. */
const PROGRAM_OWNER = statSync(new URL("../../..", import.meta.url)).uid;

function foreign(path: string, uid: number): UntrustedPlaceError {
  return new UntrustedPlaceError(
    `${path} belongs to another user (${uid})`,
    "Run this as that user, give the folder to the one who runs it, or name another folder with --data or AIRFIELD_DATA.",
  );
}

function unless(code: string): (cause: unknown) => undefined {
  return (cause) => {
    if (!hasCode(cause, code)) throw cause;
    return undefined;
  };
}

function hasCode(cause: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((cause as NodeJS.ErrnoException).code ?? "");
}
