import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { exists, isMissing } from "../host-names/write-file.ts";
import { runTool } from "./run-tool.ts";

/** A folder in which a browser keeps what it trusts. */
export interface NssDatabase {
  readonly browser: "Chromium" | "Firefox";
  readonly folder: string;
}

const FILE = "cert9.db";
/** Chromium's, also where it was installed as a snap. */
const SHARED = [".pki/nssdb", "snap/chromium/current/.pki/nssdb"];
/** Each profile is a folder of its own in one of these. */
const PROFILES = [".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox"];
/** SSL: a trusted authority; neither for e-mail nor for code. */
const TRUST = "C,,";

/** The databases below somebody's home. Chromium's first one counts as there: it is made when it is needed. */
export async function nssDatabases(home: string): Promise<readonly NssDatabase[]> {
  const [usual = "", ...snaps] = SHARED.map((path) => join(home, path));
  const shared = [usual, ...(await existing(snaps))].map((folder) => ({ browser: "Chromium", folder }) as const);
  const profiles = await Promise.all(PROFILES.map((path) => foldersIn(join(home, path))));
  return [...shared, ...(await existing(profiles.flat())).map((folder) => ({ browser: "Firefox", folder }) as const)];
}

async function existing(folders: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(folders.map((folder) => exists(join(folder, FILE))));
  return folders.filter((_, at) => found[at]);
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause;
  }
}

const nickname = (owner: string): string => `airfield-${owner}`;
const at = ({ folder }: NssDatabase): readonly string[] => ["-d", `sql:${folder}`];

/** What the database has under the installation's name, as PEM; `undefined` where that is nothing. */
export async function inDatabase(certutil: string, database: NssDatabase, owner: string): Promise<string | undefined> {
  if (!(await exists(join(database.folder, FILE)))) return undefined;
  const listed = await runTool(certutil, ["-L", ...at(database)]);
  if (!listed.includes(nickname(owner))) return undefined;
  return (await runTool(certutil, ["-L", ...at(database), "-n", nickname(owner), "-a"])).replaceAll("\r", "");
}

/** Gives whether anything changed. */
export async function addToDatabase(
  certutil: string,
  database: NssDatabase,
  owner: string,
  certificateFile: string,
  pem: string,
): Promise<boolean> {
  if ((await inDatabase(certutil, database, owner))?.trim() === pem.trim()) return false;
  await removeFromDatabase(certutil, database, owner);
  if (!(await exists(join(database.folder, FILE)))) {
    await mkdir(database.folder, { recursive: true, mode: 0o700 });
    await runTool(certutil, ["-N", ...at(database), "--empty-password"]);
  }
  await runTool(certutil, ["-A", ...at(database), "-n", nickname(owner), "-t", TRUST, "-i", certificateFile]);
  return true;
}

/** Gives whether it was there. */
export async function removeFromDatabase(certutil: string, database: NssDatabase, owner: string): Promise<boolean> {
  if ((await inDatabase(certutil, database, owner)) === undefined) return false;
  await runTool(certutil, ["-D", ...at(database), "-n", nickname(owner)]);
  return true;
}
