import { KmsException, type EncryptionConfiguration } from "@aws-sdk/client-ecr";
import type { Scope } from "../../domain/scope.ts";
import type { Blobs } from "../../ports/blob-store.ts";
import type { RepositoryRecord } from "../../state/ecr.ts";
import { blobsOf, settleEncryption } from "../../state/ecr-encryption.ts";
import type { KmsRefusal } from "../../state/kms/refusal.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustBeOneOf, mustHaveLength } from "./ecr-operation.ts";

/** The bytes of a repository. Reading and writing them throws KmsException where its key cannot be used. */
export function repositoryBlobs(context: OperationContext, repository: RepositoryRecord): Blobs {
  return blobsOf(context, repository, kmsException);
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
  return settled;
}

function kmsException({ code, message }: KmsRefusal): KmsException {
  return new KmsException({ ...because(message || "The ciphertext cannot be opened."), kmsError: code });
}
