import { createHmac, timingSafeEqual } from "node:crypto";
import { InvalidKeyUsageException, KMSInvalidMacException, type MacAlgorithmSpec } from "@aws-sdk/client-kms";
import { currentMaterial, type KeyRecord } from "../../state/kms/keys.ts";
import { openMaterial } from "../../state/kms/material.ts";
import { unusable, wrongUsage } from "../../state/kms/resolve-key.ts";
import { oneOf } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkGrantTokens, endDryRun, keyPermission, operation, refuse, requireKey, unlessRefused } from "./key.ts";
import { algorithmsOf } from "./key-specs.ts";
import { checkMessage } from "./message.ts";

const HASHES: Readonly<Record<MacAlgorithmSpec, string>> = {
  HMAC_SHA_384: "sha384",
  HMAC_SHA_256: "sha256",
  HMAC_SHA_224: "sha224",
  HMAC_SHA_512: "sha512",
};

interface MacRequest {
  readonly KeyId?: string | undefined;
  readonly Message?: Uint8Array | undefined;
  readonly MacAlgorithm?: MacAlgorithmSpec | undefined;
  readonly GrantTokens?: readonly string[] | undefined;
}

export const generateMac = operation("GenerateMac", {
  authorize: ({ KeyId, MacAlgorithm }, at) => keyPermission("GenerateMac", at, KeyId, { "kms:MacAlgorithm": MacAlgorithm }),
  run(input, context) {
    const { key, mac, algorithm } = macOf("GenerateMac", input, context);
    endDryRun(input.DryRun);
    return { KeyId: key.arn, Mac: mac, MacAlgorithm: algorithm };
  },
});

export const verifyMac = operation("VerifyMac", {
  authorize: ({ KeyId, MacAlgorithm }, at) => keyPermission("VerifyMac", at, KeyId, { "kms:MacAlgorithm": MacAlgorithm }),
  run(input, context) {
    const { key, mac, algorithm } = macOf("VerifyMac", input, context);
    const given = Buffer.from(input.Mac ?? []);
    if (given.length !== mac.length || !timingSafeEqual(given, mac)) throw new KMSInvalidMacException(because(""));
    endDryRun(input.DryRun);
    return { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm };
  },
});

function macOf(
  name: string,
  { KeyId, Message, MacAlgorithm: algorithm, GrantTokens }: MacRequest,
  context: OperationContext,
): { readonly key: KeyRecord; readonly mac: Buffer; readonly algorithm: MacAlgorithmSpec } {
  checkGrantTokens(context, GrantTokens);
  refuse(oneOf("macAlgorithm", algorithm, Object.keys(HASHES)));
  const message = checkMessage(Message);
  const key = requireKey(context, KeyId);
  unlessRefused(unusable(key, context.now) ?? wrongUsage(key, "GENERATE_VERIFY_MAC", name));
  const material = currentMaterial(key);
  if (algorithm === undefined || !material || !algorithmsOf(key).MacAlgorithms?.includes(algorithm))
    throw new InvalidKeyUsageException(because(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`));
  const mac = createHmac(HASHES[algorithm], openMaterial(context.secrets, key, material))
    .update(message)
    .digest();
  return { key, mac, algorithm };
}
