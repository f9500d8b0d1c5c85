import { createPublicKey, createPrivateKey, generateKeyPair, randomBytes, type KeyObject, type KeyPairKeyObjectResult } from "node:crypto";
import { promisify } from "node:util";
import type {
  EncryptionAlgorithmSpec,
  KeyAgreementAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  SigningAlgorithmSpec,
} from "@aws-sdk/client-kms";
import { SYMMETRIC_BYTES } from "../../state/kms/material.ts";

/** The kinds of keys that are offered here. Lattice-based ones and SM2 are not: Node's OpenSSL has none of them. */
type Kind =
  | { readonly kind: "symmetric" }
  | { readonly kind: "hmac"; readonly bytes: number; readonly algorithm: MacAlgorithmSpec }
  | { readonly kind: "rsa"; readonly bits: number }
  /** `curve` is OpenSSL's name, `agrees` whether ECDH is offered with it. */
  | { readonly kind: "ec"; readonly curve: string; readonly algorithm: SigningAlgorithmSpec; readonly agrees: boolean }
  | { readonly kind: "ed25519" };

const hmac = (bytes: number, algorithm: MacAlgorithmSpec): Kind => ({ kind: "hmac", bytes, algorithm });
const ec = (curve: string, algorithm: SigningAlgorithmSpec, agrees = true): Kind => ({ kind: "ec", curve, algorithm, agrees });

const KINDS: Readonly<Partial<Record<KeySpec, Kind>>> = {
  SYMMETRIC_DEFAULT: { kind: "symmetric" },
  HMAC_224: hmac(28, "HMAC_SHA_224"),
  HMAC_256: hmac(32, "HMAC_SHA_256"),
  HMAC_384: hmac(48, "HMAC_SHA_384"),
  HMAC_512: hmac(64, "HMAC_SHA_512"),
  RSA_2048: { kind: "rsa", bits: 2048 },
  RSA_3072: { kind: "rsa", bits: 3072 },
  RSA_4096: { kind: "rsa", bits: 4096 },
  ECC_NIST_P256: ec("prime256v1", "ECDSA_SHA_256"),
  ECC_NIST_P384: ec("secp384r1", "ECDSA_SHA_384"),
  ECC_NIST_P521: ec("secp521r1", "ECDSA_SHA_512"),
  ECC_SECG_P256K1: ec("secp256k1", "ECDSA_SHA_256", false),
  ECC_NIST_EDWARDS25519: { kind: "ed25519" },
};

export function kindOf(spec: string): Kind | undefined {
  return Object.hasOwn(KINDS, spec) ? KINDS[spec as KeySpec] : undefined;
}

/** What keys of a kind may be made for. Source: KMS API Reference, `CreateKey`, `KeyUsage`. */
export function usagesOf(kind: Kind): readonly KeyUsageType[] {
  switch (kind.kind) {
    case "symmetric":
      return ["ENCRYPT_DECRYPT"];
    case "hmac":
      return ["GENERATE_VERIFY_MAC"];
    case "rsa":
      return ["ENCRYPT_DECRYPT", "SIGN_VERIFY"];
    case "ec":
      return kind.agrees ? ["SIGN_VERIFY", "KEY_AGREEMENT"] : ["SIGN_VERIFY"];
    case "ed25519":
      return ["SIGN_VERIFY"];
  }
}

/** The members of KeyMetadata and of GetPublicKey that tell what a key can do. */
export interface Algorithms {
  readonly EncryptionAlgorithms?: EncryptionAlgorithmSpec[];
  readonly SigningAlgorithms?: SigningAlgorithmSpec[];
  readonly MacAlgorithms?: MacAlgorithmSpec[];
  readonly KeyAgreementAlgorithms?: KeyAgreementAlgorithmSpec[];
}

export function algorithmsOf({ spec, usage }: { readonly spec: KeySpec; readonly usage: KeyUsageType }): Algorithms {
  const kind = kindOf(spec);
  switch (kind?.kind) {
    case "symmetric":
      return { EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"] };
    case "hmac":
      return { MacAlgorithms: [kind.algorithm] };
    case "rsa":
      return usage === "ENCRYPT_DECRYPT"
        ? { EncryptionAlgorithms: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] }
        : { SigningAlgorithms: [...RSA_SIGNING] };
    case "ec":
      return usage === "KEY_AGREEMENT" ? { KeyAgreementAlgorithms: ["ECDH"] } : { SigningAlgorithms: [kind.algorithm] };
    case "ed25519":
      return { SigningAlgorithms: ["ED25519_SHA_512"] };
    case undefined:
      return {};
  }
}

const RSA_SIGNING = [
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
] as const;

/** Key material in the clear: raw bytes, or PKCS #8 with its SubjectPublicKeyInfo; both DER. */
export interface ClearMaterial {
  readonly secret: Buffer;
  readonly publicKey?: Buffer;
}

const generate = promisify(generateKeyPair);
const SPKI = { type: "spki", format: "der" } as const;
const PKCS8 = { type: "pkcs8", format: "der" } as const;

/** Makes key material. That of RSA takes up to seconds, on a thread of its own. */
export async function generateMaterial(kind: Kind): Promise<ClearMaterial> {
  switch (kind.kind) {
    case "symmetric":
      return { secret: randomBytes(SYMMETRIC_BYTES) };
    case "hmac":
      return { secret: randomBytes(kind.bytes) };
    case "rsa":
      return pair(await generate("rsa", { modulusLength: kind.bits }));
    case "ec":
      return pair(await generate("ec", { namedCurve: kind.curve }));
    case "ed25519":
      return pair(await generate("ed25519"));
  }
}

function pair({ publicKey, privateKey }: KeyPairKeyObjectResult): ClearMaterial {
  return { secret: privateKey.export(PKCS8), publicKey: publicKey.export(SPKI) };
}

/** Reads material that comes from outside; `undefined` where it is not of this kind. */
export function readMaterial(kind: Kind, bytes: Buffer): ClearMaterial | undefined {
  if (kind.kind === "symmetric") return bytes.length === SYMMETRIC_BYTES ? { secret: bytes } : undefined;
  if (kind.kind === "hmac") return bytes.length === kind.bytes ? { secret: bytes } : undefined;
  const key = privateKeyOf(bytes);
  if (!key || !isOfKind(key, kind)) return undefined;
  return { secret: bytes, publicKey: createPublicKey(key).export(SPKI) };
}

function privateKeyOf(bytes: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: bytes, format: "der", type: "pkcs8" });
  } catch {
    // Whatever OpenSSL says of it: it is no key.
    return undefined;
  }
}

/** Whether a private or public key is one of that kind. */
export function isOfKind({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject, kind: Kind): boolean {
  if (kind.kind === "rsa") return type === "rsa" && details?.modulusLength === kind.bits;
  if (kind.kind === "ec") return type === "ec" && details?.namedCurve === kind.curve;
  return kind.kind === "ed25519" && type === "ed25519";
}
