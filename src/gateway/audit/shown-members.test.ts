import { describe, expect, test } from "vitest";
import { SERVICES } from "../../services/catalogue.ts";
import { operationSchema } from "../schema.ts";
import { HIDDEN, shownMembers, withoutHidden } from "./shown-members.ts";

async function shapesOf(service: string, operation: string) {
  const client = await SERVICES.find(({ id }) => id === service)?.client();
  const schema = client && operationSchema(client as never, operation);
  if (!schema) throw new Error(`${service} has no ${operation}`);
  return schema;
}

const SECRET = "planted-7f3a-value";

describe("a request's parameters", () => {
  test.each<[string, string, string, object, unknown]>([
    [
      "a value that the model marks as sensitive is hidden",
      "ssm",
      "PutParameter",
      { Name: "/db", Value: SECRET },
      { name: "/db", value: HIDDEN },
    ],
    [
      "a secret's text is hidden, and its bytes are too",
      "secretsmanager",
      "PutSecretValue",
      { SecretId: "db", SecretString: SECRET },
      { secretId: "db", secretString: HIDDEN },
    ],
    [
      "blobs are left out",
      "ecr",
      "UploadLayerPart",
      { repositoryName: "shop", partFirstByte: 0, layerPartBlob: Buffer.from(SECRET) },
      { repositoryName: "shop", partFirstByte: 0 },
    ],
    [
      "the environment of a container is hidden, as AWS hides it",
      "ecs",
      "RegisterTaskDefinition",
      { family: "web", containerDefinitions: [{ name: "app", environment: [{ name: "TOKEN", value: SECRET }] }] },
      { family: "web", containerDefinitions: [{ name: "app", environment: HIDDEN }] },
    ],
    [
      "log lines are left out",
      "logs",
      "PutLogEvents",
      { logGroupName: "g", logStreamName: "s", logEvents: [{ timestamp: 1, message: SECRET }] },
      { logGroupName: "g", logStreamName: "s" },
    ],
    [
      "names begin in lower case, at every depth; keys of maps are left as they are",
      "ecs",
      "CreateService",
      { serviceName: "web", deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } } },
      { serviceName: "web", deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } } },
    ],
    [
      "members of the Query protocols begin in lower case too",
      "elasticloadbalancing",
      "CreateTargetGroup",
      { Name: "web", Tags: [{ Key: "Team", Value: "Shop" }] },
      { name: "web", tags: [{ key: "Team", value: "Shop" }] },
    ],
    ["a time is written in ISO 8601", "ecr", "DescribeImages", { repositoryName: "shop" }, { repositoryName: "shop" }],
    ["a code of a device is hidden", "sts", "GetSessionToken", { TokenCode: "123456" }, { tokenCode: HIDDEN }],
  ])("%s", async (_, service, operation, input, expected) => {
    const { shown } = shownMembers((await shapesOf(service, operation)).input, input);
    expect(shown).toEqual(expected);
    expect(JSON.stringify(shown)).not.toContain(SECRET);
  });

  test("there are none where nothing was read", async () => {
    expect(shownMembers((await shapesOf("ecs", "ListClusters")).input, undefined)).toEqual({ shown: null, hidden: [] });
  });
});

test("of temporary credentials the key's id and the end are shown, not the secret and not the token", async () => {
  const { output } = await shapesOf("sts", "GetSessionToken");
  const Credentials = { AccessKeyId: "ASIA1", SecretAccessKey: SECRET, SessionToken: `token-${SECRET}`, Expiration: new Date(0) };
  expect(shownMembers(output, { Credentials }).shown).toEqual({
    credentials: { accessKeyId: "ASIA1", secretAccessKey: HIDDEN, sessionToken: HIDDEN, expiration: "1970-01-01T00:00:00.000Z" },
  });
});

test("what was hidden is taken out of a message as well, the longest text first", () => {
  expect(withoutHidden("value 'abcdef' is not 'abcd'", ["abcd", "abcdef"])).toBe(`value '${HIDDEN}' is not '${HIDDEN}'`);
});
