import { mkdir, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists, isMissing, writeWhole } from "./write-file.ts";

/** The engine reads every `*.crt` in the folder of a host, at each connection, so a name of our own is in nobody's way. */
export const certificateName = (owner: string): string => `airfield-${owner}.crt`;

/** Where an engine looks for the authority of a host. */
export const certificatePath = (dockerCerts: string, host: string, owner: string): string =>
  join(dockerCerts, host, certificateName(owner));

/** Folders on the way to the certificates of these hosts that do not exist yet, outermost first. */
export async function missingFolders(dockerCerts: string, hosts: readonly string[]): Promise<readonly string[]> {
  const missing = new Set<string>();
  for (const host of hosts) {
    const onTheWay: string[] = [];
    for (let folder = join(dockerCerts, host); !(await exists(folder)) && dirname(folder) !== folder; folder = dirname(folder))
      onTheWay.unshift(folder);
    for (const folder of onTheWay) missing.add(folder);
  }
  return [...missing];
}

/** Lets the engine believe in the authority for this host, and for no other. Gives whether anything changed. */
export async function trust(dockerCerts: string, host: string, owner: string, certificate: string): Promise<boolean> {
  const file = certificatePath(dockerCerts, host, owner);
  if (await isTrusted(dockerCerts, host, owner, certificate)) return false;
  await mkdir(dirname(file), { recursive: true, mode: 0o755 });
  await writeWhole(file, certificate, { mode: 0o644 });
  return true;
}

export async function isTrusted(dockerCerts: string, host: string, owner: string, certificate: string): Promise<boolean> {
  try {
    return (await readFile(certificatePath(dockerCerts, host, owner), "utf8")) === certificate;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
}

/** Takes every certificate of this owner away, and those of `madeFolders` that are empty then. Gives the hosts that were trusted. */
export async function distrust(dockerCerts: string, owner: string, madeFolders: readonly string[]): Promise<readonly string[]> {
  const hosts: string[] = [];
  for (const host of await foldersIn(dockerCerts)) {
    const file = certificatePath(dockerCerts, host, owner);
    if (!(await exists(file))) continue;
    await rm(file);
    hosts.push(host);
  }
  for (const folder of madeFolders.toReversed()) await removeIfEmpty(folder);
  return hosts;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause;
  }
}

/** A folder that somebody has put something into is theirs now. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EEXIST") throw cause;
  }
}
