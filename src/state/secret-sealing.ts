import type { SecretBox } from "../ports/secret-box.ts";
import { decryptWith, encryptUnder, type EncryptionContext } from "./kms/encryption.ts";
import type { Refused } from "./kms/refusal.ts";
import type { SecretRecord, SecretVersionRecord } from "./secrets.ts";
import type { State } from "./state.ts";

export interface SealingParts {
  readonly state: State;
  readonly secrets: SecretBox;
  readonly now: number;
}

type Owner = Pick<SecretRecord, "arn" | "account" | "region" | "kmsKeyId">;

/** The key that a secret has where it names none. What it protects is sealed under the installation's root key. */
export const DEFAULT_KEY = "alias/aws/secretsmanager";

/** What who is of another account is told of a secret under that key, whatever its policy says. */
export const FOREIGN_TO_DEFAULT_KEY =
  "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.";

export function hasOwnKey({ kmsKeyId }: Pick<SecretRecord, "kmsKeyId">): boolean {
  return kmsKeyId !== undefined && kmsKeyId !== "" && !kmsKeyId.endsWith(DEFAULT_KEY);
}

/** What binds a ciphertext to its version. Source: Secrets Manager User Guide, "Encryption context". */
export function encryptionContext(arn: string, versionId: string): EncryptionContext {
  return { SecretARN: arn, SecretVersionId: versionId };
}

const binding = (arn: string, versionId: string): string => `secretsmanager:${arn}:${versionId}`;

/** Seals a value under the secret's key as it is now. Refused where that key cannot encrypt. */
export function sealVersion(
  parts: SealingParts,
  owner: Owner,
  versionId: string,
  value: Uint8Array,
): Pick<SecretVersionRecord, "sealed" | "keyArn"> | Refused {
  const { kmsKeyId } = owner;
  if (kmsKeyId === undefined || !hasOwnKey(owner)) return { sealed: parts.secrets.seal(value, binding(owner.arn, versionId)) };
  const scope = { account: owner.account, region: owner.region };
  const encrypted = encryptUnder({ ...parts, scope }, kmsKeyId, value, encryptionContext(owner.arn, versionId));
  return "refusal" in encrypted ? encrypted : { sealed: encrypted.ciphertext.toString("base64"), keyArn: encrypted.key.arn };
}

/** The value of a version, whichever key it was sealed under. Refused where that key cannot decrypt. */
export function openVersion(parts: SealingParts, owner: Owner, version: SecretVersionRecord): Uint8Array | Refused {
  if (version.keyArn === undefined) return parts.secrets.open(version.sealed, binding(owner.arn, version.id));
  const scope = { account: owner.account, region: owner.region };
  const opened = decryptWith({ ...parts, scope }, Buffer.from(version.sealed, "base64"), encryptionContext(owner.arn, version.id));
  return "refusal" in opened ? opened : opened.plaintext;
}

/** The secret's versions that are in use, sealed anew under its key as it is now. Source: API, UpdateSecret, `KmsKeyId`. */
export function resealed(parts: SealingParts, before: SecretRecord, after: SecretRecord): readonly SecretVersionRecord[] | Refused {
  const versions: SecretVersionRecord[] = [];
  for (const version of after.versions) {
    if (version.kind === "empty" || !version.stages.some((stage) => IN_USE.includes(stage))) {
      versions.push(version);
      continue;
    }
    const value = openVersion(parts, before, version);
    if ("refusal" in value) return value;
    const sealed = sealVersion(parts, after, version.id, value);
    if ("refusal" in sealed) return sealed;
    const { keyArn: _before, ...rest } = version;
    versions.push({ ...rest, ...sealed });
  }
  return versions;
}

const IN_USE: readonly string[] = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"];
