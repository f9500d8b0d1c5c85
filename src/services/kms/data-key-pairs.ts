import { UnsupportedOperationException, type DataKeyPairSpec } from "@aws-sdk/client-kms";
import { encryptionContextKeys } from "../../state/kms/condition-keys.ts";
import { encryptUnder, usableKey, type EncryptionContext } from "../../state/kms/encryption.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { checkContext } from "./encrypt.ts";
import { accepted, checkGrantTokens, endDryRun, keyPermission, kmsParts, operation, refuseRecipient } from "./key.ts";
import { generateMaterial, kindOf } from "./key-specs.ts";

interface DataKeyPairRequest {
  readonly KeyId?: string | undefined;
  readonly KeyPairSpec?: DataKeyPairSpec | undefined;
  readonly EncryptionContext?: EncryptionContext | undefined;
  readonly GrantTokens?: readonly string[] | undefined;
  readonly DryRun?: boolean | undefined;
}

export const generateDataKeyPair = operation("GenerateDataKeyPair", {
  authorize: (input, at) => permission("GenerateDataKeyPair", input, at),
  async run(input, context) {
    refuseRecipient(input.Recipient);
    const { privateKey, ...rest } = await newDataKeyPair("GenerateDataKeyPair", input, context);
    return { ...rest, PrivateKeyPlaintext: privateKey };
  },
});

export const generateDataKeyPairWithoutPlaintext = operation("GenerateDataKeyPairWithoutPlaintext", {
  authorize: (input, at) => permission("GenerateDataKeyPairWithoutPlaintext", input, at),
  async run(input, context) {
    const { privateKey: _, ...rest } = await newDataKeyPair("GenerateDataKeyPairWithoutPlaintext", input, context);
    return rest;
  },
});

function permission(action: string, { KeyId, KeyPairSpec, EncryptionContext }: DataKeyPairRequest, at: AuthorizeScope): Permission {
  return keyPermission(action, at, KeyId, {
    ...encryptionContextKeys(EncryptionContext),
    "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    "kms:DataKeyPairSpec": KeyPairSpec,
  });
}

async function newDataKeyPair(name: string, input: DataKeyPairRequest, context: OperationContext) {
  const { KeyId = "", KeyPairSpec: spec, EncryptionContext } = input;
  checkGrantTokens(context, input.GrantTokens);
  checkContext(EncryptionContext);
  const parts = kmsParts(context);
  accepted(usableKey(parts, KeyId, name));
  const kind = kindOf(spec ?? "");
  if (spec === undefined || !kind || kind.kind === "symmetric" || kind.kind === "hmac")
    throw new UnsupportedOperationException(because(`The key pair spec ${spec} is not supported here.`));
  endDryRun(input.DryRun);
  const { secret, publicKey } = await generateMaterial(kind);
  // The key may have been disabled meanwhile: it is asked anew.
  const { ciphertext, key, materialId } = accepted(encryptUnder(parts, KeyId, secret, EncryptionContext));
  return {
    KeyId: key.arn,
    KeyPairSpec: spec,
    PrivateKeyCiphertextBlob: ciphertext,
    KeyMaterialId: materialId,
    ...(publicKey ? { PublicKey: publicKey } : {}),
    privateKey: secret,
  };
}
