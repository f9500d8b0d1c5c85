import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  PutKeyPolicyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
  type CreateGrantCommandInput,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { FOREIGN_ACCOUNT, FOREIGN_KEYS } from "../../testing/api-world.ts";
import { kmsWorld, type KmsWorld } from "../../testing/kms-world.ts";

const Plaintext = Buffer.from("x");
const arnOf = (user: string): string => `arn:aws:iam::123456789012:user/${user}`;
const allow = (Action: string | string[], Condition?: object, Resource = "*") => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource, ...(Condition ? { Condition } : {}) }],
});

function clientOf(api: KmsWorld, user: string, ...policies: object[]): KMSClient {
  return api.client(KMSClient, "us-east-1", api.user(user, ...policies));
}

async function granted(api: KmsWorld, KeyId: string, input: Partial<CreateGrantCommandInput>) {
  return api.kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal: arnOf("ann"), Operations: ["Encrypt", "Decrypt"], ...input }));
}

describe("who may use a key", () => {
  test("nobody without permission, whatever the command", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const ann = clientOf(api, "ann");
    for (const command of [
      new EncryptCommand({ KeyId, Plaintext }),
      new DescribeKeyCommand({ KeyId }),
      new ScheduleKeyDeletionCommand({ KeyId }),
      new CreateKeyCommand({}),
    ])
      expect(await api.refusal(command, ann)).toMatch(
        /^AccessDeniedException: User: arn:aws:iam::123456789012:user\/ann is not authorized to perform: kms:/,
      );
  });

  test("whom an IAM policy allows, where the key policy leaves it to the account; not where it does not", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const ann = clientOf(api, "ann", allow("kms:*"));
    await ann.send(new EncryptCommand({ KeyId, Plaintext }));
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: arnOf("bob") }, Action: "kms:*", Resource: "*" }],
    });
    const bob = clientOf(api, "bob");
    await api.kms.send(new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }));
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext }), ann)).toContain(
      "because no resource-based policy allows the kms:Encrypt action",
    );
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext }))).toMatch(/^AccessDeniedException/);
    await bob.send(new EncryptCommand({ KeyId, Plaintext }));
  });

  test("an alias counts as its key", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    await api.kms.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId }));
    const ann = clientOf(api, "ann", allow("kms:Encrypt", undefined, KeyId));
    await ann.send(new EncryptCommand({ KeyId: "alias/a", Plaintext }));
    expect(await api.refusal(new EncryptCommand({ KeyId: await api.key(), Plaintext }), ann)).toMatch(/^AccessDeniedException/);
  });

  test.each([
    [
      "kms:EncryptionContext:app",
      { StringEquals: { "kms:EncryptionContext:app": "shop" } },
      { EncryptionContext: { app: "shop" } },
      { EncryptionContext: { app: "other" } },
    ],
    [
      "kms:EncryptionContextKeys",
      { "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "app" } },
      { EncryptionContext: { app: "" } },
      {},
    ],
    ["kms:RequestAlias", { StringEquals: { "kms:RequestAlias": "alias/a" } }, { KeyId: "alias/a" }, {}],
    ["kms:ResourceAliases", { "ForAnyValue:StringLike": { "kms:ResourceAliases": "alias/a*" } }, {}, undefined],
    [
      "kms:KeySpec",
      { StringEquals: { "kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT", "kms:KeyOrigin": "AWS_KMS" } },
      {},
      undefined,
    ],
    ["kms:CallerAccount", { StringEquals: { "kms:CallerAccount": "123456789012" } }, {}, undefined],
    ["kms:ViaService", { StringEquals: { "kms:ViaService": "ssm.us-east-1.amazonaws.com" } }, undefined, {}],
    ["kms:EncryptionAlgorithm", { StringEquals: { "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT" } }, {}, undefined],
    ["aws:ResourceTag", { StringEquals: { "aws:ResourceTag/team": "a" } }, {}, undefined],
  ])("the condition key %s", async (_, condition, allowed, refused) => {
    await using api = await kmsWorld();
    const KeyId = await api.key({ Tags: [{ TagKey: "team", TagValue: "a" }] });
    await api.kms.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId }));
    const ann = clientOf(api, "ann", allow("kms:Encrypt", condition));
    const outcome = (input: object | undefined): Promise<string> | undefined =>
      input &&
      ann.send(new EncryptCommand({ KeyId, Plaintext, ...input })).then(
        () => "allowed",
        ({ name }: Error) => name,
      );
    expect(await outcome(allowed)).toBe(allowed && "allowed");
    expect(await outcome(refused)).toBe(refused && "AccessDeniedException");
  });

  test("another account by the ARN, where the key's policy and its own policies both allow", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const stranger = api.client(KMSClient, "us-east-1", FOREIGN_KEYS);
    const command = new EncryptCommand({ KeyId, Plaintext });
    expect(await api.refusal(command, stranger)).toMatch(/^AccessDeniedException/);
    const statement = (account: string, Action: string) => ({
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action,
      Resource: "*",
    });
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [statement("123456789012", "kms:*"), statement(FOREIGN_ACCOUNT, "kms:*")],
    });
    await api.kms.send(new PutKeyPolicyCommand({ KeyId, Policy }));
    const { CiphertextBlob } = await stranger.send(command);
    expect((await api.kms.send(new DecryptCommand({ CiphertextBlob }))).KeyId).toBe(KeyId);
    // Managing a key is for its own account.
    expect(await api.refusal(new ScheduleKeyDeletionCommand({ KeyId }), stranger)).toMatch(/^NotFoundException/);
  });
});

