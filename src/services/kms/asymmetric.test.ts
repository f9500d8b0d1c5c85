import { constants, createECDH, createHash, createPublicKey, diffieHellman, generateKeyPairSync, verify } from "node:crypto";
import {
  DeriveSharedSecretCommand,
  GetPublicKeyCommand,
  SignCommand,
  VerifyCommand,
  type KeySpec,
  type SigningAlgorithmSpec,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { kmsWorld, type KmsWorld } from "../../testing/kms-world.ts";

const Message = Buffer.from("attack at dawn");
const bent = (bytes: Uint8Array | undefined): Buffer => Buffer.from(bytes ?? []).map((byte, at) => (at === 40 ? byte ^ 1 : byte)) as Buffer;

async function publicKey(api: KmsWorld, KeyId: string): Promise<Buffer> {
  return Buffer.from((await api.kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey ?? []);
}

/** Whether OpenSSL takes the signature as one over the message. */
function opensslAccepts(der: Buffer, SigningAlgorithm: string, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return verify(hashOf(SigningAlgorithm), Message, { key, ...(SigningAlgorithm.includes("PSS") ? pss : {}) }, signature);
}

const hashOf = (SigningAlgorithm: string): string => `sha${SigningAlgorithm.slice(-3)}`;

describe.each<[KeySpec, readonly SigningAlgorithmSpec[]]>([
  [
    "RSA_2048",
    ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512", "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384"],
  ],
  ["RSA_3072", ["RSASSA_PSS_SHA_256"]],
  ["RSA_4096", ["RSASSA_PSS_SHA_512"]],
  ["ECC_NIST_P256", ["ECDSA_SHA_256"]],
  ["ECC_NIST_P384", ["ECDSA_SHA_384"]],
  ["ECC_NIST_P521", ["ECDSA_SHA_512"]],
  ["ECC_SECG_P256K1", ["ECDSA_SHA_256"]],
])("%s", (spec, algorithms) => {
  test("OpenSSL accepts signatures over messages and over digests; changed ones are refused", { timeout: 60_000 }, async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ KeySpec: spec, KeyUsage: "SIGN_VERIFY" });
    const der = await publicKey(api, KeyId);
    for (const SigningAlgorithm of algorithms) {
      const digest = createHash(hashOf(SigningAlgorithm)).update(Message).digest();
      const raw = { KeyId, SigningAlgorithm, Message };
      const digested = { KeyId, SigningAlgorithm, Message: digest, MessageType: "DIGEST" } as const;
      for (const input of [raw, digested]) {
        const { Signature = Buffer.alloc(0) } = await api.kms.send(new SignCommand(input));
        expect(opensslAccepts(der, SigningAlgorithm, Signature)).toBe(true);
        for (const either of [raw, digested]) {
          expect(await api.kms.send(new VerifyCommand({ ...either, Signature }))).toMatchObject({ SignatureValid: true, KeyId });
          expect(await api.refusal(new VerifyCommand({ ...either, Signature: bent(Signature) }))).toMatch(/^KMSInvalidSignatureException/);
        }
      }
      expect(await api.refusal(new SignCommand({ ...raw, MessageType: "DIGEST" }))).toBe(
        `ValidationException: Digest is invalid length for algorithm ${SigningAlgorithm}.`,
      );
    }
    expect(api.defects).toEqual([]);
  });
});

test("Ed25519 signs messages, and tells that it takes no digests", async () => {
  await using api = await kmsWorld();
  const KeyId = await api.key({ KeySpec: "ECC_NIST_EDWARDS25519", KeyUsage: "SIGN_VERIFY" });
  const input = { KeyId, Message, SigningAlgorithm: "ED25519_SHA_512" } as const;
  const { Signature = Buffer.alloc(0) } = await api.kms.send(new SignCommand(input));
  const key = createPublicKey({ key: await publicKey(api, KeyId), format: "der", type: "spki" });
  expect(verify(null, Message, key, Signature)).toBe(true);
  expect(await api.kms.send(new VerifyCommand({ ...input, Signature }))).toMatchObject({ SignatureValid: true });
  expect(await api.refusal(new SignCommand({ ...input, MessageType: "DIGEST" }))).toMatch(/^ValidationException/);
  expect(await api.refusal(new SignCommand({ ...input, SigningAlgorithm: "ED25519_PH_SHA_512" }))).toMatch(
    /^UnsupportedOperationException/,
  );
});

test.each([
  [
    "another usage",
    { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" },
    "ECDSA_SHA_256",
    "key usage is GENERATE_VERIFY_MAC which is not valid for Sign.",
  ],
  [
    "another algorithm",
    { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" },
    "ECDSA_SHA_384",
    "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.",
  ],
] as const)("a key of %s does not sign", async (_, spec, SigningAlgorithm, wanted) => {
  await using api = await kmsWorld();
  expect(await api.refusal(new SignCommand({ KeyId: await api.key(spec), Message, SigningAlgorithm }))).toContain(wanted);
});

test("symmetric keys have no public key", async () => {
  await using api = await kmsWorld();
  expect(await api.refusal(new GetPublicKeyCommand({ KeyId: await api.key() }))).toMatch(/^UnsupportedOperationException/);
});

test.each([
  ["ECC_NIST_P256", "prime256v1"],
  ["ECC_NIST_P521", "secp521r1"],
] as const)("both sides of an agreement on %s come to the same secret", async (spec, namedCurve) => {
  await using api = await kmsWorld();
  const KeyId = await api.key({ KeySpec: spec, KeyUsage: "KEY_AGREEMENT" });
  const other = generateKeyPairSync("ec", { namedCurve });
  const input = { KeyId, KeyAgreementAlgorithm: "ECDH" } as const;
  const made = await api.kms.send(
    new DeriveSharedSecretCommand({ ...input, PublicKey: other.publicKey.export({ type: "spki", format: "der" }) }),
  );
  const own = createPublicKey({ key: await publicKey(api, KeyId), format: "der", type: "spki" });
  expect(Buffer.from(made.SharedSecret ?? []).equals(diffieHellman({ privateKey: other.privateKey, publicKey: own }))).toBe(true);
  const elsewhere = generateKeyPairSync("ec", { namedCurve: "secp384r1" }).publicKey.export({ type: "spki", format: "der" });
  for (const PublicKey of [elsewhere, Buffer.from("nonsense"), createECDH(namedCurve).generateKeys()])
    expect(await api.refusal(new DeriveSharedSecretCommand({ ...input, PublicKey }))).toMatch(/^ValidationException/);
  expect(api.defects).toEqual([]);
});
