import { createPublicKey, publicEncrypt, constants } from "node:crypto";
import {
  CreateAliasCommand,
  DecryptCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetPublicKeyCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  VerifyMacCommand,
  type EncryptCommandOutput,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { keys } from "../../state/kms/keys.ts";
import { openMaterial } from "../../state/kms/material.ts";
import { kmsWorld, type KmsWorld } from "../../testing/kms-world.ts";

const Plaintext = Buffer.from("attack at dawn");

async function encrypted(api: KmsWorld, KeyId: string, EncryptionContext?: Record<string, string>): Promise<Uint8Array> {
  const made: EncryptCommandOutput = await api.kms.send(
    new EncryptCommand({ KeyId, Plaintext, ...(EncryptionContext ? { EncryptionContext } : {}) }),
  );
  return made.CiphertextBlob ?? new Uint8Array();
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe("Encrypt and Decrypt", () => {
  test("a key is named by id, ARN, alias name or alias ARN, and a ciphertext tells it by itself", async () => {
    await using api = await kmsWorld();
    const arn = await api.key();
    await api.kms.send(new CreateAliasCommand({ AliasName: "alias/orders", TargetKeyId: arn }));
    const names = [arn, arn.replace(/.*\//, ""), "alias/orders", arn.replace(/key\/.*/, "alias/orders")];
    for (const KeyId of names) {
      const CiphertextBlob = await encrypted(api, KeyId);
      for (const named of [{}, ...names.map((name) => ({ KeyId: name }))]) {
        const opened = await api.kms.send(new DecryptCommand({ CiphertextBlob, ...named }));
        expect([text(opened.Plaintext), opened.KeyId, opened.EncryptionAlgorithm]).toEqual(["attack at dawn", arn, "SYMMETRIC_DEFAULT"]);
      }
    }
    expect(api.defects).toEqual([]);
  });

  test("the encryption context has to be the same", async () => {
    await using api = await kmsWorld();
    const CiphertextBlob = await encrypted(api, await api.key(), { stage: "prod", app: "shop" });
    const opened = await api.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { app: "shop", stage: "prod" } }));
    expect(text(opened.Plaintext)).toBe("attack at dawn");
    for (const EncryptionContext of [
      undefined,
      {},
      { app: "shop" },
      { app: "shop", stage: "test" },
      { app: "shop", stage: "prod", more: "" },
    ])
      expect(await api.refusal(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).toMatch(/^InvalidCiphertextException/);
  });

  test.each([
    ["bytes that are none of ours", () => Buffer.from("nonsense"), /^InvalidCiphertextException/],
    [
      "a changed body",
      (good: Buffer) => Buffer.from(good.map((byte, at) => (at === good.length - 1 ? byte ^ 1 : byte))),
      /^InvalidCiphertextException/,
    ],
    [
      "a changed material",
      (good: Buffer) => Buffer.from(good.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
      /^InvalidCiphertextException/,
    ],
    [
      "a key that is not here",
      (good: Buffer) => Buffer.from(good.map((byte, at) => (at === 3 ? byte ^ 1 : byte))),
      /^AccessDeniedException: The ciphertext refers to/,
    ],
  ])("%s: refused", async (_, bend, wanted) => {
    await using api = await kmsWorld();
    const good = Buffer.from(await encrypted(api, await api.key()));
    expect(await api.refusal(new DecryptCommand({ CiphertextBlob: bend(good) }))).toMatch(wanted);
    expect(api.defects).toEqual([]);
  });

  test("another key than the ciphertext's is the wrong one", async () => {
    await using api = await kmsWorld();
    const CiphertextBlob = await encrypted(api, await api.key());
    for (const KeyId of [await api.key(), await api.key({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" })])
      expect(await api.refusal(new DecryptCommand({ CiphertextBlob, KeyId }))).toBe(
        "IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation.",
      );
  });

  test("a key that is disabled or ends refuses in AWS's words, and one that is enabled again works", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const CiphertextBlob = await encrypted(api, KeyId);
    const commands = [
      new EncryptCommand({ KeyId, Plaintext }),
      new DecryptCommand({ CiphertextBlob }),
      new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }),
    ];
    await api.kms.send(new DisableKeyCommand({ KeyId }));
    for (const command of commands) expect(await api.refusal(command)).toBe(`DisabledException: ${KeyId} is disabled.`);
    await api.kms.send(new EnableKeyCommand({ KeyId }));
    expect(text((await api.kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext)).toBe("attack at dawn");
    await api.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    for (const command of commands) expect(await api.refusal(command)).toBe(`KMSInvalidStateException: ${KeyId} is pending deletion.`);
  });

  test.each([
    [
      "a plaintext of 4097 bytes",
      { Plaintext: Buffer.alloc(4097) },
      "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ],
    ["an empty one", { Plaintext: Buffer.alloc(0) }, "Member must have length greater than or equal to 1"],
    ["a context that is too long", { Plaintext, EncryptionContext: { a: "x".repeat(8200) } }, "encryption context is longer"],
  ])("%s is refused", async (_, input, wanted) => {
    await using api = await kmsWorld();
    expect(await api.refusal(new EncryptCommand({ KeyId: await api.key(), ...input }))).toContain(wanted);
  });

  test("a dry run passes all checks and does nothing", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext, DryRun: true }))).toBe(
      "DryRunOperationException: The request would have succeeded, but the DryRun option is set.",
    );
    await api.kms.send(new DisableKeyCommand({ KeyId }));
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext, DryRun: true }))).toMatch(/^DisabledException/);
  });
});