describe("grants", () => {
  test("give their operations to their principal, until they are revoked", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const [ann, bob] = [clientOf(api, "ann"), clientOf(api, "bob")];
    const { GrantId, GrantToken } = await granted(api, KeyId, { Name: "g" });
    const { CiphertextBlob } = await ann.send(new EncryptCommand({ KeyId, Plaintext, GrantTokens: [GrantToken ?? ""] }));
    await ann.send(new DecryptCommand({ CiphertextBlob }));
    expect(await api.refusal(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }), ann)).toMatch(/^AccessDeniedException/);
    expect(await api.refusal(new DecryptCommand({ CiphertextBlob }), bob)).toMatch(/^AccessDeniedException/);
    expect((await api.kms.send(new ListGrantsCommand({ KeyId }))).Grants).toMatchObject([
      {
        GrantId,
        KeyId,
        Name: "g",
        GranteePrincipal: arnOf("ann"),
        IssuingAccount: "arn:aws:iam::123456789012:root",
        Operations: ["Encrypt", "Decrypt"],
      },
    ]);
    await api.kms.send(new RevokeGrantCommand({ KeyId, GrantId }));
    expect(await api.refusal(new DecryptCommand({ CiphertextBlob }), ann)).toMatch(/^AccessDeniedException/);
    expect(await api.refusal(new RevokeGrantCommand({ KeyId, GrantId }))).toMatch(/^NotFoundException/);
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext, GrantTokens: ["made up"] }))).toMatch(/^InvalidGrantTokenException/);
  });

  test("one with a name that is asked for again is the same one; without a name it is another", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const [one, two] = [await granted(api, KeyId, { Name: "g" }), await granted(api, KeyId, { Name: "g" })];
    expect(two.GrantId).toBe(one.GrantId);
    expect(two.GrantToken).not.toBe(one.GrantToken);
    await granted(api, KeyId, {});
    await granted(api, KeyId, {});
    expect((await api.kms.send(new ListGrantsCommand({ KeyId }))).Grants).toHaveLength(3);
  });

  test.each([
    ["Equals", { EncryptionContextEquals: { app: "shop" } }, [{ app: "shop" }], [{}, { app: "other" }, { app: "shop", more: "" }]],
    ["Equals nothing", { EncryptionContextEquals: {} }, [{}], [{ app: "shop" }, { "": "shop" }, { "": "" }]],
    ["Subset", { EncryptionContextSubset: { app: "shop" } }, [{ app: "shop" }, { app: "shop", more: "" }], [{}, { app: "other" }]],
    [
      "a value that looks like a variable",
      { EncryptionContextSubset: { app: "${aws:username}" } },
      [{ app: "${aws:username}" }],
      [{ app: "ann" }],
    ],
    ["a value that looks like a wildcard", { EncryptionContextSubset: { app: "*" } }, [{ app: "*" }], [{ app: "ann" }]],
    [
      "an empty map beside a full one, which counts",
      { EncryptionContextEquals: {}, EncryptionContextSubset: { app: "shop" } },
      [{ app: "shop", env: "prod" }],
      [{ env: "prod" }],
    ],
  ])("constraints count: %s", async (_, Constraints, allowed, refused) => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const ann = clientOf(api, "ann");
    await granted(api, KeyId, { Constraints: Constraints as never });
    for (const EncryptionContext of allowed)
      await ann.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: EncryptionContext as never }));
    for (const EncryptionContext of refused)
      expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: EncryptionContext as never }), ann)).toMatch(
        /^AccessDenied/,
      );
  });

  test("a deny in a policy is stronger than a grant", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    await granted(api, KeyId, {});
    const ann = clientOf(api, "ann", { Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "kms:Encrypt", Resource: "*" }] });
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext }), ann)).toContain("explicit deny");
  });

  test("who may grant by a grant passes on what it holds, and not more", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const [ann, bob] = [clientOf(api, "ann"), clientOf(api, "bob")];
    await granted(api, KeyId, { Operations: ["Encrypt", "CreateGrant"], Constraints: { EncryptionContextSubset: { app: "shop" } } });
    const pass = (Operations: CreateGrantCommandInput["Operations"], Constraints?: CreateGrantCommandInput["Constraints"]) =>
      new CreateGrantCommand({ KeyId, GranteePrincipal: arnOf("bob"), Operations, ...(Constraints ? { Constraints } : {}) });
    const within = { EncryptionContextSubset: { app: "shop", stage: "test" } };
    expect(await api.refusal(pass(["Decrypt"], within), ann)).toMatch(/^AccessDenied/);
    expect(await api.refusal(pass(["Encrypt"]), ann)).toMatch(/^AccessDenied/);
    await ann.send(pass(["Encrypt"], within));
    await bob.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { app: "shop", stage: "test" } }));
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { app: "shop" } }), bob)).toMatch(/^AccessDenied/);
  });

  test("the retiring principal retires its grant, by token or by id, and no other one", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const bob = clientOf(api, "bob");
    const one = await granted(api, KeyId, { RetiringPrincipal: arnOf("bob") });
    const two = await granted(api, KeyId, { RetiringPrincipal: arnOf("bob") });
    const other = await granted(api, KeyId, { RetiringPrincipal: arnOf("ann") });
    expect(await api.refusal(new RetireGrantCommand({ GrantToken: other.GrantToken }), bob)).toMatch(/^AccessDenied/);
    expect((await api.kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal: arnOf("bob") }))).Grants).toHaveLength(2);
    await bob.send(new RetireGrantCommand({ GrantToken: one.GrantToken }));
    await bob.send(new RetireGrantCommand({ KeyId, GrantId: two.GrantId }));
    expect((await api.kms.send(new ListGrantsCommand({ KeyId }))).Grants).toMatchObject([{ GrantId: other.GrantId }]);
    expect(await api.refusal(new RetireGrantCommand({}))).toMatch(/^ValidationException/);
  });

  test.each([
    ["a principal that is none", { GranteePrincipal: "ann" }, "InvalidArnException"],
    ["an operation of another usage", { Operations: ["Sign"] }, "ValidationException"],
    ["an operation that is none", { Operations: ["Everything"] }, "Member must satisfy enum value set"],
    ["no operation", { Operations: [] }, "ValidationException"],
    [
      "two constraints",
      { Constraints: { EncryptionContextEquals: { a: "b" }, EncryptionContextSubset: { a: "b" } } },
      "ValidationException",
    ],
    ["a service principal", { GranteeServicePrincipal: "ecr.amazonaws.com" }, "ValidationException"],
  ])("%s is refused", async (_, input, wanted) => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    expect(
      await api.refusal(new CreateGrantCommand({ KeyId, GranteePrincipal: arnOf("ann"), Operations: ["Encrypt"], ...(input as object) })),
    ).toContain(wanted);
    expect((await api.kms.send(new ListGrantsCommand({ KeyId }))).Grants).toEqual([]);
  });

  test("many grants of others change nothing for one", async () => {
    await using api = await kmsWorld();
    const KeyId = await api.key();
    const ann = clientOf(api, "ann");
    await Promise.all(Array.from({ length: 60 }, (_, at) => granted(api, KeyId, { GranteePrincipal: arnOf(`user-${at}`) })));
    expect(await api.refusal(new EncryptCommand({ KeyId, Plaintext }), ann)).toMatch(/^AccessDenied/);
    await granted(api, KeyId, {});
    await ann.send(new EncryptCommand({ KeyId, Plaintext }));
    expect(api.defects).toEqual([]);
  });
});
