import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  TagResourceCommand,
  UpdateSecretCommand,
  ValidateResourcePolicyCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { keys } from "../../state/kms/keys.ts";
import { secrets } from "../../state/secrets.ts";
import { FOREIGN_ACCOUNT } from "../../testing/api-world.ts";
import { secretsWorld } from "../../testing/secrets-world.ts";

const FOREIGN_ROOT = `arn:aws:iam::${FOREIGN_ACCOUNT}:root`;
const policy = (...statements: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (Action: string, more: object = {}) => ({ Effect: "Allow", Action: `secretsmanager:${Action}`, Resource: "*", ...more });
const DENIED = { name: "AccessDeniedException" };

describe("what a policy says of a secret", () => {
  test("holds by its real ARN, however the request names it", async () => {
    await using api = await secretsWorld();
    const arn = await api.secret("prod/db", "1");
    await api.secret("prod/other", "2");
    const reader = api.caller("reader", allow("GetSecretValue", { Resource: arn }));
    for (const id of ["prod/db", arn, arn.slice(0, -7)]) expect(await api.value(id, {}, reader)).toBe("1");
    await expect(api.value("prod/other", {}, reader)).rejects.toMatchObject({
      ...DENIED,
      message: expect.stringMatching(
        /^User: arn:aws:iam::123456789012:user\/reader is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:prod\/other-\w{6} because no identity-based policy allows the secretsmanager:GetSecretValue action$/,
      ) as string,
    });
    await expect(api.value("prod/none", {}, reader)).rejects.toMatchObject(DENIED);
  });

  test.each<[string, object, object, object]>([
    ["SecretId", { StringEquals: { "secretsmanager:SecretId": "s" } }, {}, { SecretId: "s-" }],
    ["VersionStage", { StringEquals: { "secretsmanager:VersionStage": "AWSCURRENT" } }, {}, { VersionStage: "AWSPREVIOUS" }],
    ["ResourceTag", { StringEquals: { "secretsmanager:ResourceTag/team": "a" } }, {}, { SecretId: "other" }],
    ["aws:ResourceTag", { StringEquals: { "aws:ResourceTag/team": "a" } }, {}, { SecretId: "other" }],
  ])("may ask for %s when a value is read", async (_key, Condition, good, bad) => {
    await using api = await secretsWorld();
    await api.secret("s", "1", { Tags: [{ Key: "team", Value: "a" }] });
    await api.secret("other", "1");
    const reader = api.caller("reader", allow("GetSecretValue", { Condition }));
    await reader.send(new GetSecretValueCommand({ SecretId: "s", ...good }));
    await expect(reader.send(new GetSecretValueCommand({ SecretId: "s", ...bad }))).rejects.toMatchObject(DENIED);
  });

  test.each<[string, object, object, object]>([
    ["Name", { StringLike: { "secretsmanager:Name": "prod/*" } }, { Name: "prod/a" }, { Name: "dev/a" }],
    ["Description", { StringEquals: { "secretsmanager:Description": "d" } }, { Description: "d" }, {}],
    ["KmsKeyId", { Null: { "secretsmanager:KmsKeyId": "true" } }, {}, { KmsKeyId: "alias/aws/secretsmanager" }],
    [
      "regions",
      { "ForAllValues:StringEquals": { "secretsmanager:AddReplicaRegions": ["eu-west-1"] } },
      {},
      { AddReplicaRegions: [{ Region: "eu-west-2" }] },
    ],
    [
      "tags",
      { StringEquals: { "aws:RequestTag/team": "a" } },
      { Tags: [{ Key: "team", Value: "a" }] },
      { Tags: [{ Key: "team", Value: "b" }] },
    ],
    ["resources", {}, { Name: "prod/a" }, { Name: "dev/a" }],
  ])("may ask for %s when a secret is made", async (key, Condition, good, bad) => {
    await using api = await secretsWorld();
    const Resource = key === "resources" ? "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/*" : "*";
    const maker = api.caller(
      "maker",
      allow("CreateSecret", { Condition, Resource }),
      allow("TagResource"),
      allow("ReplicateSecretToRegions"),
    );
    await maker.send(new CreateSecretCommand({ Name: "prod/s", ...good }));
    await expect(maker.send(new CreateSecretCommand({ Name: "prod/t", ...bad }))).rejects.toMatchObject(DENIED);
  });

  test.each([
    ["tags need TagResource", { Tags: [{ Key: "a", Value: "b" }] }],
    ["replicas need ReplicateSecretToRegions", { AddReplicaRegions: [{ Region: "eu-west-1" }] }],
  ])("of making a secret: %s too", async (_what, more) => {
    await using api = await secretsWorld();
    const maker = api.caller("maker", allow("CreateSecret"));
    await expect(maker.send(new CreateSecretCommand({ Name: "s", ...more }))).rejects.toMatchObject(DENIED);
    expect(api.state.table(secrets).size).toBe(0);
  });

  test("may ask how a secret is deleted", async () => {
    await using api = await secretsWorld();
    for (const name of ["a", "b", "c"]) await api.secret(name, "1");
    const cautious = api.caller(
      "cautious",
      allow("DeleteSecret", { Condition: { NumericGreaterThanEquals: { "secretsmanager:RecoveryWindowInDays": "14" } } }),
    );
    await cautious.send(new DeleteSecretCommand({ SecretId: "a", RecoveryWindowInDays: 14 }));
    await expect(cautious.send(new DeleteSecretCommand({ SecretId: "b", RecoveryWindowInDays: 7 }))).rejects.toMatchObject(DENIED);
    await expect(cautious.send(new DeleteSecretCommand({ SecretId: "c", ForceDeleteWithoutRecovery: true }))).rejects.toMatchObject(DENIED);
  });

  test("may ask which tags a request sets", async () => {
    await using api = await secretsWorld();
    await api.secret("s", "1");
    const tagger = api.caller("tagger", allow("TagResource", { Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } } }));
    await tagger.send(new TagResourceCommand({ SecretId: "s", Tags: [{ Key: "team", Value: "a" }] }));
    await expect(tagger.send(new TagResourceCommand({ SecretId: "s", Tags: [{ Key: "cost", Value: "a" }] }))).rejects.toMatchObject(DENIED);
  });
});

