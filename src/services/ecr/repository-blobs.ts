import { KmsException, ServerException, type EncryptionConfiguration } from "@aws-sdk/client-ecr";
import type { Scope } from "../../domain/scope.ts";
import { isStoreFull, type Blobs } from "../../ports/blob-store.ts";
import type { RepositoryRecord } from "../../state/ecr.ts";
import { blobsOf, namesOwnKey, settleEncryption } from "../../state/ecr-encryption.ts";
import { keyUseThrough, requestAlias } from "../../state/kms/condition-keys.ts";
import type { KmsRefusal } from "../../state/kms/refusal.ts";
import { denialFor } from "../decide-for.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustBeOneOf, mustHaveLength } from "./ecr-operation.ts";

/**
 * The bytes of a repository. Reading and writing them throws KmsException where its key cannot be used, and writing throws ServerException where there
 * is no room for them.
 */
export function repositoryBlobs(context: OperationContext, repository: RepositoryRecord): Blobs {
  const blobs = blobsOf(context, repository, kmsException);
  return {
    ...blobs,
    startUpload: (id) => blobs.startUpload(id).catch(diskFull),
    append: (id, offset, bytes) => blobs.append(id, offset, bytes).catch(diskFull),
    commit: (id, digest) => blobs.commit(id, digest).catch(diskFull),
  };
}

function diskFull(cause: unknown): never {
  throw isStoreFull(cause) ? new ServerException(because("The registry's disk is full: free some space and try again.")) : cause;
}

/** The encryption of a new repository. @throws InvalidParameterException, KmsException */
export function readEncryption(
  asked: EncryptionConfiguration | undefined,
  context: OperationContext,
  scope: Scope,
): EncryptionConfiguration {
  const type = asked?.encryptionType ?? "AES256";
  mustBeOneOf("encryptionConfiguration.encryptionType", type, ["AES256", "KMS", "KMS_DSSE"]);
  if (type === "KMS_DSSE")
    throw invalid("encryptionConfiguration.encryptionType", "KMS_DSSE is offered in the AWS GovCloud (US) Regions alone");
  if (type === "AES256" && asked?.kmsKey !== undefined)
    throw invalid("encryptionConfiguration.kmsKey", "must not be set when encryptionType is AES256");
  mustHaveLength("encryptionConfiguration.kmsKey", asked?.kmsKey, 1, 2048);
  const { account, region } = scope;
  const settled = settleEncryption({ ...context, scope: { account, region } }, asked);
  if ("refusal" in settled) throw kmsException(settled.refusal);
  if (namesOwnKey(asked?.kmsKey)) requireKeyUse(context, settled.kmsKey ?? "", asked.kmsKey);
  return settled;
}

/**
 * Whoever gives a repository a key of their own must be allowed to let ECR use it.
 * Source: Amazon ECR User Guide, "Encryption at rest", "Required IAM permissions": `kms:CreateGrant` and `kms:DescribeKey`, through ECR.
 * @throws KmsException
 */
function requireKeyUse(context: OperationContext, key: string, reference: string): void {
  const through = { ...keyUseThrough("ecr", context), ...requestAlias(reference) };
  const asked = [
    { action: "kms:DescribeKey", resource: key, context: through },
    { action: "kms:CreateGrant", resource: key, context: { ...through, "kms:GrantIsForAWSResource": "true" } },
  ];
  for (const one of asked) {
    const denial = denialFor(context, one);
    if (denial !== undefined) throw new KmsException({ ...because(denial), kmsError: "AccessDeniedException" });
  }
}

function kmsException({ code, message }: KmsRefusal): KmsException {
  return new KmsException({ ...because(message || "The ciphertext cannot be opened."), kmsError: code });
}
