import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openDataFolder } from "./own-folder.ts";
import { keepPrivate, newRootKey, readPrivate, type Exposed, type KeyPair } from "./private-file.ts";
import { openRootKey } from "./root-key.ts";

/** The keys and names that an installation keeps for life, in files that only its owner may read. */
export interface Installation {
  /** Names this installation on a shared engine: eight hexadecimal digits. */
  readonly id: string;
  readonly rootKey: Uint8Array;
  readonly rootCredentials: KeyPair;
}

export interface InstallationOverrides {
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  /** The key that the operator brings, under which secrets lie; without one, the folder has its own. */
  readonly rootKey?: Uint8Array | undefined;
}

/**
 * Opens the data folder, making it and its keys at the first start. What other users may read of it is closed to them.
 * @throws RootKeyError, UntrustedPlaceError
 */
export async function openInstallation(directory: string, overrides: InstallationOverrides, exposed?: Exposed): Promise<Installation> {
  const id = await installationId(directory);
  const rootKey = await openRootKey(directory, overrides.rootKey, exposed);
  const credentials = JSON.parse(await keepPrivate(directory, "credentials.json", () => JSON.stringify(newRootKey()), exposed)) as KeyPair;
  return {
    id,
    rootKey,
    rootCredentials: {
      accessKeyId: overrides.accessKeyId ?? credentials.accessKeyId,
      secretAccessKey: overrides.secretAccessKey ?? credentials.secretAccessKey,
    },
  };
}

/** The name of the data folder's installation, made with the folder where there is none: for who needs no keys. @throws UntrustedPlaceError */
export async function installationId(directory: string): Promise<string> {
  await openDataFolder(directory);
  return keepPrivate(directory, "installation-id", () => randomBytes(4).toString("hex"));
}

/** Reads the root credentials without making any; `undefined` where Airfield was never started on this folder. */
export async function readRootCredentials(directory: string): Promise<KeyPair | undefined> {
  const text = await readPrivate(join(directory, "credentials.json"));
  return text === undefined ? undefined : (JSON.parse(text) as KeyPair);
}