describe("a secret's own policy", () => {
  test("lets another account read, where a customer's key is shared with it too", async () => {
    await using api = await secretsWorld();
    const key = api.key(
      policy(
        { Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" },
        { Effect: "Allow", Principal: { AWS: FOREIGN_ROOT }, Action: "kms:Decrypt", Resource: "*" },
      ),
    );
    const arn = await api.secret("s", "1", { KmsKeyId: key.arn });
    await expect(api.value(arn, {}, api.foreigner)).rejects.toMatchObject(DENIED);
    const ResourcePolicy = policy(allow("GetSecretValue", { Principal: { AWS: FOREIGN_ROOT } }));
    await api.root.send(new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy }));
    expect(await api.value(arn, {}, api.foreigner)).toBe("1");
    // A name counts in the account of who asks.
    await expect(api.value("s", {}, api.foreigner)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(api.foreigner.send(new DescribeSecretCommand({ SecretId: arn }))).rejects.toMatchObject(DENIED);
    api.state.commit(() =>
      api.state.table(keys).put({
        ...key,
        policy: policy({ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" }),
      }),
    );
    await expect(api.value(arn, {}, api.foreigner)).rejects.toMatchObject({ ...DENIED, message: "Access to KMS is not allowed" });
    await api.root.send(new DeleteResourcePolicyCommand({ SecretId: "s" }));
    await expect(api.value(arn, {}, api.foreigner)).rejects.toMatchObject(DENIED);
  });

  test("lets no other account read what the service's own key protects", async () => {
    await using api = await secretsWorld();
    const arn = await api.secret("s", "1");
    const ResourcePolicy = policy(allow("*", { Principal: { AWS: FOREIGN_ROOT } }));
    await api.root.send(new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy }));
    const refusal = {
      name: "InvalidRequestException",
      message: "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    };
    await expect(api.value(arn, {}, api.foreigner)).rejects.toMatchObject(refusal);
    await expect(api.foreigner.send(new PutSecretValueCommand({ SecretId: arn, SecretString: "2" }))).rejects.toMatchObject(refusal);
    expect((await api.foreigner.send(new DescribeSecretCommand({ SecretId: arn }))).Name).toBe("s");
  });

  test("allows a user of its account what that user's policies do not, and its deny counts before them", async () => {
    await using api = await secretsWorld();
    await api.secret("s", "1");
    const nobody = api.caller("nobody", allow("ListSecrets"));
    const somebody = api.caller("somebody", allow("GetSecretValue"));
    const user = (name: string) => ({ AWS: `arn:aws:iam::123456789012:user/${name}` });
    const ResourcePolicy = policy(allow("GetSecretValue", { Principal: user("nobody") }), {
      Effect: "Deny",
      Principal: user("somebody"),
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
    });
    await api.root.send(new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy }));
    expect(await api.value("s", {}, nobody)).toBe("1");
    await expect(api.value("s", {}, somebody)).rejects.toMatchObject({
      ...DENIED,
      message: expect.stringContaining("with an explicit deny in a resource-based policy") as string,
    });
  });

  test("is shown as it was set, and not at all where there is none", async () => {
    await using api = await secretsWorld();
    await api.secret("s", "1");
    const shown = async () => (await api.root.send(new GetResourcePolicyCommand({ SecretId: "s" }))).ResourcePolicy;
    expect(await shown()).toBeUndefined();
    const ResourcePolicy = ` ${policy(allow("GetSecretValue", { Principal: { AWS: FOREIGN_ROOT } }))}`;
    await api.root.send(new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy }));
    expect(await shown()).toBe(ResourcePolicy);
    await api.root.send(new DeleteResourcePolicyCommand({ SecretId: "s" }));
    expect(await shown()).toBeUndefined();
  });

  test.each([
    ["what is no JSON", "{", "This resource policy contains a syntax error."],
    ["no statement", "{}", "This resource policy contains a syntax error."],
    ["no principal", policy(allow("GetSecretValue")), "This resource policy contains an unsupported principal."],
    [
      "a user that there is not",
      policy(allow("GetSecretValue", { Principal: { AWS: "arn:aws:iam::123456789012:user/ghost" } })),
      "This resource policy contains an unsupported principal.",
    ],
    [
      "everybody but one",
      policy(allow("GetSecretValue", { NotPrincipal: { AWS: FOREIGN_ROOT } })),
      "This resource policy contains an unsupported principal.",
    ],
  ])("is refused with %s", async (_what, ResourcePolicy, message) => {
    await using api = await secretsWorld();
    await api.secret("s", "1");
    const refusal = { name: "MalformedPolicyDocumentException", message };
    await expect(api.root.send(new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy }))).rejects.toMatchObject(refusal);
    await expect(api.root.send(new ValidateResourcePolicyCommand({ ResourcePolicy }))).rejects.toMatchObject(refusal);
  });

  const everybody = (more: object = {}): object => allow("GetSecretValue", { Principal: "*", ...more });
  test.each<[string, object, boolean]>([
    ["everybody", everybody(), true],
    ["everybody as AWS principals", everybody({ Principal: { AWS: ["*"] } }), true],
    ["everybody over TLS", everybody({ Condition: { Bool: { "aws:SecureTransport": "true" } } }), true],
    ["any organization", everybody({ Condition: { StringLike: { "aws:PrincipalOrgID": "*" } } }), true],
    [
      "everybody where a key is absent too",
      everybody({ Condition: { StringEqualsIfExists: { "aws:PrincipalAccount": FOREIGN_ACCOUNT } } }),
      true,
    ],
    ["an account", everybody({ Principal: { AWS: FOREIGN_ROOT } }), false],
    ["everybody of an account", everybody({ Condition: { StringEquals: { "aws:PrincipalAccount": FOREIGN_ACCOUNT } } }), false],
    ["an address block", everybody({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }), false],
    ["nobody: a deny", everybody({ Effect: "Deny" }), false],
  ])("that lets in %s is public: %#", async (_who, statement, isPublic) => {
    await using api = await secretsWorld();
    await api.secret("s", "1");
    const ResourcePolicy = policy(statement);
    const validated = await api.root.send(new ValidateResourcePolicyCommand({ SecretId: "s", ResourcePolicy }));
    expect(validated.PolicyValidationPassed).toBe(!isPublic);
    expect(validated.ValidationErrors).toHaveLength(isPublic ? 1 : 0);
    const blocking = new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy, BlockPublicPolicy: true });
    const outcome = await api.root.send(blocking).then(
      () => "done",
      (refusal: Error) => refusal.name,
    );
    expect(outcome).toBe(isPublic ? "PublicPolicyException" : "done");
    await api.root.send(new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy }));
  });
});

