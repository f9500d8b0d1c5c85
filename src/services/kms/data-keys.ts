import { randomBytes } from "node:crypto";
import type { DataKeySpec } from "@aws-sdk/client-kms";
import { encryptionContextKeys } from "../../state/kms/condition-keys.ts";
import { generateDataKey as makeDataKey, type EncryptionContext } from "../../state/kms/encryption.ts";
import { oneOf, within } from "../constraints.ts";
import type { OperationContext } from "../operation.ts";
import { accepted, checkGrantTokens, endDryRun, invalid, keyPermission, kmsParts, operation, refuse, refuseRecipient } from "./key.ts";
import { checkContext } from "./encrypt.ts";

interface DataKeyRequest {
  readonly KeyId?: string | undefined;
  readonly KeySpec?: DataKeySpec | undefined;
  readonly NumberOfBytes?: number | undefined;
  readonly EncryptionContext?: EncryptionContext | undefined;
  readonly GrantTokens?: readonly string[] | undefined;
  readonly DryRun?: boolean | undefined;
}

export const generateDataKey = operation("GenerateDataKey", {
  authorize: (input, at) => keyPermission("GenerateDataKey", at, input.KeyId, contextOf(input)),
  run(input, context) {
    refuseRecipient(input.Recipient);
    const { plaintext, ...rest } = newDataKey(input, context);
    return { ...rest, Plaintext: plaintext };
  },
});

export const generateDataKeyWithoutPlaintext = operation("GenerateDataKeyWithoutPlaintext", {
  authorize: (input, at) => keyPermission("GenerateDataKeyWithoutPlaintext", at, input.KeyId, contextOf(input)),
  run(input, context) {
    const { plaintext: _, ...rest } = newDataKey(input, context);
    return rest;
  },
});

export const generateRandom = operation("GenerateRandom", {
  authorize: () => ({ action: "kms:GenerateRandom", resource: "*" }),
  run({ NumberOfBytes, Recipient, CustomKeyStoreId }) {
    refuseRecipient(Recipient);
    if (CustomKeyStoreId !== undefined) throw invalid("Custom key stores are not offered here.");
    if (NumberOfBytes === undefined) throw invalid("NumberOfBytes is required.");
    refuse(within("numberOfBytes", NumberOfBytes, 1, 1024));
    return { Plaintext: randomBytes(NumberOfBytes) };
  },
});

function contextOf({ EncryptionContext }: DataKeyRequest) {
  return { ...encryptionContextKeys(EncryptionContext), "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT" };
}

function newDataKey(input: DataKeyRequest, context: OperationContext) {
  const { KeyId = "", KeySpec, NumberOfBytes, EncryptionContext } = input;
  checkGrantTokens(context, input.GrantTokens);
  refuse(oneOf("keySpec", KeySpec, ["AES_256", "AES_128"]), within("numberOfBytes", NumberOfBytes, 1, 1024));
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) throw invalid("Please specify either number of bytes or key spec.");
  checkContext(EncryptionContext);
  const bytes = NumberOfBytes ?? (KeySpec === "AES_128" ? 16 : 32);
  const made = accepted(makeDataKey(kmsParts(context), KeyId, bytes, EncryptionContext));
  endDryRun(input.DryRun);
  return { KeyId: made.key.arn, CiphertextBlob: made.ciphertext, KeyMaterialId: made.materialId, plaintext: made.plaintext };
}
