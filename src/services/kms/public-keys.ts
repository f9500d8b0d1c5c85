import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import { InvalidKeyUsageException, UnsupportedOperationException, type CustomerMasterKeySpec } from "@aws-sdk/client-kms";
import { currentMaterial } from "../../state/kms/keys.ts";
import { openMaterial } from "../../state/kms/material.ts";
import { unusable, wrongUsage } from "../../state/kms/resolve-key.ts";
import { because } from "../operation.ts";
import {
  checkGrantTokens,
  endDryRun,
  invalid,
  keyPermission,
  onKey,
  operation,
  refuseRecipient,
  requireKey,
  unlessRefused,
} from "./key.ts";
import { algorithmsOf, isOfKind, kindOf } from "./key-specs.ts";

export const getPublicKey = operation("GetPublicKey", {
  authorize: onKey("GetPublicKey"),
  run({ KeyId, GrantTokens }, context) {
    checkGrantTokens(context, GrantTokens);
    const key = requireKey(context, KeyId);
    const kind = kindOf(key.spec)?.kind;
    if (kind === "symmetric" || kind === "hmac")
      throw new UnsupportedOperationException(because(`${key.arn} is not an asymmetric key: it has no public key.`));
    unlessRefused(unusable(key, context.now));
    return {
      KeyId: key.arn,
      PublicKey: Buffer.from(currentMaterial(key)?.publicKey ?? "", "base64"),
      KeySpec: key.spec,
      CustomerMasterKeySpec: key.spec as CustomerMasterKeySpec,
      KeyUsage: key.usage,
      ...algorithmsOf(key),
    };
  },
});

export const deriveSharedSecret = operation("DeriveSharedSecret", {
  authorize: ({ KeyId, KeyAgreementAlgorithm }, at) =>
    keyPermission("DeriveSharedSecret", at, KeyId, { "kms:KeyAgreementAlgorithm": KeyAgreementAlgorithm }),
  run(input, context) {
    checkGrantTokens(context, input.GrantTokens);
    refuseRecipient(input.Recipient);
    const key = requireKey(context, input.KeyId);
    unlessRefused(unusable(key, context.now) ?? wrongUsage(key, "KEY_AGREEMENT", "DeriveSharedSecret"));
    const kind = kindOf(key.spec);
    const material = currentMaterial(key);
    if (input.KeyAgreementAlgorithm !== "ECDH" || !kind || !material)
      throw new InvalidKeyUsageException(because(`Algorithm ${input.KeyAgreementAlgorithm} is incompatible with key spec ${key.spec}.`));
    const publicKey = readPublicKey(input.PublicKey ?? new Uint8Array());
    if (!publicKey || !isOfKind(publicKey, kind)) throw invalid("The public key is not a valid public key on the curve of the KMS key.");
    endDryRun(input.DryRun);
    const secret = Buffer.from(openMaterial(context.secrets, key, material));
    const privateKey = createPrivateKey({ key: secret, format: "der", type: "pkcs8" });
    return {
      KeyId: key.arn,
      SharedSecret: diffieHellman({ privateKey, publicKey }),
      KeyAgreementAlgorithm: "ECDH" as const,
      KeyOrigin: key.origin,
    };
  },
});

/** OpenSSL refuses points that are not on their curve. */
function readPublicKey(bytes: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(bytes), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
