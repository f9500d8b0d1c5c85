import {
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListKeyRotationsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { kmsWorld } from "../../testing/kms-world.ts";

const DAY = 86_400_000;
const Plaintext = Buffer.from("attack at dawn");

describe("rotation", () => {
  test("happens by itself when it is due; what was encrypted before still opens", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    expect((await api.kms.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled).toBe(false);
    await api.kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const { CiphertextBlob } = await api.kms.send(new EncryptCommand({ KeyId, Plaintext }));
    const status = await api.kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    expect(status).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90, KeyId });
    api.pass(91 * DAY);
    const { Rotations } = await api.kms.send(new ListKeyRotationsCommand({ KeyId }));
    expect(Rotations).toMatchObject([{ KeyId, RotationType: "AUTOMATIC", KeyMaterialState: "CURRENT" }]);
    expect(Buffer.from((await api.kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext ?? []).toString()).toBe("attack at dawn");
    await api.kms.send(new DisableKeyRotationCommand({ KeyId }));
    api.pass(91 * DAY);
    expect((await api.kms.send(new ListKeyRotationsCommand({ KeyId }))).Rotations).toHaveLength(1);
  });

  test("on demand works 25 times", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const before = (await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId;
    for (let time = 0; time < 25; time++) await api.kms.send(new RotateKeyOnDemandCommand({ KeyId }));
    expect((await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId).not.toBe(before);
    expect(await api.refusal(new RotateKeyOnDemandCommand({ KeyId }))).toMatch(/^LimitExceededException/);
    expect((await api.kms.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }))).Rotations).toHaveLength(26);
  });

  test.each([
    ["an HMAC key", { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" }, "UnsupportedOperationException"],
    ["an external key", { Origin: "EXTERNAL" }, "origin is EXTERNAL which is not valid for this operation."],
  ] as const)("%s does not rotate by itself", async (_, input, wanted) => {
    await using api = await kmsWorld();
    expect(await api.refusal(new EnableKeyRotationCommand({ KeyId: await api.key(input) }))).toContain(wanted);
  });

  test.each([89, 2561])("a period of %i days is refused", async (RotationPeriodInDays) => {
    await using api = await kmsWorld();
    expect(await api.refusal(new EnableKeyRotationCommand({ KeyId: await api.key(), RotationPeriodInDays }))).toContain(
      "rotationPeriodInDays",
    );
  });

  test.each([
    ["an RSA key", { KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" }],
    ["a key for signatures", { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }],
    ["an HMAC key", { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" }],
    ["a key of imported material", { Origin: "EXTERNAL" }],
  ] as const)("%s does not rotate, and says so", async (_, input) => {
    await using api = await kmsWorld();
    const KeyId = await api.key(input);
    const { KeyRotationEnabled } = await api.kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    expect(KeyRotationEnabled).toBe(false);
    expect(await api.refusal(new EnableKeyRotationCommand({ KeyId }))).toMatch(/^UnsupportedOperationException/);
  });

  test("a disabled key does not rotate", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    await api.kms.send(new DisableKeyCommand({ KeyId }));
    for (const command of [new EnableKeyRotationCommand({ KeyId }), new RotateKeyOnDemandCommand({ KeyId })])
      expect(await api.refusal(command)).toBe(`DisabledException: ${KeyId} is disabled.`);
  });
});

describe("multi-Region keys", () => {
  test("what one region encrypts another decrypts, also after a rotation; each key is described with all of them", async () => {
    await using api = await kmsWorld();
    const primary = await api.key({ MultiRegion: true });
    const KeyId = primary.replace(/.*\//, "");
    expect(KeyId).toMatch(/^mrk-[0-9a-f]{32}$/);
    const there = api.client(KMSClient, "eu-west-1");
    expect(await api.refusal(new DescribeKeyCommand({ KeyId }), there)).toMatch(/^NotFoundException/);
    const { ReplicaKeyMetadata } = await api.kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "eu-west-1" }));
    const replica = primary.replace("us-east-1", "eu-west-1");
    const MultiRegionConfiguration = {
      PrimaryKey: { Arn: primary, Region: "us-east-1" },
      ReplicaKeys: [{ Arn: replica, Region: "eu-west-1" }],
    };
    expect(ReplicaKeyMetadata).toMatchObject({
      Arn: replica,
      MultiRegion: true,
      MultiRegionConfiguration: { MultiRegionKeyType: "REPLICA", ...MultiRegionConfiguration },
    });
    expect((await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
      MultiRegionConfiguration: { MultiRegionKeyType: "PRIMARY", ...MultiRegionConfiguration },
    });
    await api.kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 100 }));
    expect(await there.send(new GetKeyRotationStatusCommand({ KeyId }))).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 100,
    });
    expect(await api.refusal(new EnableKeyRotationCommand({ KeyId }), there)).toMatch(/^UnsupportedOperationException/);
    await api.kms.send(new RotateKeyOnDemandCommand({ KeyId }));
    const { CiphertextBlob } = await api.kms.send(new EncryptCommand({ KeyId, Plaintext }));
    expect((await there.send(new DecryptCommand({ CiphertextBlob }))).KeyId).toBe(replica);
    expect(await api.refusal(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "eu-west-1" }))).toMatch(/^AlreadyExistsException/);
    expect(await api.refusal(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "ap-south-1" }), there)).toMatch(
      /^UnsupportedOperationException/,
    );
  });

  test("a replica becomes the primary key; a primary key waits for its replicas before it ends", async () => {
    await using api = await kmsWorld();
    const KeyId = (await api.key({ MultiRegion: true })).replace(/.*\//, "");
    const there = api.client(KMSClient, "eu-west-1");
    await api.kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "eu-west-1" }));
    await api.kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: "eu-west-1" }));
    const type = async (client: KMSClient) =>
      (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.MultiRegionConfiguration?.MultiRegionKeyType;
    expect([await type(api.kms), await type(there)]).toEqual(["REPLICA", "PRIMARY"]);
    expect(await there.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))).toMatchObject({
      KeyState: "PendingReplicaDeletion",
      PendingWindowInDays: 7,
    });
    expect(await api.refusal(new UpdatePrimaryRegionCommand({ KeyId: await api.key(), PrimaryRegion: "eu-west-1" }))).toMatch(
      /^UnsupportedOperationException/,
    );
  });
});
