import { constants, createPrivateKey, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import {
  IncorrectKeyException,
  InvalidCiphertextException,
  InvalidKeyUsageException,
  type EncryptionAlgorithmSpec,
} from "@aws-sdk/client-kms";
import { encryptionContextKeys } from "../../state/kms/condition-keys.ts";
import { decryptWith, encryptUnder, keyOfCiphertext, type EncryptionContext } from "../../state/kms/encryption.ts";
import { currentMaterial, type KeyRecord } from "../../state/kms/keys.ts";
import { openMaterial } from "../../state/kms/material.ts";
import { unusable, wrongUsage } from "../../state/kms/resolve-key.ts";
import { AwsError } from "../aws-error.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import {
  accepted,
  checkGrantTokens,
  endDryRun,
  invalid,
  keyPermission,
  kmsParts,
  operation,
  refuseRecipient,
  requireKey,
  unlessRefused,
} from "./key.ts";
import { algorithmsOf } from "./key-specs.ts";

const LONGEST_PLAINTEXT = 4096;
const LONGEST_CIPHERTEXT = 6144;
const LONGEST_CONTEXT = 8192;

export const encrypt = operation("Encrypt", {
  authorize: ({ KeyId, EncryptionContext, EncryptionAlgorithm = "SYMMETRIC_DEFAULT" }, at) =>
    keyPermission("Encrypt", at, KeyId, {
      ...encryptionContextKeys(EncryptionContext),
      "kms:EncryptionAlgorithm": EncryptionAlgorithm,
    }),
  run(input, context) {
    checkGrantTokens(context, input.GrantTokens);
    const plaintext = checkLength("plaintext", input.Plaintext, LONGEST_PLAINTEXT);
    const key = requireKey(context, input.KeyId);
    const encrypted = encryptFor(context, key, plaintext, {
      algorithm: input.EncryptionAlgorithm,
      pairs: input.EncryptionContext,
      operation: "Encrypt",
    });
    endDryRun(input.DryRun);
    return { KeyId: key.arn, CiphertextBlob: encrypted.ciphertext, EncryptionAlgorithm: encrypted.algorithm };
  },
});

export const decrypt = operation("Decrypt", {
  authorize: ({ KeyId, CiphertextBlob, EncryptionContext, EncryptionAlgorithm = "SYMMETRIC_DEFAULT" }, at) =>
    decryptPermission("Decrypt", at, KeyId, CiphertextBlob, {
      ...encryptionContextKeys(EncryptionContext),
      "kms:EncryptionAlgorithm": EncryptionAlgorithm,
    }),
  run(input, context) {
    checkGrantTokens(context, input.GrantTokens);
    refuseRecipient(input.Recipient);
    const ciphertext = checkLength("ciphertextBlob", input.CiphertextBlob, LONGEST_CIPHERTEXT);
    const decrypted = decryptFor(context, input.KeyId, ciphertext, {
      algorithm: input.EncryptionAlgorithm,
      pairs: input.EncryptionContext,
    });
    endDryRun(input.DryRun);
    const { key, plaintext, algorithm, materialId } = decrypted;
    return {
      KeyId: key.arn,
      Plaintext: plaintext,
      EncryptionAlgorithm: algorithm,
      ...(materialId === undefined ? {} : { KeyMaterialId: materialId }),
    };
  },
});

export const reEncrypt = operation("ReEncrypt", {
  authorize(input, at) {
    const source = { ...encryptionContextKeys(input.SourceEncryptionContext) };
    const destination = { ...encryptionContextKeys(input.DestinationEncryptionContext) };
    const from = decryptPermission("ReEncryptFrom", at, input.SourceKeyId, input.CiphertextBlob, {
      ...source,
      "kms:EncryptionAlgorithm": input.SourceEncryptionAlgorithm ?? "SYMMETRIC_DEFAULT",
    });
    const to = keyPermission("ReEncryptTo", at, input.DestinationKeyId, {
      ...destination,
      "kms:EncryptionAlgorithm": input.DestinationEncryptionAlgorithm ?? "SYMMETRIC_DEFAULT",
    });
    const same = { "kms:ReEncryptOnSameKey": String(from.resource === to.resource) };
    return [from, to].map((permission) => ({ ...permission, context: { ...permission.context, ...same } }));
  },
  run(input, context) {
    checkGrantTokens(context, input.GrantTokens);
    const ciphertext = checkLength("ciphertextBlob", input.CiphertextBlob, LONGEST_CIPHERTEXT);
    const from = decryptFor(context, input.SourceKeyId, ciphertext, {
      algorithm: input.SourceEncryptionAlgorithm,
      pairs: input.SourceEncryptionContext,
    });
    const key = requireKey(context, input.DestinationKeyId);
    const to = encryptFor(context, key, from.plaintext, {
      algorithm: input.DestinationEncryptionAlgorithm,
      pairs: input.DestinationEncryptionContext,
      operation: "ReEncryptTo",
    });
    endDryRun(input.DryRun);
    return {
      CiphertextBlob: to.ciphertext,
      SourceKeyId: from.key.arn,
      KeyId: key.arn,
      SourceEncryptionAlgorithm: from.algorithm,
      DestinationEncryptionAlgorithm: to.algorithm,
      ...(from.materialId === undefined ? {} : { SourceKeyMaterialId: from.materialId }),
      ...(to.materialId === undefined ? {} : { DestinationKeyMaterialId: to.materialId }),
    };
  },
});

interface Manner {
  readonly algorithm: EncryptionAlgorithmSpec | undefined;
  readonly pairs: EncryptionContext | undefined;
  /** For the text of refusals. */
  readonly operation: string;
}

