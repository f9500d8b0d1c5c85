import { CreateClusterCommand, DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateAccessKeyCommand, CreatePolicyCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { memoryAuditLog } from "../../drivers/memory/audit-log.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, TEST_KEYS, type ApiWorld } from "../../testing/api-world.ts";
import { sendSigned } from "../../testing/signed-request.ts";

type Records = ReturnType<typeof memoryAuditLog>["records"];

async function world(): Promise<{ readonly api: ApiWorld; readonly records: () => Records } & AsyncDisposable> {
  const audit = memoryAuditLog();
  const api = await apiWorld({ audit });
  return { api, records: () => audit.records, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

/** A client with other keys than root's of the default account. */
function clientAs<C>(api: ApiWorld, constructor: new (config: never) => C, credentials: object): C {
  return new constructor({ endpoint: api.url, region: "eu-central-1", credentials, maxAttempts: 1 } as never);
}

const refusalOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined).catch((error: unknown) => error);

describe("a call is recorded as CloudTrail records it", () => {
  test("what changes something, with request and response", async () => {
    await using opened = await world();
    const { $metadata } = await opened.api.client(ECSClient).send(new CreateClusterCommand({ clusterName: "shop" }));
    const [record] = opened.records();
    expect(record).toMatchObject({
      eventVersion: "1.11",
      userIdentity: {
        type: "Root",
        principalId: "123456789012",
        arn: "arn:aws:iam::123456789012:root",
        accountId: "123456789012",
        accessKeyId: TEST_KEYS.accessKeyId,
      },
      eventSource: "ecs.amazonaws.com",
      eventName: "CreateCluster",
      awsRegion: "us-east-1",
      sourceIPAddress: "127.0.0.1",
      requestParameters: { clusterName: "shop" },
      responseElements: { cluster: { clusterName: "shop", status: "ACTIVE" } },
      requestID: $metadata.requestId,
      readOnly: false,
      eventType: "AwsApiCall",
      managementEvent: true,
      recipientAccountId: "123456789012",
      eventCategory: "Management",
    });
    expect(record?.eventTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(record?.eventID).toMatch(/^[0-9a-f-]{36}$/);
    expect(record?.["userAgent"]).toContain("aws-sdk-js");
    expect(record).not.toHaveProperty("errorCode");
    expect(record).not.toHaveProperty("tlsDetails");
  });

  test("what only reads, without its response", async () => {
    await using opened = await world();
    await opened.api.client(ECSClient).send(new DescribeClustersCommand({ clusters: ["shop"] }));
    expect(opened.records()).toMatchObject([
      { eventName: "DescribeClusters", readOnly: true, requestParameters: { clusters: ["shop"] }, responseElements: null },
    ]);
  });

  test("what a user may not, with the code of the trail and the resource", async () => {
    await using opened = await world();
    const { api } = opened;
    const iam = api.client(IAMClient);
    await iam.send(new CreateUserCommand({ UserName: "ada" }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ada" }));
    const keys = { accessKeyId: AccessKey?.AccessKeyId, secretAccessKey: AccessKey?.SecretAccessKey };
    await refusalOf(clientAs(api, ECSClient, keys).send(new CreateClusterCommand({ clusterName: "shop" })));
    await refusalOf(clientAs(api, EC2Client, keys).send(new DescribeVpcsCommand()));
    const [created, key, refused, ec2] = opened.records();
    expect(created).toMatchObject({ eventSource: "iam.amazonaws.com", awsRegion: "us-east-1" });
    expect(key).toMatchObject({ responseElements: { accessKey: { userName: "ada", accessKeyId: keys.accessKeyId } } });
    expect(JSON.stringify(opened.records())).not.toContain(keys.secretAccessKey);
    expect(refused).toMatchObject({
      userIdentity: { type: "IAMUser", arn: "arn:aws:iam::123456789012:user/ada", userName: "ada", accessKeyId: keys.accessKeyId },
      awsRegion: "eu-central-1",
      errorCode: "AccessDenied",
      errorMessage: expect.stringContaining("is not authorized to perform: ecs:CreateCluster") as string,
      responseElements: null,
    });
    expect(ec2).toMatchObject({ errorCode: "Client.UnauthorizedOperation" });
  });

  test("what fails, with AWS's code, and the resources that it names", async () => {
    await using opened = await world();
    await refusalOf(opened.api.client(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId: "none" })));
    expect(opened.records()).toMatchObject([{ errorCode: "ResourceNotFoundException", requestParameters: { secretId: "none" } }]);
    await opened.api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "db", SecretString: "planted-9b1c" }));
    await opened.api.client(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId: "db" }));
    expect(opened.records().at(-1)).toMatchObject({
      resources: [
        { ARN: expect.stringContaining(":secret:db-") as string, accountId: "123456789012", type: "AWS::SecretsManager::Secret" },
      ],
    });
    expect(JSON.stringify(opened.records())).not.toContain("planted-9b1c");
  });

  test("the account is the caller's", async () => {
    await using opened = await world();
    await clientAs(opened.api, ECSClient, FOREIGN_KEYS).send(new CreateClusterCommand({ clusterName: "there" }));
    expect(opened.records()).toMatchObject([{ recipientAccountId: FOREIGN_ACCOUNT, userIdentity: { accountId: FOREIGN_ACCOUNT } }]);
  });
});