describe("a customer's key", () => {
  test("must be the caller's to use", async () => {
    await using api = await secretsWorld();
    const key = api.key();
    await api.secret("s", "1", { KmsKeyId: key.arn });
    const kms = (Action: string[]) => ({ Effect: "Allow", Action, Resource: key.arn });
    const without = api.caller("without", allow("*"));
    const reading = api.caller("reading", allow("*"), kms(["kms:Decrypt"]));
    const writing = api.caller("writing", allow("*"), kms(["kms:Decrypt", "kms:GenerateDataKey"]));
    const refusal = { ...DENIED, message: "Access to KMS is not allowed" };
    await expect(api.value("s", {}, without)).rejects.toMatchObject(refusal);
    expect(await api.value("s", {}, reading)).toBe("1");
    await expect(reading.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }))).rejects.toMatchObject(refusal);
    await expect(reading.send(new CreateSecretCommand({ Name: "t", SecretString: "2", KmsKeyId: key.arn }))).rejects.toMatchObject(refusal);
    await writing.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }));
    expect(await api.value("s")).toBe("2");
  });

  test("may be bound to the secret by the encryption context", async () => {
    await using api = await secretsWorld();
    const key = api.key();
    const arn = await api.secret("s", "1", { KmsKeyId: key.arn });
    const bound = (name: string, value: string) =>
      api.caller(name, allow("*"), {
        Effect: "Allow",
        Action: "kms:Decrypt",
        Resource: "*",
        Condition: {
          StringEquals: { "kms:EncryptionContext:SecretARN": value, "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" },
        },
      });
    expect(await api.value("s", {}, bound("right", arn))).toBe("1");
    await expect(api.value("s", {}, bound("wrong", `${arn}x`))).rejects.toMatchObject(DENIED);
  });

  test("that is disabled opens and seals nothing", async () => {
    await using api = await secretsWorld();
    const key = api.key();
    await api.secret("s", "1", { KmsKeyId: key.arn });
    api.state.commit(() => api.state.table(keys).put({ ...key, enabled: false }));
    await expect(api.value("s")).rejects.toMatchObject({ name: "DecryptionFailure" });
    await expect(api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }))).rejects.toMatchObject({
      name: "EncryptionFailure",
    });
    await expect(api.secret("t", "1", { KmsKeyId: "alias/none" })).rejects.toMatchObject({ name: "EncryptionFailure" });
    expect(api.state.table(secrets).size).toBe(1);
  });

  test("that a secret gets later seals what it has", async () => {
    await using api = await secretsWorld();
    await api.secret("s", "1");
    await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }));
    const key = api.key();
    await api.root.send(new UpdateSecretCommand({ SecretId: "s", KmsKeyId: key.arn }));
    const [record] = api.state.table(secrets).values();
    expect(record?.versions.map(({ keyArn }) => keyArn)).toEqual([key.arn, key.arn]);
    expect([await api.value("s"), await api.value("s", { VersionStage: "AWSPREVIOUS" })]).toEqual(["2", "1"]);
    await api.root.send(new UpdateSecretCommand({ SecretId: "s", KmsKeyId: "alias/aws/secretsmanager" }));
    api.state.commit(() => api.state.table(keys).delete(key.arn));
    expect([await api.value("s"), await api.value("s", { VersionStage: "AWSPREVIOUS" })]).toEqual(["2", "1"]);
  });
});

