import { constants, createCipheriv, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from "node:crypto";
import {
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  SignCommand,
  VerifyCommand,
  type AlgorithmSpec,
  type ImportKeyMaterialCommandInput,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { kmsWorld, type KmsWorld } from "../../testing/kms-world.ts";

const DAY = 86_400_000;
const Plaintext = Buffer.from("attack at dawn");

/** What the owner of key material does: asks for a wrapping key, wraps, and gives the input of the import. */
async function wrapped(api: KmsWorld, KeyId: string, material: Buffer, WrappingAlgorithm: AlgorithmSpec = "RSAES_OAEP_SHA_256") {
  const parameters = await api.kms.send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: "RSA_2048" }));
  const key = createPublicKey({ key: Buffer.from(parameters.PublicKey ?? []), format: "der", type: "spki" });
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: WrappingAlgorithm.endsWith("_1") ? "sha1" : "sha256" };
  const ephemeral = randomBytes(32);
  const wrap = createCipheriv("id-aes256-wrap-pad", ephemeral, Buffer.from("a65959a6", "hex"));
  const EncryptedKeyMaterial = WrappingAlgorithm.startsWith("RSA_AES_")
    ? Buffer.concat([publicEncrypt(oaep, ephemeral), wrap.update(material), wrap.final()])
    : publicEncrypt(oaep, material);
  return { KeyId, ImportToken: parameters.ImportToken, EncryptedKeyMaterial, ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" } as const;
}

async function state(api: KmsWorld, KeyId: string): Promise<string | undefined> {
  return (await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
}

test.each(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"] as const)(
  "material wrapped by %s is imported, deleted and imported again",
  async (algorithm) => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ Origin: "EXTERNAL" });
    const pending = `KMSInvalidStateException: ${KeyId} is pending import.`;
    expect(await state(api, KeyId)).toBe("PendingImport");
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext }))).toBe(pending);
    const material = randomBytes(32);
    await api.kms.send(new ImportKeyMaterialCommand(await wrapped(api, KeyId, material, algorithm)));
    expect((await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
      KeyState: "Enabled",
      ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
    });
    const { CiphertextBlob } = await api.kms.send(new EncryptCommand({ KeyId, Plaintext }));
    await api.kms.send(new DeleteImportedKeyMaterialCommand({ KeyId }));
    expect(await api.refusal(new DecryptCommand({ CiphertextBlob }))).toBe(pending);
    expect(await api.refusal(new ImportKeyMaterialCommand(await wrapped(api, KeyId, randomBytes(32), algorithm)))).toMatch(
      /^IncorrectKeyMaterialException/,
    );
    await api.kms.send(new ImportKeyMaterialCommand(await wrapped(api, KeyId, material, algorithm)));
    expect(Buffer.from((await api.kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext ?? []).toString()).toBe("attack at dawn");
    expect(api.journal()).not.toContain(material.toString("base64"));
    expect(api.defects).toEqual([]);
  },
);

