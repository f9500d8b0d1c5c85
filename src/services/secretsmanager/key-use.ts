import { DecryptionFailure, EncryptionFailure, InvalidRequestException } from "@aws-sdk/client-secrets-manager";
import { keyUseThrough } from "../../state/kms/condition-keys.ts";
import { keyArn } from "../../state/kms/resolve-key.ts";
import { encryptionContext, FOREIGN_TO_DEFAULT_KEY, hasOwnKey, openVersion, resealed, sealVersion } from "../../state/secret-sealing.ts";
import { replicaArn } from "../../state/secret-replicas.ts";
import type { SecretRecord, SecretReplica, SecretVersionRecord } from "../../state/secrets.ts";
import { AwsError } from "../aws-error.ts";
import { decideFor } from "../decide-for.ts";
import { because, type OperationContext } from "../operation.ts";

/**
 * Everything here uses a secret's KMS key on behalf of the caller, who must be allowed to: `kms:Decrypt` to read a value,
 * `kms:GenerateDataKey` and `kms:Decrypt` to write one. The key that AWS manages for the service asks nothing of callers of its own
 * account, and serves no others. Source: Secrets Manager User Guide, "Secret encryption and decryption".
 *
 * @throws AccessDeniedException, DecryptionFailure
 */
export function readValue(context: OperationContext, secret: SecretRecord, version: SecretVersionRecord): Uint8Array {
  refuseForeigner(context, secret);
  if (version.keyArn !== undefined) requireUse(context, version.keyArn, secret, version.id, "kms:Decrypt");
  const value = openVersion(context, secret, version);
  if ("refusal" in value)
    throw new DecryptionFailure(because("Secrets Manager can't decrypt the protected secret text using the provided KMS key."));
  return value;
}

/** @throws AccessDeniedException, EncryptionFailure */
export function sealValue(
  context: OperationContext,
  secret: SecretRecord,
  versionId: string,
  value: Uint8Array,
): Pick<SecretVersionRecord, "sealed" | "keyArn"> {
  refuseForeigner(context, secret);
  requireKey(context, secret, versionId);
  const sealed = sealVersion(context, secret, versionId, value);
  if ("refusal" in sealed) throw cannotEncrypt();
  return sealed;
}

/** The versions in use of a secret that gets another key. @throws AccessDeniedException, EncryptionFailure */
export function withOtherKey(context: OperationContext, before: SecretRecord, after: SecretRecord): SecretRecord {
  const current = before.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  if (current) {
    if (current.keyArn !== undefined) requireUse(context, current.keyArn, before, current.id, "kms:Decrypt");
    requireKey(context, after, current.id);
  }
  const versions = resealed(context, before, after);
  if ("refusal" in versions) throw cannotEncrypt();
  return { ...after, versions };
}

/**
 * Copying a secret reads it under its key and seals it under the replicas' keys. Source: API, ReplicateSecretToRegions. A key that there is
 * not makes the replica fail, and not the request.
 * @throws AccessDeniedException
 */
export function requireCopying(context: OperationContext, secret: SecretRecord, replicas: readonly SecretReplica[]): void {
  for (const { id, keyArn: key } of secret.versions) if (key !== undefined) requireUse(context, key, secret, id, "kms:Decrypt");
  for (const { region, kmsKeyId = "" } of replicas) {
    const replica = { ...secret, arn: replicaArn(secret, region), region, kmsKeyId };
    const key = hasOwnKey(replica) ? keyArn(context.state.whole, { account: secret.account, region }, kmsKeyId) : undefined;
    if (typeof key !== "string") continue;
    for (const { id } of secret.versions)
      for (const action of ["kms:GenerateDataKey", "kms:Encrypt"]) requireUse(context, key, replica, id, action);
  }
}

function requireKey(context: OperationContext, secret: SecretRecord, versionId: string): void {
  if (!hasOwnKey(secret)) return;
  const key = keyArn(context.state.whole, { account: secret.account, region: secret.region }, secret.kmsKeyId ?? "");
  if (typeof key !== "string") throw cannotEncrypt();
  for (const action of ["kms:GenerateDataKey", "kms:Decrypt"]) requireUse(context, key, secret, versionId, action);
}

function requireUse(context: OperationContext, key: string, { arn, region }: SecretRecord, versionId: string, action: string): void {
  const keys = keyUseThrough("secretsmanager", { account: context.principal.account, region }, encryptionContext(arn, versionId));
  if (!decideFor(context, { action, resource: key, context: keys }).allowed)
    throw new AwsError("AccessDeniedException", "Access to KMS is not allowed");
}

function refuseForeigner({ principal }: OperationContext, secret: SecretRecord): void {
  if (principal.account !== secret.account && !hasOwnKey(secret)) throw new InvalidRequestException(because(FOREIGN_TO_DEFAULT_KEY));
}

function cannotEncrypt(): EncryptionFailure {
  return new EncryptionFailure(
    because(
      "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
    ),
  );
}
