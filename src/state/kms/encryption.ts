import { randomBytes } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { State } from "../state.ts";
import { open, readHeader, seal, type EncryptionContext } from "./ciphertext.ts";
import { currentMaterial, keys, type KeyRecord } from "./keys.ts";
import { settleKey } from "./lifecycle.ts";
import { openMaterial } from "./material.ts";
import { refused, type Refused } from "./refusal.ts";
import { resolveKey, unusable, wrongUsage } from "./resolve-key.ts";

export type { EncryptionContext } from "./ciphertext.ts";

export interface KmsParts {
  readonly state: State;
  readonly secrets: SecretBox;
  /** In whose account and region names of keys count. */
  readonly scope: Scope;
  readonly now: number;
}

export interface Encrypted {
  readonly ciphertext: Buffer;
  readonly key: KeyRecord;
  readonly materialId: string;
}

export interface Decrypted {
  readonly plaintext: Buffer;
  readonly key: KeyRecord;
  readonly materialId: string;
}

/**
 * Encrypts under a symmetric key, named by id, ARN or alias. Whoever calls this has asked whether it is allowed. The ciphertext tells
 * under which key it was made, and opens only with an equal context.
 */
export function encryptUnder(parts: KmsParts, keyId: string, plaintext: Uint8Array, context: EncryptionContext = {}): Encrypted | Refused {
  const key = usableKey(parts, keyId, "Encrypt");
  return "refusal" in key ? key : encryptWith(parts, key, plaintext, context);
}

/** Decrypts what `encryptUnder` made, with whichever material of its key it was. */
export function decryptWith(parts: KmsParts, ciphertext: Uint8Array, context: EncryptionContext = {}): Decrypted | Refused {
  const { state, secrets, now } = parts;
  const header = readHeader(ciphertext);
  if (!header) return refused("InvalidCiphertextException", "");
  const key = keyOfCiphertext(parts, ciphertext);
  if (!key) return refused("NotFoundException", `Key '${header.keyId}' does not exist`);
  const refusal = unusable(key, now) ?? notSymmetric(key, "Decrypt");
  if (refusal) return refusal;
  const material = settleKey({ state, secrets, now }, key).material.find(({ id }) => id === header.materialId);
  if (!material) return refused("InvalidCiphertextException", "");
  const plaintext = open(openMaterial(secrets, key, material), ciphertext, context);
  return plaintext ? { plaintext, key, materialId: material.id } : refused("InvalidCiphertextException", "");
}

/** A new key for data: in the clear for use at once, and encrypted to be kept beside the data. */
export function generateDataKey(
  parts: KmsParts,
  keyId: string,
  bytes: number,
  context: EncryptionContext = {},
): (Encrypted & { readonly plaintext: Buffer }) | Refused {
  const key = usableKey(parts, keyId, "GenerateDataKey");
  if ("refusal" in key) return key;
  const plaintext = randomBytes(bytes);
  return { ...encryptWith(parts, key, plaintext, context), plaintext };
}

/** The key under which a ciphertext says that it was made: the one in this region, where a key has replicas. */
export function keyOfCiphertext({ state, scope }: Pick<KmsParts, "state" | "scope">, ciphertext: Uint8Array): KeyRecord | undefined {
  const header = readHeader(ciphertext);
  return (
    header &&
    state
      .table(keys)
      .by("id", header.keyId)
      .find(({ region }) => region === scope.region)
  );
}

/** A key that can encrypt now. @param operation for the text of a refusal */
export function usableKey(parts: KmsParts, keyId: string, operation: string): KeyRecord | Refused {
  const key = resolveKey(parts, keyId);
  if ("refusal" in key) return key;
  return unusable(key, parts.now) ?? notSymmetric(key, operation) ?? settleKey(parts, key);
}

function notSymmetric(key: KeyRecord, operation: string): Refused | undefined {
  if (key.spec === "SYMMETRIC_DEFAULT") return undefined;
  return (
    wrongUsage(key, "ENCRYPT_DECRYPT", operation) ??
    refused("InvalidKeyUsageException", `${key.arn} key spec is ${key.spec} which is not valid for ${operation}.`)
  );
}

function encryptWith({ secrets }: KmsParts, key: KeyRecord, plaintext: Uint8Array, context: EncryptionContext): Encrypted {
  const material = currentMaterial(key);
  if (!material) throw new Error(`${key.arn} is enabled but has no key material`);
  const header = { keyId: key.id, materialId: material.id };
  return { ciphertext: seal(openMaterial(secrets, key, material), header, plaintext, context), key, materialId: material.id };
}