test("an asymmetric key is imported as PKCS #8", async () => {
  await using api = await kmsWorld();
  const KeyId = await api.key({ Origin: "EXTERNAL", KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
  const pkcs8 = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey.export({ type: "pkcs8", format: "der" });
  expect(
    await api.refusal(new ImportKeyMaterialCommand(await wrapped(api, KeyId, pkcs8("secp384r1"), "RSA_AES_KEY_WRAP_SHA_256"))),
  ).toMatch(/^IncorrectKeyMaterial/);
  await api.kms.send(new ImportKeyMaterialCommand(await wrapped(api, KeyId, pkcs8("prime256v1"), "RSA_AES_KEY_WRAP_SHA_256")));
  const input = { KeyId, Message: Plaintext, SigningAlgorithm: "ECDSA_SHA_256" } as const;
  const { Signature } = await api.kms.send(new SignCommand(input));
  expect(await api.kms.send(new VerifyCommand({ ...input, Signature }))).toMatchObject({ SignatureValid: true });
});

test("material that expires makes the key wait for it", async () => {
  await using api = await kmsWorld();
  const KeyId = await api.key({ Origin: "EXTERNAL" });
  const ValidTo = new Date(api.clock.now() + DAY);
  await api.kms.send(
    new ImportKeyMaterialCommand({ ...(await wrapped(api, KeyId, randomBytes(32))), ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo }),
  );
  expect((await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
    KeyState: "Enabled",
    ExpirationModel: "KEY_MATERIAL_EXPIRES",
  });
  api.pass(DAY);
  expect(await state(api, KeyId)).toBe("PendingImport");
});

test("new material waits for a rotation; then both decrypt what they encrypted", async () => {
  await using api = await kmsWorld();
  const KeyId = await api.key({ Origin: "EXTERNAL" });
  await api.kms.send(new ImportKeyMaterialCommand(await wrapped(api, KeyId, randomBytes(32))));
  const old = await api.kms.send(new EncryptCommand({ KeyId, Plaintext }));
  expect(await api.refusal(new RotateKeyOnDemandCommand({ KeyId }))).toMatch(/^ConflictException/);
  await api.kms.send(new ImportKeyMaterialCommand({ ...(await wrapped(api, KeyId, randomBytes(32))), ImportType: "NEW_KEY_MATERIAL" }));
  await api.kms.send(new RotateKeyOnDemandCommand({ KeyId }));
  const fresh = await api.kms.send(new EncryptCommand({ KeyId, Plaintext }));
  const opened = [];
  for (const { CiphertextBlob } of [old, fresh]) opened.push((await api.kms.send(new DecryptCommand({ CiphertextBlob }))).KeyMaterialId);
  expect(new Set(opened).size).toBe(2);
  const { Rotations } = await api.kms.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }));
  expect(Rotations?.map(({ KeyMaterialState, ImportState }) => [KeyMaterialState, ImportState])).toEqual([
    ["NON_CURRENT", "IMPORTED"],
    ["CURRENT", "IMPORTED"],
  ]);
});

describe("refused", () => {
  type Change = (
    input: ImportKeyMaterialCommandInput,
    api: KmsWorld,
  ) => ImportKeyMaterialCommandInput | Promise<ImportKeyMaterialCommandInput>;
  test.each<[string, Change, string]>([
    ["a token of nobody", (input) => ({ ...input, ImportToken: Buffer.from("made up") }), "InvalidImportTokenException"],
    [
      "a token of another key",
      async (input, api) => ({ ...input, KeyId: await api.key({ Origin: "EXTERNAL" }) }),
      "InvalidImportTokenException",
    ],
    ["a token that is a day old", (input, api) => (api.pass(DAY), input), "ExpiredImportTokenException"],
    ["material that is not wrapped", (input) => ({ ...input, EncryptedKeyMaterial: randomBytes(32) }), "InvalidCiphertextException"],
    [
      "no date of expiration",
      (input) => ({ ...input, ExpirationModel: "KEY_MATERIAL_EXPIRES" }),
      "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
    ],
    ["a date in the past", (input) => ({ ...input, ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: new Date(0) }), "ValidationException"],
    [
      "a key whose material KMS makes",
      async (input, api) => ({ ...input, KeyId: await api.key() }),
      "origin is AWS_KMS which is not valid for this operation.",
    ],
  ])("%s", async (_, change, wanted) => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ Origin: "EXTERNAL" });
    const input = await change(await wrapped(api, KeyId, randomBytes(32)), api);
    expect(await api.refusal(new ImportKeyMaterialCommand(input))).toContain(wanted);
    expect(await state(api, KeyId)).toBe("PendingImport");
    expect(api.defects).toEqual([]);
  });

  test("material of a wrong length", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ Origin: "EXTERNAL" });
    expect(await api.refusal(new ImportKeyMaterialCommand(await wrapped(api, KeyId, randomBytes(31))))).toMatch(
      /^IncorrectKeyMaterialException/,
    );
  });

  test.each(["RSAES_PKCS1_V1_5", "SM2PKE"] as const)("the wrapping algorithm %s", async (WrappingAlgorithm) => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ Origin: "EXTERNAL" });
    expect(await api.refusal(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: "RSA_2048" }))).toMatch(
      /^UnsupportedOperation/,
    );
  });
});