test("ReEncrypt moves a ciphertext to another key and another context, and after a rotation to new material", async () => {
  await using api = await kmsWorld();
  const [from, to] = [await api.key(), await api.key()];
  const CiphertextBlob = await encrypted(api, from, { a: "1" });
  const command = { CiphertextBlob, SourceEncryptionContext: { a: "1" }, DestinationEncryptionContext: { b: "2" } };
  const moved = await api.kms.send(new ReEncryptCommand({ ...command, DestinationKeyId: to }));
  expect(moved).toMatchObject({ SourceKeyId: from, KeyId: to });
  const opened = await api.kms.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { b: "2" } }));
  expect([text(opened.Plaintext), opened.KeyId]).toEqual(["attack at dawn", to]);
  await api.kms.send(new RotateKeyOnDemandCommand({ KeyId: from }));
  const renewed = await api.kms.send(new ReEncryptCommand({ ...command, DestinationKeyId: from }));
  expect(renewed.SourceKeyMaterialId).not.toBe(renewed.DestinationKeyMaterialId);
  expect(await api.refusal(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: to }))).toMatch(/^InvalidCiphertextException/);
});

describe("data keys", () => {
  test.each([
    [{ KeySpec: "AES_256" }, 32],
    [{ KeySpec: "AES_128" }, 16],
    [{ NumberOfBytes: 64 }, 64],
  ] as const)("%o has %i bytes, and the encrypted one opens to it", async (size, bytes) => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const EncryptionContext = { for: "me" };
    const made = await api.kms.send(new GenerateDataKeyCommand({ KeyId, EncryptionContext, ...size }));
    expect(made.Plaintext).toHaveLength(bytes);
    const opened = await api.kms.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext }));
    expect(opened.Plaintext).toEqual(made.Plaintext);
    const hidden = await api.kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, ...size }));
    expect(hidden).not.toHaveProperty("Plaintext");
    expect((await api.kms.send(new DecryptCommand({ CiphertextBlob: hidden.CiphertextBlob }))).Plaintext).toHaveLength(bytes);
  });

  test.each([[{}], [{ KeySpec: "AES_256", NumberOfBytes: 32 }]] as const)("%o tells no size, or two", async (size) => {
    await using api = await kmsWorld();
    expect(await api.refusal(new GenerateDataKeyCommand({ KeyId: await api.key(), ...size }))).toBe(
      "ValidationException: Please specify either number of bytes or key spec.",
    );
  });

  test.each(["RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519"] as const)(
    "a pair of %s: the private key opens to the public one",
    async (KeyPairSpec) => {
      await using api = await kmsWorld();
      const KeyId = await api.key();
      const made = await api.kms.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec }));
      const opened = await api.kms.send(new DecryptCommand({ CiphertextBlob: made.PrivateKeyCiphertextBlob }));
      expect(opened.Plaintext).toEqual(made.PrivateKeyPlaintext);
      const own = createPublicKey({
        key: `-----BEGIN PRIVATE KEY-----\n${Buffer.from(made.PrivateKeyPlaintext ?? []).toString("base64")}\n-----END PRIVATE KEY-----`,
        format: "pem",
      });
      expect(own.export({ type: "spki", format: "der" }).equals(made.PublicKey ?? Buffer.alloc(0))).toBe(true);
      const hidden = await api.kms.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec }));
      expect(hidden).not.toHaveProperty("PrivateKeyPlaintext");
      expect(api.defects).toEqual([]);
    },
  );

  test("GenerateRandom gives as many bytes as are asked for", async () => {
    await using api = await kmsWorld();
    expect((await api.kms.send(new GenerateRandomCommand({ NumberOfBytes: 44 }))).Plaintext).toHaveLength(44);
    expect(await api.refusal(new GenerateRandomCommand({}))).toBe("ValidationException: NumberOfBytes is required.");
    expect(await api.refusal(new GenerateRandomCommand({ NumberOfBytes: 1025 }))).toContain("less than or equal to 1024");
  });
});

