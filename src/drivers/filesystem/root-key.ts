import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { keepPrivate, readPrivate, type Exposed } from "./private-file.ts";

const BYTES = 32;
const KEY_FILE = "root-key";
/** What tells a root key from another without telling the key. */
const CHECK_FILE = "root-key.check";

/** A root key that cannot be read, or not the one under which the data folder's secrets lie. `advice` says what to do. */
export class RootKeyError extends Error {
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RootKeyError";
    this.advice = advice;
  }
}

/**
 * The root key that the operator brings: base64 of 32 bytes in `AIRFIELD_ROOT_KEY`, or in the file that `AIRFIELD_ROOT_KEY_FILE` names.
 * `undefined` where neither is set. Texts of errors hold nothing of the key.
 *
 * @throws RootKeyError
 */
export async function operatorRootKey(environment: Readonly<Record<string, string | undefined>>): Promise<Uint8Array | undefined> {
  const { AIRFIELD_ROOT_KEY: text, AIRFIELD_ROOT_KEY_FILE: file } = environment;
  if (text !== undefined && file !== undefined)
    throw new RootKeyError("AIRFIELD_ROOT_KEY and AIRFIELD_ROOT_KEY_FILE are both set", "Set one of them.");
  if (text !== undefined) return decoded(text, "AIRFIELD_ROOT_KEY");
  return file === undefined ? undefined : decoded(await textOf(file), `the file ${file}`);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new RootKeyError(
      `the root key cannot be read: ${(cause as Error).message}`,
      "AIRFIELD_ROOT_KEY_FILE has to name a readable file.",
      { cause },
    );
  }
}

function decoded(text: string, where: string): Uint8Array {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, "base64");
  // Node passes over what is not base64: only what comes back the same was.
  if (key.length === BYTES && key.toString("base64").replace(/=+$/, "") === trimmed.replace(/=+$/, "")) return key;
  throw new RootKeyError(`${where} does not hold base64 of 32 bytes`, "Make a key with `openssl rand -base64 32`.");
}

/**
 * The root key of a data folder: the operator's, of which nothing but a check value is written, or one that is made at the first start and
 * kept in the folder. Another key than the folder's is refused, before it seals anything that the right one could not open.
 *
 * @throws RootKeyError
 */
export async function openRootKey(directory: string, brought: Uint8Array | undefined, exposed?: Exposed): Promise<Uint8Array> {
  const [kept, check] = await Promise.all([readPrivate(join(directory, KEY_FILE), exposed), readPrivate(join(directory, CHECK_FILE))]);
  if (brought === undefined && kept === undefined && check !== undefined)
    throw new RootKeyError(
      `the secrets in ${directory} lie under a root key that is not kept there`,
      "Set AIRFIELD_ROOT_KEY or AIRFIELD_ROOT_KEY_FILE as at the first start.",
    );
  const key =
    brought ?? Buffer.from(await keepPrivate(directory, KEY_FILE, () => randomBytes(BYTES).toString("base64"), exposed), "base64");
  const known = check ?? (kept === undefined ? undefined : checkOf(Buffer.from(kept, "base64")));
  if (known !== undefined && !same(known, checkOf(key)))
    throw new RootKeyError(
      `the root key is not the one under which the secrets in ${directory} lie`,
      "Bring the key of the first start; for a new one, begin with a new data folder.",
    );
  await keepPrivate(directory, CHECK_FILE, () => checkOf(key));
  return key;
}

function checkOf(key: Uint8Array): string {
  return createHmac("sha256", key).update("airfield root key check").digest("hex");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