describe("who was not let in is recorded too, in short", () => {
  test.each<[string, object, string, object]>([
    [
      "a key that nobody has",
      { accessKeyId: "AKIAIOSFODNN7NOBODYX" },
      "UnrecognizedClientException",
      { accessKeyId: "AKIAIOSFODNN7NOBODYX" },
    ],
    ["a wrong secret", { secretAccessKey: "wrong" }, "InvalidSignatureException", { accessKeyId: TEST_KEYS.accessKeyId }],
    ["a secret in the place of the key's id", { accessKeyId: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" }, "UnrecognizedClientException", {}],
  ])("%s", async (_, keys, errorCode, shown) => {
    await using opened = await world();
    await refusalOf(clientAs(opened.api, ECSClient, { ...TEST_KEYS, ...keys }).send(new CreateClusterCommand({})));
    const [record] = opened.records();
    expect(record).toMatchObject({ errorCode, eventName: "CreateCluster", recipientAccountId: "123456789012", requestParameters: null });
    expect(record?.userIdentity).toEqual({ type: "Unknown", ...shown });
    expect(record).not.toHaveProperty("errorMessage");
  });

  test("a wrong secret is told to the account whose key it claims to be", async () => {
    await using opened = await world();
    await refusalOf(clientAs(opened.api, ECSClient, { ...FOREIGN_KEYS, secretAccessKey: "wrong" }).send(new CreateClusterCommand({})));
    expect(opened.records()).toMatchObject([{ recipientAccountId: FOREIGN_ACCOUNT, awsRegion: "eu-central-1" }]);
  });

  test.each([
    ["no signature", {}, "MissingAuthenticationToken", "Unknown", "unknown.amazonaws.com"],
    [
      "a target that is none",
      { "x-amz-target": "<script>.x y" },
      "UnknownService",
      "HIDDEN_DUE_TO_SECURITY_REASONS",
      "hidden_due_to_security_reasons.amazonaws.com",
    ],
  ])("%s", async (_, headers, errorCode, eventName, eventSource) => {
    await using opened = await world();
    await fetch(opened.api.url, { method: "POST", headers, body: "planted" });
    expect(opened.records()).toMatchObject([{ errorCode, eventName, eventSource, userIdentity: { type: "Unknown" } }]);
  });
});

test("a request that cannot be read is recorded without its parameters", async () => {
  await using opened = await world();
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonEC2ContainerServiceV20141113.CreateCluster" };
  await sendSigned(opened.api.url, { service: "ecs", headers, body: '{"clusterName": planted-4c' });
  expect(opened.records()).toMatchObject([{ eventName: "CreateCluster", errorCode: "SerializationException", requestParameters: null }]);
  expect(JSON.stringify(opened.records())).not.toContain("planted-4c");
});

test("parameters beyond 100 KB are left out, with their size", async () => {
  await using opened = await world();
  const iam = opened.api.client(IAMClient);
  await refusalOf(iam.send(new CreatePolicyCommand({ PolicyName: "p", PolicyDocument: "x".repeat(120_000) })));
  expect(opened.records()).toMatchObject([
    { requestParameters: { omitted: true, originalSize: expect.any(Number) as number, reason: "requestParameters too large" } },
  ]);
});

test("a log that fails keeps no answer back", async () => {
  const audit = {
    ...memoryAuditLog(),
    append: () => {
      throw new Error("full");
    },
  };
  await using api = await apiWorld({ audit: audit as never });
  await api.client(ECSClient).send(new CreateClusterCommand({ clusterName: "shop" }));
  expect(api.defects).toHaveLength(1);
});
