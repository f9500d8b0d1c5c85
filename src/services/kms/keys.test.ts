import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { kmsWorld } from "../../testing/kms-world.ts";

const DAY = 86_400_000;

test("a key is described as AWS describes it", async () => {
  await using api = await kmsWorld();
  const { KeyMetadata } = await api.kms.send(new CreateKeyCommand({ Description: "orders" }));
  const { Arn = "", KeyId = "" } = KeyMetadata ?? {};
  expect(Arn).toBe(`arn:aws:kms:us-east-1:123456789012:key/${KeyId}`);
  expect(KeyMetadata).toMatchObject({
    AWSAccountId: "123456789012",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    Description: "orders",
    Enabled: true,
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    KeyManager: "CUSTOMER",
    KeySpec: "SYMMETRIC_DEFAULT",
    KeyState: "Enabled",
    KeyUsage: "ENCRYPT_DECRYPT",
    MultiRegion: false,
    Origin: "AWS_KMS",
  });
  expect((await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toEqual(KeyMetadata);
});

test.each([
  [
    "HMAC_256 without a usage",
    { KeySpec: "HMAC_256" },
    "ValidationException: You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
  ],
  [
    "a spec that is none",
    { KeySpec: "HMAC_random" },
    "Value 'HMAC_random' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set",
  ],
  ["a usage that is none", { KeyUsage: "RANDOM" }, "Value 'RANDOM' at 'keyUsage' failed to satisfy constraint"],
  [
    "a usage of another kind",
    { KeySpec: "ECC_NIST_P256", KeyUsage: "ENCRYPT_DECRYPT" },
    "KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256",
  ],
  ["ECDH on a curve without it", { KeySpec: "ECC_SECG_P256K1", KeyUsage: "KEY_AGREEMENT" }, "is not compatible with KeySpec"],
  ["a spec that is not here", { KeySpec: "ML_DSA_44", KeyUsage: "SIGN_VERIFY" }, "UnsupportedOperationException"],
  ["a custom key store", { Origin: "AWS_CLOUDHSM" }, "UnsupportedOperationException"],
  [
    "a tag twice",
    {
      Tags: [
        { TagKey: "a", TagValue: "1" },
        { TagKey: "a", TagValue: "2" },
      ],
    },
    "TagException: Duplicate tag keys",
  ],
  ["a reserved tag", { Tags: [{ TagKey: "aws:a", TagValue: "1" }] }, "TagException"],
  ["a policy that is none", { Policy: "{" }, "MalformedPolicyDocumentException"],
])("CreateKey refuses %s", async (_, input, wanted) => {
  await using api = await kmsWorld();
  expect(await api.refusal(new CreateKeyCommand(input as never))).toContain(wanted);
  expect((await api.kms.send(new ListKeysCommand({}))).Keys).toEqual([]);
});

test.each([
  ["an id that is none", "fake-key-id", "NotFoundException: Invalid keyId 'fake-key-id'"],
  [
    "an id without a key",
    "134f2428-cec1-4b25-a1ae-9048164dba47",
    "NotFoundException: Key 'arn:aws:kms:us-east-1:123456789012:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
  ],
  ["a multi-Region id without a key", `mrk-${"d3b95762".repeat(4)}`, "does not exist"],
  ["an alias without a key", "alias/none", "NotFoundException: Alias arn:aws:kms:us-east-1:123456789012:alias/none is not found."],
  [
    "an ARN of another region",
    "arn:aws:kms:eu-west-1:123456789012:key/134f2428-cec1-4b25-a1ae-9048164dba47",
    "NotFoundException: Invalid arn eu-west-1",
  ],
])("DescribeKey of %s", async (_, KeyId, wanted) => {
  await using api = await kmsWorld();
  expect(await api.refusal(new DescribeKeyCommand({ KeyId }))).toContain(wanted);
});

test("lists come in pages that neither repeat nor skip", async () => {
  await using api = await kmsWorld();
  const made = await Promise.all(Array.from({ length: 5 }, () => api.key()));
  const seen: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const page = await api.kms.send(new ListKeysCommand({ Limit: 2, ...(Marker ? { Marker } : {}) }));
    seen.push(...(page.Keys ?? []).map(({ KeyArn }) => KeyArn));
    expect(page.Truncated).toBe(page.NextMarker !== undefined);
    Marker = page.NextMarker;
  } while (Marker);
  expect(new Set(seen)).toEqual(new Set(made));
  expect(seen).toHaveLength(5);
  expect(await api.refusal(new ListKeysCommand({ Marker: "made up" }))).toMatch(/^InvalidMarkerException/);
  expect(await api.refusal(new ListKeysCommand({ Limit: 1001 }))).toContain("less than or equal to 1000");
});

describe("the end of a key", () => {
  test("it waits, can be saved as a disabled key, and is gone when its time is over", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    await api.kms.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId }));
    const start = api.clock.now();
    const scheduled = await api.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(scheduled).toMatchObject({ KeyId, KeyState: "PendingDeletion", PendingWindowInDays: 7 });
    expect(Math.round(((scheduled.DeletionDate?.getTime() ?? 0) - start) / DAY)).toBe(7);
    const refused = `KMSInvalidStateException: ${KeyId} is pending deletion.`;
    for (const command of [
      new EnableKeyCommand({ KeyId }),
      new DisableKeyCommand({ KeyId }),
      new ScheduleKeyDeletionCommand({ KeyId }),
      new UpdateKeyDescriptionCommand({ KeyId, Description: "x" }),
      new TagResourceCommand({ KeyId, Tags: [{ TagKey: "a", TagValue: "b" }] }),
      new CreateAliasCommand({ AliasName: "alias/b", TargetKeyId: KeyId }),
    ])
      expect(await api.refusal(command)).toBe(refused);
    await api.kms.send(new CancelKeyDeletionCommand({ KeyId }));
    expect((await api.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState).toBe("Disabled");
    expect(await api.refusal(new CancelKeyDeletionCommand({ KeyId }))).toBe(`KMSInvalidStateException: ${KeyId} is not pending deletion.`);
    await api.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    api.pass(7 * DAY);
    expect(await api.refusal(new DescribeKeyCommand({ KeyId }))).toBe(`NotFoundException: Key '${KeyId}' does not exist`);
    expect((await api.kms.send(new ListKeysCommand({}))).Keys).toEqual([]);
  });

  test.each([6, 31])("a window of %i days is refused", async (PendingWindowInDays) => {
    await using api = await kmsWorld();
    expect(await api.refusal(new ScheduleKeyDeletionCommand({ KeyId: await api.key(), PendingWindowInDays }))).toContain(
      "pendingWindowInDays",
    );
  });
});

