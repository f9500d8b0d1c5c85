import type { EncryptionConfiguration } from "@aws-sdk/client-ecr";
import { createHash, randomBytes } from "node:crypto";
import type { BlobKeys, Blobs, BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { RepositoryRecord } from "./ecr.ts";
import { ensureAwsManagedKey } from "./kms/aws-managed-keys.ts";
import { decryptWith, generateDataKey, usableKey, type KmsParts } from "./kms/encryption.ts";
import type { KmsRefusal, Refused } from "./kms/refusal.ts";
import type { State } from "./state.ts";

/** Under which keys a repository's bytes lie. It is settled when the repository is made, as on ECR. */

export interface BlobParts {
  readonly state: State;
  readonly secrets: SecretBox;
  readonly clock: Pick<Clock, "now">;
  readonly blobs: BlobStore;
}

type Encrypted = Pick<RepositoryRecord, "encryption" | "account" | "region">;

const KEY_BYTES = 32;
/** What all repositories with `AES256` share. */
const COMMON_DOMAIN = "aes256";
const COMMON_BINDING = "registry blob key";

/** Names the encryption domain of a repository: one for all with `AES256`, one for each KMS key. Layers are shared within it only. */
export function blobDomain({ encryption: { encryptionType, kmsKey = "" } }: Pick<RepositoryRecord, "encryption">): string {
  return encryptionType === "AES256" ? COMMON_DOMAIN : `kms-${createHash("sha256").update(kmsKey).digest("hex").slice(0, 32)}`;
}

/**
 * The blobs of a repository: manifests and layers.
 * @param refuse makes what is thrown where the repository's KMS key cannot be used
 */
export function blobsOf(parts: BlobParts, repository: Encrypted, refuse: (refusal: KmsRefusal) => Error): Blobs {
  const { encryptionType } = repository.encryption;
  return parts.blobs.in(encryptionType === "AES256" ? commonKeys(parts.secrets) : kmsKeys(parts, repository, refuse));
}

/** Data keys under the installation's root key. */
export function commonKeys(secrets: SecretBox): BlobKeys {
  return {
    domain: COMMON_DOMAIN,
    newKey() {
      const key = randomBytes(KEY_BYTES);
      return { key, wrapped: Buffer.from(secrets.seal(key, COMMON_BINDING), "base64") };
    },
    openKey(wrapped) {
      try {
        return secrets.open(Buffer.from(wrapped).toString("base64"), COMMON_BINDING);
      } catch {
        // Node tells no more of a tag that does not fit.
        return undefined;
      }
    },
  };
}

/** Data keys under a KMS key. It is asked at each use: one that was disabled a moment ago opens nothing more. */
function kmsKeys({ state, secrets, clock }: BlobParts, repository: Encrypted, refuse: (refusal: KmsRefusal) => Error): BlobKeys {
  const { account, region, encryption } = repository;
  const domain = blobDomain(repository);
  const context = { "aws:ecr:domain": domain };
  const parts = (): KmsParts => ({ state, secrets, scope: { account, region }, now: clock.now() });
  const keyId = encryption.kmsKey ?? "";
  return {
    domain,
    newKey() {
      const made = generateDataKey(parts(), keyId, KEY_BYTES, context);
      if ("refusal" in made) throw refuse(made.refusal);
      return { key: made.plaintext, wrapped: made.ciphertext };
    },
    openKey(wrapped) {
      // What is wrong with the key itself is told before what is wrong with the bytes.
      const key = usableKey(parts(), keyId, "Decrypt");
      if ("refusal" in key) throw refuse(key.refusal);
      const opened = decryptWith(parts(), wrapped, context);
      return "refusal" in opened ? undefined : opened.plaintext;
    },
  };
}

/**
 * The encryption of a repository that is to be made: with the ARN of its KMS key, the one that AWS manages for ECR where none is
 * named. Refused where the key cannot be used. Source: Amazon ECR User Guide, "Encryption at rest".
 */
export function settleEncryption(
  parts: KmsParts & { readonly ids: Ids },
  asked: EncryptionConfiguration | undefined,
): EncryptionConfiguration | Refused {
  const encryptionType = asked?.encryptionType ?? "AES256";
  if (encryptionType === "AES256") return { encryptionType };
  if (!namesOwnKey(asked?.kmsKey)) return { encryptionType, kmsKey: ensureAwsManagedKey(parts, MANAGED_ALIAS).arn };
  const key = usableKey(parts, asked.kmsKey, "GenerateDataKey");
  return "refusal" in key ? key : { encryptionType, kmsKey: key.arn };
}

const MANAGED_ALIAS = "alias/aws/ecr";

/** Whether a key is asked for that is not the one which AWS manages for ECR. */
export function namesOwnKey(kmsKey: string | undefined): kmsKey is string {
  return kmsKey !== undefined && !kmsKey.endsWith(MANAGED_ALIAS);
}
