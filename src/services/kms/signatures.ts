import { constants, createPrivateKey, createPublicKey, sign as signMessage, verify as verifyMessage, type KeyObject } from "node:crypto";
import {
  InvalidKeyUsageException,
  KMSInvalidSignatureException,
  UnsupportedOperationException,
  type MessageType,
  type SigningAlgorithmSpec,
} from "@aws-sdk/client-kms";
import { currentMaterial, type KeyMaterialRecord, type KeyRecord } from "../../state/kms/keys.ts";
import { openMaterial } from "../../state/kms/material.ts";
import { unusable, wrongUsage } from "../../state/kms/resolve-key.ts";
import { oneOf } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { signEcdsa, verifyEcdsa } from "./ecdsa-digest.ts";
import { checkGrantTokens, endDryRun, invalid, keyPermission, operation, refuse, requireKey, unlessRefused } from "./key.ts";
import { algorithmsOf } from "./key-specs.ts";
import { checkMessage } from "./message.ts";
import { signPkcs1, signPss, verifyPkcs1, verifyPss, type RsaHash } from "./rsa-digest.ts";

type Scheme = "pkcs1" | "pss" | "ecdsa" | "ed25519";

/** Source: KMS Developer Guide, "Asymmetric key specs". Ed25519 has its hash inside. */
const ALGORITHMS: Readonly<Partial<Record<SigningAlgorithmSpec, { readonly scheme: Scheme; readonly hash: RsaHash }>>> = {
  RSASSA_PKCS1_V1_5_SHA_256: { scheme: "pkcs1", hash: "sha256" },
  RSASSA_PKCS1_V1_5_SHA_384: { scheme: "pkcs1", hash: "sha384" },
  RSASSA_PKCS1_V1_5_SHA_512: { scheme: "pkcs1", hash: "sha512" },
  RSASSA_PSS_SHA_256: { scheme: "pss", hash: "sha256" },
  RSASSA_PSS_SHA_384: { scheme: "pss", hash: "sha384" },
  RSASSA_PSS_SHA_512: { scheme: "pss", hash: "sha512" },
  ECDSA_SHA_256: { scheme: "ecdsa", hash: "sha256" },
  ECDSA_SHA_384: { scheme: "ecdsa", hash: "sha384" },
  ECDSA_SHA_512: { scheme: "ecdsa", hash: "sha512" },
  ED25519_SHA_512: { scheme: "ed25519", hash: "sha512" },
};
const DIGEST_BYTES: Readonly<Record<RsaHash, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const NAMES = [...Object.keys(ALGORITHMS), "ED25519_PH_SHA_512", "SM2DSA", "ML_DSA_SHAKE_256"];

interface SigningRequest {
  readonly KeyId?: string | undefined;
  readonly Message?: Uint8Array | undefined;
  readonly MessageType?: MessageType | undefined;
  readonly SigningAlgorithm?: SigningAlgorithmSpec | undefined;
  readonly GrantTokens?: readonly string[] | undefined;
}

export const sign = operation("Sign", {
  authorize: (input, at) => keyPermission("Sign", at, input.KeyId, contextOf(input)),
  run(input, context) {
    const request = checked("Sign", input, context);
    endDryRun(input.DryRun);
    const { key, material, algorithm } = request;
    const secret = Buffer.from(openMaterial(context.secrets, key, material));
    const signature = signed(createPrivateKey({ key: secret, format: "der", type: "pkcs8" }), request);
    return { KeyId: key.arn, Signature: signature, SigningAlgorithm: algorithm };
  },
});

export const verify = operation("Verify", {
  authorize: (input, at) => keyPermission("Verify", at, input.KeyId, contextOf(input)),
  run(input, context) {
    const request = checked("Verify", input, context);
    const { key, material, algorithm } = request;
    const signature = input.Signature ?? new Uint8Array();
    if (signature.length < 1 || signature.length > 6144) throw invalid("The signature must have 1 to 6144 bytes.");
    const publicKey = Buffer.from(material.publicKey ?? "", "base64");
    if (!isSignature(createPublicKey({ key: publicKey, format: "der", type: "spki" }), request, signature))
      throw new KMSInvalidSignatureException(because(""));
    endDryRun(input.DryRun);
    return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: algorithm };
  },
});

function contextOf({ SigningAlgorithm, MessageType: type = "RAW" }: SigningRequest) {
  return { "kms:SigningAlgorithm": SigningAlgorithm, "kms:MessageType": type };
}

interface CheckedRequest {
  readonly key: KeyRecord;
  readonly material: KeyMaterialRecord;
  readonly algorithm: SigningAlgorithmSpec;
  readonly scheme: Scheme;
  readonly hash: RsaHash;
  readonly message: Uint8Array;
  readonly isDigest: boolean;
}

function checked(name: string, input: SigningRequest, context: OperationContext): CheckedRequest {
  const { SigningAlgorithm: algorithm, MessageType: type = "RAW" } = input;
  checkGrantTokens(context, input.GrantTokens);
  refuse(oneOf("signingAlgorithm", algorithm, NAMES), oneOf("messageType", type, ["RAW", "DIGEST", "EXTERNAL_MU"]));
  const message = checkMessage(input.Message);
  const key = requireKey(context, input.KeyId);
  unlessRefused(unusable(key, context.now) ?? wrongUsage(key, "SIGN_VERIFY", name));
  const known = algorithm && ALGORITHMS[algorithm];
  if (algorithm === "ED25519_PH_SHA_512" && key.spec === "ECC_NIST_EDWARDS25519")
    throw new UnsupportedOperationException(because("Prehashed Ed25519 is not offered here: use ED25519_SHA_512."));
  const material = currentMaterial(key);
  if (!known || !material || !algorithmsOf(key).SigningAlgorithms?.includes(algorithm))
    throw new InvalidKeyUsageException(because(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`));
  const isDigest = type === "DIGEST";
  if (type === "EXTERNAL_MU" || (isDigest && known.scheme === "ed25519"))
    throw invalid(`The message type ${type} is not valid for algorithm ${algorithm}.`);
  if (isDigest && message.length !== DIGEST_BYTES[known.hash]) throw invalid(`Digest is invalid length for algorithm ${algorithm}.`);
  return { key, material, algorithm, message, isDigest, ...known };
}

function signed(key: KeyObject, { scheme, hash, message, isDigest }: CheckedRequest): Buffer {
  if (!isDigest) return signMessage(scheme === "ed25519" ? null : hash, message, { key, ...paddingOf(scheme) });
  if (scheme === "pkcs1") return signPkcs1(key, hash, message);
  return scheme === "pss" ? signPss(key, hash, message) : signEcdsa(key, message);
}

function isSignature(key: KeyObject, { scheme, hash, message, isDigest }: CheckedRequest, signature: Uint8Array): boolean {
  if (!isDigest) return verifyMessage(scheme === "ed25519" ? null : hash, message, { key, ...paddingOf(scheme) }, signature);
  if (scheme === "pkcs1") return verifyPkcs1(key, hash, message, signature);
  return scheme === "pss" ? verifyPss(key, hash, message, signature) : verifyEcdsa(key, message, signature);
}

function paddingOf(scheme: Scheme): { readonly padding?: number; readonly saltLength?: number } {
  if (scheme === "pkcs1") return { padding: constants.RSA_PKCS1_PADDING };
  return scheme === "pss" ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
}