describe("aliases", () => {
  test("come, move to another key of the same kind, and go", async () => {
    await using api = await kmsWorld();
    const [one, two, other] = [await api.key(), await api.key(), await api.key({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" })];
    const AliasName = "alias/orders";
    await api.kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: one }));
    expect(await api.refusal(new CreateAliasCommand({ AliasName, TargetKeyId: two }))).toBe(
      "AlreadyExistsException: An alias with the name arn:aws:kms:us-east-1:123456789012:alias/orders already exists",
    );
    await api.kms.send(new UpdateAliasCommand({ AliasName, TargetKeyId: two }));
    expect((await api.kms.send(new DescribeKeyCommand({ KeyId: AliasName }))).KeyMetadata?.Arn).toBe(two);
    expect(await api.refusal(new UpdateAliasCommand({ AliasName, TargetKeyId: other }))).toMatch(/^ValidationException/);
    const { Aliases } = await api.kms.send(new ListAliasesCommand({ KeyId: two }));
    expect(Aliases).toMatchObject([{ AliasName, TargetKeyId: two.replace(/.*\//, "") }]);
    await api.kms.send(new DeleteAliasCommand({ AliasName }));
    expect(await api.refusal(new DeleteAliasCommand({ AliasName }))).toContain(
      "Alias arn:aws:kms:us-east-1:123456789012:alias/orders is not found.",
    );
  });

  test.each([
    ["orders", 'ValidationException: Alias must start with the prefix "alias/"'],
    ["alias/", "ValidationException: Invalid identifier"],
    ["alias/a b", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"],
    ["alias/a:b", "contains invalid characters for an alias"],
    ["alias/aws/mine", "NotAuthorizedException"],
  ])("the name %s is refused", async (AliasName, wanted) => {
    await using api = await kmsWorld();
    expect(await api.refusal(new CreateAliasCommand({ AliasName, TargetKeyId: await api.key() }))).toContain(wanted);
  });

  test.each(["alias/aws/ssm", "alias/none", "arn:aws:kms:us-east-1:123456789012:alias/other"])(
    "refer to keys: the target %s is refused",
    async (TargetKeyId) => {
      await using api = await kmsWorld();
      const refusal = "ValidationException: Aliases must refer to keys. Not aliases";
      expect(await api.refusal(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId }))).toBe(refusal);
      await api.kms.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: await api.key() }));
      expect(await api.refusal(new UpdateAliasCommand({ AliasName: "alias/a", TargetKeyId }))).toBe(refusal);
    },
  );

  test("AWS's own are listed, and made when they are described; nobody uses them directly", async () => {
    await using api = await kmsWorld();
    const names = async () =>
      (await api.kms.send(new ListAliasesCommand({}))).Aliases?.map(({ AliasName, TargetKeyId }) => [AliasName, TargetKeyId !== undefined]);
    expect(await names()).toEqual([
      ["alias/aws/ecr", false],
      ["alias/aws/secretsmanager", false],
      ["alias/aws/ssm", false],
    ]);
    const { KeyMetadata } = await api.kms.send(new DescribeKeyCommand({ KeyId: "alias/aws/ssm" }));
    expect(KeyMetadata).toMatchObject({ KeyManager: "AWS", KeyState: "Enabled" });
    expect(await names()).toContainEqual(["alias/aws/ssm", true]);
    for (const command of [
      new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }),
      new ScheduleKeyDeletionCommand({ KeyId: KeyMetadata?.KeyId }),
    ])
      expect(await api.refusal(command)).toMatch(/^AccessDeniedException/);
  });
});