describe("BatchGetSecretValue", () => {
  test("reads what it may, and tells of the rest", { timeout: 60_000 }, async () => {
    await using api = await secretsWorld();
    const arn = await api.secret("a", "1");
    await api.secret("b", "2");
    await api.secret("empty");
    await api.secret("gone", "3");
    await api.root.send(new DeleteSecretCommand({ SecretId: "gone" }));
    const caller = api.caller(
      "caller",
      { Effect: "Allow", Action: ["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"], Resource: "*" },
      { Effect: "Allow", Action: "secretsmanager:GetSecretValue", NotResource: "arn:aws:secretsmanager:*:*:secret:b-*" },
    );
    const { SecretValues, Errors } = await caller.send(
      new BatchGetSecretValueCommand({ SecretIdList: [arn, "b", "none", "empty", "gone"] }),
    );
    expect(SecretValues).toMatchObject([{ ARN: arn, Name: "a", SecretString: "1", VersionStages: ["AWSCURRENT"] }]);
    expect(Errors).toMatchObject([
      {
        SecretId: "b",
        ErrorCode: "AccessDeniedException",
        Message: expect.stringContaining("is not authorized to perform: secretsmanager:GetSecretValue") as string,
      },
      { SecretId: "none", ErrorCode: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret." },
      { SecretId: "empty", ErrorCode: "ResourceNotFoundException" },
      { SecretId: "gone", ErrorCode: "InvalidRequestException" },
    ]);
    const cli = await api.aws("secretsmanager", "batch-get-secret-value", "--filters", "Key=name,Values=a,b");
    expect((JSON.parse(cli.stdout) as { SecretValues: { SecretString: string }[] }).SecretValues.map((one) => one.SecretString)).toEqual([
      "1",
      "2",
    ]);
  });

  test("pages through what filters find", async () => {
    await using api = await secretsWorld();
    for (const name of ["p/1", "p/2", "p/3", "q"]) await api.secret(name, name);
    const found: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await api.root.send(
        new BatchGetSecretValueCommand({ Filters: [{ Key: "name", Values: ["p/"] }], MaxResults: 2, NextToken }),
      );
      found.push(...(page.SecretValues ?? []).map(({ SecretString }) => SecretString));
      NextToken = page.NextToken;
    } while (NextToken);
    expect(found).toEqual(["p/1", "p/2", "p/3"]);
  });

  test.each<[string, object, string]>([
    ["neither names nor filters", {}, "InvalidParameterException"],
    ["both", { SecretIdList: ["a"], Filters: [{ Key: "name", Values: ["a"] }] }, "InvalidParameterException"],
    ["a limit with names", { SecretIdList: ["a"], MaxResults: 1 }, "InvalidParameterException"],
    ["too many names", { SecretIdList: Array.from({ length: 21 }, (_, at) => `s${at}`) }, "ValidationException"],
    ["a token that nobody gave", { Filters: [{ Key: "name", Values: ["a"] }], NextToken: "x" }, "InvalidNextTokenException"],
  ])("refuses %s", async (_what, input, name) => {
    await using api = await secretsWorld();
    await expect(api.root.send(new BatchGetSecretValueCommand(input))).rejects.toMatchObject({ name });
  });
});