/** The key that a ciphertext names, where the request names none. A ciphertext that names none either is a question about all keys. */
function decryptPermission(
  action: string,
  at: AuthorizeScope,
  keyId: string | undefined,
  ciphertext: Uint8Array | undefined,
  more: Permission["context"],
): Permission {
  if (keyId !== undefined) return keyPermission(action, at, keyId, more);
  const key = keyOfCiphertext({ state: at.state.whole, scope: at }, ciphertext ?? new Uint8Array());
  return key
    ? { ...keyPermission(action, at, key.id, more), resource: key.arn }
    : { action: `kms:${action}`, resource: "*", context: { ...more, "kms:CallerAccount": at.account } };
}

function encryptFor(context: OperationContext, key: KeyRecord, plaintext: Uint8Array, { algorithm, pairs, operation: name }: Manner) {
  checkContext(pairs);
  unlessRefused(unusable(key, context.now) ?? wrongUsage(key, "ENCRYPT_DECRYPT", name));
  const used = usedAlgorithm(key, algorithm);
  if (key.spec === "SYMMETRIC_DEFAULT") {
    const { ciphertext, materialId } = accepted(encryptUnder(kmsParts(context), key.arn, plaintext, pairs));
    return { ciphertext, materialId, algorithm: used };
  }
  refuseContext(pairs);
  const { publicKey = "" } = currentMaterial(key) ?? {};
  const rsa = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
  const [hash, overhead] = used === "RSAES_OAEP_SHA_1" ? ["sha1", 42] : (["sha256", 66] as const);
  const most = (rsa.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - overhead;
  if (plaintext.length > most) throw invalid(`Algorithm ${used} and key spec ${key.spec} cannot encrypt data larger than ${most} bytes.`);
  const ciphertext = publicEncrypt({ key: rsa, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, plaintext);
  return { ciphertext, materialId: undefined, algorithm: used };
}

function decryptFor(
  context: OperationContext,
  keyId: string | undefined,
  ciphertext: Uint8Array,
  { algorithm, pairs }: Omit<Manner, "operation">,
) {
  checkContext(pairs);
  const parts = kmsParts(context);
  const told = keyOfCiphertext(parts, ciphertext);
  const key = keyId === undefined ? told : requireKey(context, keyId);
  if (!key) {
    if (algorithm !== undefined && algorithm !== "SYMMETRIC_DEFAULT")
      throw invalid("KeyId is required to decrypt with an asymmetric KMS key.");
    return unknownCiphertext(context, ciphertext);
  }
  unlessRefused(unusable(key, context.now));
  if (key.spec !== "SYMMETRIC_DEFAULT" && key.usage === "ENCRYPT_DECRYPT") {
    refuseContext(pairs);
    const used = usedAlgorithm(key, algorithm);
    return { key, plaintext: decryptRsa(context, key, ciphertext, used), algorithm: used, materialId: undefined };
  }
  if (told ? told.arn !== key.arn : key.usage !== "ENCRYPT_DECRYPT") throw new IncorrectKeyException(because(INCORRECT_KEY));
  const used = usedAlgorithm(key, algorithm);
  const { plaintext, materialId } = accepted(decryptWith(parts, ciphertext, pairs));
  return { key, plaintext, algorithm: used, materialId };
}

const INCORRECT_KEY = "The key ID in the request does not identify a CMK that can perform this operation.";

/** Bytes that are no ciphertext, or one of a key that is not here. */
function unknownCiphertext(context: OperationContext, ciphertext: Uint8Array): never {
  const known = decryptWith(kmsParts(context), ciphertext);
  if ("refusal" in known && known.refusal.code === "NotFoundException")
    throw new AwsError(
      "AccessDeniedException",
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    );
  throw new InvalidCiphertextException(because(""));
}

function decryptRsa({ secrets }: OperationContext, key: KeyRecord, ciphertext: Uint8Array, algorithm: EncryptionAlgorithmSpec): Buffer {
  const material = currentMaterial(key);
  if (!material) throw new Error(`${key.arn} is enabled but has no key material`);
  const rsa = createPrivateKey({ key: Buffer.from(openMaterial(secrets, key, material)), format: "der", type: "pkcs8" });
  const oaepHash = algorithm === "RSAES_OAEP_SHA_1" ? "sha1" : "sha256";
  try {
    return privateDecrypt({ key: rsa, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, ciphertext);
  } catch {
    // One answer for whatever is wrong with it: a difference would be an oracle.
    throw new InvalidCiphertextException(because(""));
  }
}

/** The algorithm that is used: symmetric where none is named. @throws InvalidKeyUsageException */
function usedAlgorithm(key: KeyRecord, algorithm: EncryptionAlgorithmSpec = "SYMMETRIC_DEFAULT"): EncryptionAlgorithmSpec {
  if (algorithmsOf(key).EncryptionAlgorithms?.includes(algorithm)) return algorithm;
  throw new InvalidKeyUsageException(because(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`));
}

/** @throws ValidationException; the text holds nothing of the value */
function checkLength(member: string, value: Uint8Array | undefined, most: number): Uint8Array {
  const bound = (what: string): Error =>
    invalid(`1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length ${what}`);
  if (!value || value.length < 1) throw bound("greater than or equal to 1");
  if (value.length > most) throw bound(`less than or equal to ${most}`);
  return value;
}

/** @throws ValidationException */
export function checkContext(pairs: EncryptionContext | undefined): void {
  if (pairs && Buffer.byteLength(JSON.stringify(pairs)) > LONGEST_CONTEXT)
    throw invalid(`The encryption context is longer than ${LONGEST_CONTEXT} bytes.`);
}

function refuseContext(pairs: EncryptionContext | undefined): void {
  if (pairs && Object.keys(pairs).length > 0) throw invalid("EncryptionContext is not supported when using asymmetric key for encryption.");
}
