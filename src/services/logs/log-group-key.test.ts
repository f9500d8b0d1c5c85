import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqliteLogStore } from "../../drivers/sqlite/log-store.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";

let api: ApiWorld;
let logs: CloudWatchLogsClient;
beforeAll(async () => {
  api = await apiWorld({ logs: sqliteLogStore(":memory:") });
  logs = api.client(CloudWatchLogsClient);
});
afterAll(() => api[Symbol.asyncDispose]());

const GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:own";
/** A key policy that leaves its account in charge and lets CloudWatch Logs use the key for these groups. */
function policy(account: string, service: string, groups = "arn:aws:logs:*"): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
      {
        Effect: "Allow",
        Principal: { Service: service },
        Action: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        Resource: "*",
        Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": groups } },
      },
    ],
  });
}

async function key(account = "123456789012", text?: string, keys?: typeof FOREIGN_KEYS): Promise<string> {
  const made = await api.client(KMSClient, "us-east-1", keys).send(new CreateKeyCommand({ ...(text ? { Policy: text } : {}) }));
  expect(made.KeyMetadata?.AWSAccountId).toBe(account);
  return made.KeyMetadata?.Arn ?? "";
}

describe("a log group gets a key", () => {
  test("whose policy lets CloudWatch Logs use it for the group, of its own account and of another", async () => {
    const service = "logs.us-east-1.amazonaws.com";
    await logs.send(
      new CreateLogGroupCommand({ logGroupName: "own", kmsKeyId: await key(undefined, policy("123456789012", service, GROUP)) }),
    );
    const foreign = await key(FOREIGN_ACCOUNT, policy(FOREIGN_ACCOUNT, service), FOREIGN_KEYS);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "shared", kmsKeyId: foreign }));
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "shared" }));
    expect(logGroups).toMatchObject([{ kmsKeyId: foreign }]);
  });

  test.each<[string, () => Promise<string>]>([
    ["not one whose policy does not name CloudWatch Logs", () => key()],
    ["not one of another account that does not name it", () => key(FOREIGN_ACCOUNT, undefined, FOREIGN_KEYS)],
    ["not one for CloudWatch Logs of another region", () => key(undefined, policy("123456789012", "logs.eu-west-1.amazonaws.com"))],
    ["not one for another group", () => key(undefined, policy("123456789012", "logs.us-east-1.amazonaws.com", `${GROUP}-other`))],
    ["not one that is not there", async () => "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"],
    [
      "not one that is disabled",
      async () => {
        const KeyId = await key(undefined, policy("123456789012", "logs.us-east-1.amazonaws.com"));
        await api.client(KMSClient).send(new DisableKeyCommand({ KeyId }));
        return KeyId;
      },
    ],
  ])("%s", async (_, made) => {
    const refused = logs.send(new CreateLogGroupCommand({ logGroupName: "refused", kmsKeyId: await made() }));
    await expect(refused).rejects.toMatchObject({
      name: "AccessDeniedException",
      message:
        "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:us-east-1:123456789012:log-group:refused'",
    });
  });

  test.each(["alias/own", "11111111-2222-3333-4444-555555555555", "arn:aws:iam::123456789012:role/a", ""])(
    "not by %j",
    async (kmsKeyId) => {
      await expect(logs.send(new CreateLogGroupCommand({ logGroupName: "refused", kmsKeyId }))).rejects.toMatchObject({
        name: "InvalidParameterException",
      });
    },
  );
});

test.each([
  ["another account", "arn:aws:logs:us-east-1:210987654321:log-group:own"],
  ["another region", "arn:aws:logs:eu-west-1:123456789012:log-group:own"],
  ["another service", "arn:aws:ecs:us-east-1:123456789012:log-group:own"],
  ["no ARN", "own"],
])("a group of one's own is not found by the name in an ARN of %s", async (_, resourceArn) => {
  await expect(logs.send(new ListTagsForResourceCommand({ resourceArn }))).rejects.toMatchObject({
    name: expect.stringMatching(/ResourceNotFoundException|AccessDeniedException/) as string,
  });
});
