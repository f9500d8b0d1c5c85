import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiWorld, TEST_KEYS, type ApiWorld } from "../testing/api-world.ts";
import { sendSigned } from "../testing/signed-request.ts";
import { LARGEST_BODY } from "./body.ts";

const ECS_TARGET = "AmazonEC2ContainerServiceV20141113";
const json = (operation: string) => ({ "content-type": "application/x-amz-json-1.1", "x-amz-target": `${ECS_TARGET}.${operation}` });
const form = { "content-type": "application/x-www-form-urlencoded" };

const CALLS = {
  json: (api: ApiWorld, keys: object, clock: number) => settings(api, keys, clock, ECSClient).send(new ListClustersCommand()),
  query: (api: ApiWorld, keys: object, clock: number) => settings(api, keys, clock, STSClient).send(new GetCallerIdentityCommand()),
  ec2: (api: ApiWorld, keys: object, clock: number) => settings(api, keys, clock, EC2Client).send(new DescribeVpcsCommand()),
} as const;

function settings<C>(api: ApiWorld, keys: object, systemClockOffset: number, constructor: new (config: never) => C): C {
  const config = { endpoint: api.url, region: "us-east-1", credentials: { ...TEST_KEYS, ...keys }, maxAttempts: 1, systemClockOffset };
  return new constructor(config as never);
}

describe("who may not come in is told so in the words of the protocol", () => {
  test.each<[keyof typeof CALLS, string, object, number, string, number]>([
    ["json", "a key that does not exist", { accessKeyId: "AKIANOBODY" }, 0, "UnrecognizedClientException", 400],
    ["json", "a wrong secret", { secretAccessKey: "wrong" }, 0, "InvalidSignatureException", 400],
    ["json", "a clock an hour slow", {}, -3_600_000, "InvalidSignatureException", 400],
    ["query", "a key that does not exist", { accessKeyId: "AKIANOBODY" }, 0, "InvalidClientTokenId", 403],
    ["query", "a wrong secret", { secretAccessKey: "wrong" }, 0, "SignatureDoesNotMatch", 403],
    ["ec2", "a key that does not exist", { accessKeyId: "AKIANOBODY" }, 0, "AuthFailure", 401],
    ["ec2", "a wrong secret", { secretAccessKey: "wrong" }, 0, "AuthFailure", 401],
    ["ec2", "a clock an hour slow", {}, -3_600_000, "RequestExpired", 400],
  ])("%s: %s", async (family, _, keys, offset, code, status) => {
    await using api = await apiWorld();
    const error: unknown = await CALLS[family](api, keys, offset).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
  });

  test.each([
    ["json", json("ListClusters"), "{}", "MissingAuthenticationTokenException", 400],
    ["query", form, "Action=GetCallerIdentity&Version=2011-06-15", "MissingAuthenticationToken", 403],
    ["nothing that anybody speaks", {}, "", "MissingAuthenticationToken", 403],
  ] as const)("%s: no signature", async (_, headers, body, code, status) => {
    await using api = await apiWorld();
    const response = await fetch(api.url, { method: "POST", headers, body });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(code);
  });

  test("a signature for another service", async () => {
    await using api = await apiWorld();
    const response = await sendSigned(api.url, { service: "ecr", headers: json("ListClusters"), body: "{}" });
    expect(await response.json()).toMatchObject({
      __type: "InvalidSignatureException",
      message: "Credential should be scoped to correct service: 'ecs'. ",
    });
  });
});

describe("a request that makes no sense", () => {
  test.each([
    ["is not JSON", "ecs", json("DescribeClusters"), "{", 400, "SerializationException"],
    ["is JSON but no object", "ecs", json("DescribeClusters"), "[]", 400, "SerializationException"],
    ["has a member of the wrong type", "ecs", json("DescribeClusters"), '{"clusters":"a"}', 400, "SerializationException"],
    ["names no operation of the service", "ecs", json("MakeCoffee"), "{}", 400, "UnknownOperationException"],
    ["names an inherited property", "ecs", json("constructor"), "{}", 400, "UnknownOperationException"],
    ["names a service that nobody has", "ecs", { ...json("x"), "x-amz-target": "Nobody.Nothing" }, "{}", 501, "UnknownService"],
    ["names no action", "sts", form, "Version=2011-06-15", 400, "MissingAction"],
    ["names an action that is none", "sts", form, "Action=MakeCoffee&Version=2011-06-15", 400, "InvalidAction"],
    ["names an action that is not here yet", "sts", form, "Action=AssumeRoot&Version=2011-06-15", 501, "NotImplemented"],
  ] as const)("because it %s", async (_, service, headers, body, status, code) => {
    await using api = await apiWorld();
    const response = await sendSigned(api.url, { service, headers, body });
    expect(await response.text()).toContain(code);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(api.defects).toEqual([]);
  });

  test.each([
    ["restJson", "apprunner", { "content-type": "application/json" }],
    ["restJson", "elasticfilesystem", {}],
  ] as const)("because its service is not here: in %s, as %s speaks", async (_, service, headers) => {
    await using api = await apiWorld();
    const response = await sendSigned(api.url, { service, headers, body: "" });
    expect(response.status).toBe(501);
    expect(response.headers.get("x-amzn-errortype")).toBe("UnknownService");
    expect(await response.json()).toEqual({ message: expect.stringContaining(`does not offer the service ${service}`) as string });
  });

  test("because its service is not here: as the client of S3 reads it", async () => {
    await using api = await apiWorld();
    const s3 = api.client(S3Client);
    await expect(s3.send(new ListBucketsCommand({}))).rejects.toMatchObject({
      name: "UnknownService",
      message: "Airfield does not offer the service s3; docs/coverage.md lists what it does.",
      $metadata: { httpStatusCode: 501 },
    });
    await expect(sendSigned(api.url, { service: "s3", body: "" }).then((response) => response.text())).resolves.toMatch(
      /\n<Error><Code>UnknownService</,
    );
  });

  test.each([
    ["a Query service", "sns", form, "Action=ListTopics&Version=2010-03-31"],
    ["CloudFront", "cloudfront", {}, ""],
  ] as const)("because its service is not here: as %s answers", async (_, service, headers, body) => {
    await using api = await apiWorld();
    const text = await (await sendSigned(api.url, { service, headers, body })).text();
    expect(text).toMatch(/<ErrorResponse [^>]*><Error><Type>Receiver<\/Type><Code>UnknownService</);
  });

  test("because AWS takes it without a signature, and it is not here", async () => {
    await using api = await apiWorld();
    const body = "Action=AssumeRoleWithSAML&Version=2011-06-15";
    const response = await fetch(api.url, { method: "POST", headers: form, body });
    expect(await response.text()).toContain("<Code>NotImplemented</Code>");
  });

  test("because its body is too large", async () => {
    await using api = await apiWorld();
    const response = await sendSigned(api.url, { service: "ecs", headers: json("ListClusters"), body: "x".repeat(LARGEST_BODY + 1) });
    expect(await response.json()).toMatchObject({ __type: "RequestEntityTooLargeException" });
    expect(response.status).toBe(413);
  });

  test("whatever it is, never causes an internal failure", async () => {
    await using api = await apiWorld();
    const operations = ["DescribeClusters", "RegisterTaskDefinition", "RunTask", "CreateService", "ListTasks", "DescribeTasks"];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), fc.oneof(fc.json(), fc.string()), async (operation, body) => {
        const response = await sendSigned(api.url, { service: "ecs", headers: json(operation), body });
        await response.text();
        return response.status !== 500;
      }),
      { numRuns: 150 },
    );
    expect(api.defects).toEqual([]);
  });
});