describe("RSA encryption", () => {
  test("what anybody encrypts with the public key is decrypted here, and the other way round", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" });
    const { PublicKey = Buffer.alloc(0) } = await api.kms.send(new GetPublicKeyCommand({ KeyId }));
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
    for (const [EncryptionAlgorithm, oaepHash, most] of [
      ["RSAES_OAEP_SHA_1", "sha1", 214],
      ["RSAES_OAEP_SHA_256", "sha256", 190],
    ] as const) {
      const CiphertextBlob = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, Plaintext);
      const opened = await api.kms.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm }));
      expect(text(opened.Plaintext)).toBe("attack at dawn");
      const made = await api.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(most, 1), EncryptionAlgorithm }));
      const back = await api.kms.send(new DecryptCommand({ KeyId, CiphertextBlob: made.CiphertextBlob, EncryptionAlgorithm }));
      expect(back.Plaintext).toHaveLength(most);
      expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(most + 1), EncryptionAlgorithm }))).toBe(
        `ValidationException: Algorithm ${EncryptionAlgorithm} and key spec RSA_2048 cannot encrypt data larger than ${most} bytes.`,
      );
      expect(await api.refusal(new DecryptCommand({ KeyId, CiphertextBlob: Buffer.alloc(256, 1), EncryptionAlgorithm }))).toMatch(
        /^InvalidCiphertext/,
      );
    }
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext }))).toBe(
      "InvalidKeyUsageException: Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.",
    );
    expect(
      await api.refusal(new EncryptCommand({ KeyId, Plaintext, EncryptionAlgorithm: "RSAES_OAEP_SHA_256", EncryptionContext: { a: "b" } })),
    ).toMatch(/^ValidationException/);
    expect(api.defects).toEqual([]);
  });
});

describe("MACs", () => {
  test.each(["224", "256", "384", "512"] as const)("HMAC_%s", async (bits) => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ KeySpec: `HMAC_${bits}`, KeyUsage: "GENERATE_VERIFY_MAC" });
    const input = { KeyId, Message: Plaintext, MacAlgorithm: `HMAC_SHA_${bits}` } as const;
    const { Mac } = await api.kms.send(new GenerateMacCommand(input));
    expect(Mac).toHaveLength(Number(bits) / 8);
    expect(await api.kms.send(new VerifyMacCommand({ ...input, Mac }))).toMatchObject({ MacValid: true, KeyId });
    for (const wrong of [{ Mac: Buffer.alloc(Number(bits) / 8) }, { Mac: Buffer.alloc(1) }, { Mac, Message: Buffer.from("other") }])
      expect(await api.refusal(new VerifyMacCommand({ ...input, ...wrong }))).toMatch(/^KMSInvalidMacException/);
    const MacAlgorithm = bits === "256" ? "HMAC_SHA_512" : "HMAC_SHA_256";
    expect(await api.refusal(new GenerateMacCommand({ ...input, MacAlgorithm }))).toBe(
      `InvalidKeyUsageException: Algorithm ${MacAlgorithm} is incompatible with key spec HMAC_${bits}.`,
    );
  });

  test("a key for encryption makes none", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    expect(await api.refusal(new GenerateMacCommand({ KeyId, Message: Plaintext, MacAlgorithm: "HMAC_SHA_256" }))).toBe(
      `InvalidKeyUsageException: ${KeyId} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
    );
  });
});

test("neither key material nor plaintext is in the journal, in whatever form", async () => {
  await using api = await kmsWorld();
  const planted = "planted-5e4c1f";
  const KeyId = await api.key();
  const { Plaintext: dataKey = Buffer.alloc(0) } = await api.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }));
  await api.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(planted), EncryptionContext: { secret: "no" } }));
  const [record] = [...api.state.table(keys).values()];
  const material = record?.material[0];
  const clear = record && material ? openMaterial(api.platform.secrets, record, material) : new Uint8Array();
  expect(clear).toHaveLength(32);
  const journal = api.journal();
  expect(journal).toContain(KeyId);
  for (const secret of [Buffer.from(planted), Buffer.from(dataKey), Buffer.from(clear)])
    for (const form of ["base64", "base64url", "hex", "latin1"] as const) expect(journal).not.toContain(secret.toString(form));
});