test("tags are set, replaced and removed", async () => {
  await using api = await kmsWorld();
  const KeyId = await api.key({ Tags: [{ TagKey: "team", TagValue: "a" }] });
  await api.kms.send(
    new TagResourceCommand({
      KeyId,
      Tags: [
        { TagKey: "team", TagValue: "b" },
        { TagKey: "stage", TagValue: "" },
      ],
    }),
  );
  await api.kms.send(new UntagResourceCommand({ KeyId, TagKeys: ["stage"] }));
  expect((await api.kms.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual([{ TagKey: "team", TagValue: "b" }]);
});

describe("key policies", () => {
  const policy = (Principal: string, Action = "kms:*") =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: Principal }, Action, Resource: "*" }] });
  const ROOT = "arn:aws:iam::123456789012:root";

  test("the default one leaves everything to the account", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const { Policy = "", PolicyName } = await api.kms.send(new GetKeyPolicyCommand({ KeyId }));
    expect(PolicyName).toBe("default");
    expect(JSON.parse(Policy)).toMatchObject({ Id: "key-default-1", Statement: [{ Principal: { AWS: ROOT }, Action: "kms:*" }] });
    expect((await api.kms.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames).toEqual(["default"]);
  });

  test("one that locks out who sets it is refused, unless the check is bypassed", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const Policy = policy(ROOT, "kms:Decrypt");
    const text = "MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.";
    expect(await api.refusal(new PutKeyPolicyCommand({ KeyId, Policy }))).toBe(text);
    expect(await api.refusal(new CreateKeyCommand({ Policy }))).toBe(text);
    await api.kms.send(new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }));
    expect(await api.refusal(new DescribeKeyCommand({ KeyId }))).toMatch(/^AccessDeniedException/);
  });

  test.each([
    ["names a user that is not there", policy("arn:aws:iam::123456789012:user/nobody"), "invalid principals"],
    ["is no JSON", "nonsense", "MalformedPolicyDocumentException"],
  ])("one that %s is refused", async (_, Policy, wanted) => {
    await using api = await kmsWorld();
    expect(await api.refusal(new PutKeyPolicyCommand({ KeyId: await api.key(), Policy }))).toContain(wanted);
  });
});

test("the command line makes a key, encrypts and decrypts a file, and ends the key", { timeout: 120_000 }, async () => {
  await using api = await kmsWorld();
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await api.aws("kms", ...args, "--output", "text");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout.trim();
  };
  const id = await run("create-key", "--description", "from the command line", "--query", "KeyMetadata.KeyId");
  await run("create-alias", "--alias-name", "alias/cli", "--target-key-id", id);
  const context = "stage=prod,app=shop";
  const blob = await run(
    "encrypt",
    "--key-id",
    "alias/cli",
    "--plaintext",
    "attack at dawn",
    "--encryption-context",
    context,
    "--query",
    "CiphertextBlob",
  );
  const folder = await mkdtemp(join(tmpdir(), "airfield-kms-"));
  const file = join(folder, "blob");
  await writeFile(file, Buffer.from(blob, "base64"));
  const back = await run("decrypt", "--ciphertext-blob", `fileb://${file}`, "--encryption-context", context, "--query", "Plaintext");
  await rm(folder, { recursive: true });
  expect(Buffer.from(back, "base64").toString()).toBe("attack at dawn");
  expect(await run("schedule-key-deletion", "--key-id", id, "--pending-window-in-days", "7", "--query", "KeyState")).toBe(
    "PendingDeletion",
  );
  const refused = await api.aws("kms", "enable-key", "--key-id", id);
  expect(refused.stderr).toContain("(KMSInvalidStateException) when calling the EnableKey operation");
});
