import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** The keys and names that an installation keeps for life, in files that only its owner may read. */
export interface Installation {
  /** Names this installation on a shared engine: eight hexadecimal digits. */
  readonly id: string;
  readonly rootKey: Uint8Array;
  readonly rootCredentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface InstallationOverrides {
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
}

/** Opens the data folder, making it and its keys at the first start. */
export async function openInstallation(directory: string, overrides: InstallationOverrides): Promise<Installation> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const id = await keep(directory, "installation-id", () => randomBytes(4).toString("hex"));
  const rootKey = await keep(directory, "root-key", () => randomBytes(32).toString("base64"));
  const credentials = JSON.parse(
    await keep(directory, "credentials.json", () => JSON.stringify(newCredentials())),
  ) as Installation["rootCredentials"];
  return {
    id,
    rootKey: Buffer.from(rootKey, "base64"),
    rootCredentials: {
      accessKeyId: overrides.accessKeyId ?? credentials.accessKeyId,
      secretAccessKey: overrides.secretAccessKey ?? credentials.secretAccessKey,
    },
  };
}

/** Reads the root credentials without making any; `undefined` where Airfield was never started on this folder. */
export async function readRootCredentials(directory: string): Promise<Installation["rootCredentials"] | undefined> {
  const text = await readOptional(join(directory, "credentials.json"));
  return text === undefined ? undefined : (JSON.parse(text) as Installation["rootCredentials"]);
}

function newCredentials(): Installation["rootCredentials"] {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const accessKeyId = `AKIA${Array.from(randomBytes(16), (byte) => alphabet[byte % 32]).join("")}`;
  // No slash or plus: such keys survive every shell and URL.
  return { accessKeyId, secretAccessKey: randomBytes(60).toString("base64").replace(/[/+=]/g, "").slice(0, 40) };
}

/** Reads a small file, or makes it: written aside, flushed, renamed, so that it is whole or absent. */
async function keep(directory: string, name: string, make: () => string): Promise<string> {
  const file = join(directory, name);
  const known = await readOptional(file);
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

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}
