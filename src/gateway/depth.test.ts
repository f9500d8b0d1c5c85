import {
  CreateRepositoryCommand,
  ECRClient,
  PutLifecyclePolicyCommand,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import { CreatePolicyCommand, CreateRoleCommand, IAMClient, SimulateCustomPolicyCommand } from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateSecretCommand, PutResourcePolicyCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, GetFederationTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../testing/api-world.ts";
import { sendSigned } from "../testing/signed-request.ts";

// What is nested a hundred thousand times over is read or refused, and neither the stack nor the process ends by it.

const DEPTH = 100_000;
const lists = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
const ROLE = "arn:aws:iam::123456789012:role/deep";

let api: ApiWorld;
beforeAll(async () => {
  api = await apiWorld();
  await api.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
  await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "deep", SecretString: "1" }));
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] };
  await api.client(IAMClient).send(new CreateRoleCommand({ RoleName: "deep", AssumeRolePolicyDocument: JSON.stringify(trust) }));
});
afterAll(() => api[Symbol.asyncDispose]());

describe("a body", () => {
  test.each([
    ["that is nothing but lists", lists(DEPTH)],
    ["that is nothing but objects", objects(DEPTH)],
    ["that does not end", '{"a":'.repeat(DEPTH)],
    ["with a member that there is not", `{"clusterName":"c","other":${lists(DEPTH)}}`],
    ["with lists in the place of a text", `{"clusterName":${lists(DEPTH)}}`],
    ["with lists in a list", `{"clusterName":"c","tags":${lists(DEPTH)}}`],
    ["with objects in an object", `{"clusterName":"c","configuration":${objects(DEPTH)}}`],
  ])("%s", async (_what, body) => {
    const target = "AmazonEC2ContainerServiceV20141113.CreateCluster";
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
    const answer = await sendSigned(api.url, { service: "ecs", headers, body });
    expect([answer.status < 500, api.defects]).toEqual([true, []]);
  });

  test("of a form", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = `Action=CreateUser&Version=2010-05-08&UserName=deep&${"Tags.member.1.".repeat(20_000)}Key=a`;
    const answer = await sendSigned(api.url, { service: "iam", headers, body });
    expect([answer.status < 500, api.defects]).toEqual([true, []]);
  });
});

const statement = (depth: number, nested: (depth: number) => string): string =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":${nested(depth)}}]}`;

describe("a document", () => {
  type Take = (document: string) => Promise<unknown>;
  const takers: readonly (readonly [string, number, Take])[] = [
    ["policy of IAM", 6_144, (PolicyDocument) => iam(new CreatePolicyCommand({ PolicyName: "deep", PolicyDocument }))],
    ["trust policy", 2_048, (document) => iam(new CreateRoleCommand({ RoleName: "deeper", AssumeRolePolicyDocument: document }))],
    [
      "policy to simulate",
      131_072,
      (document) => iam(new SimulateCustomPolicyCommand({ PolicyInputList: [document], ActionNames: ["s3:GetObject"] })),
    ],
    ["session policy", 2_048, (Policy) => sts(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "deep", Policy }))],
    ["policy of a federated user", 2_048, (Policy) => sts(new GetFederationTokenCommand({ Name: "deep", Policy }))],
    ["key policy", 32_768, (Policy) => api.client(KMSClient).send(new CreateKeyCommand({ Policy }))],
    [
      "policy of a secret",
      20_480,
      (ResourcePolicy) => api.client(SecretsManagerClient).send(new PutResourcePolicyCommand({ SecretId: "deep", ResourcePolicy })),
    ],
    ["policy of a repository", 10_240, (policyText) => ecr(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText }))],
    ["policy of a registry", 10_240, (policyText) => ecr(new PutRegistryPolicyCommand({ policyText }))],
    [
      "lifecycle policy",
      30_720,
      (lifecyclePolicyText) => ecr(new PutLifecyclePolicyCommand({ repositoryName: "app", lifecyclePolicyText })),
    ],
  ];
  const iam = (command: object): Promise<unknown> => api.client(IAMClient).send(command as never);
  const sts = (command: object): Promise<unknown> => api.client(STSClient).send(command as never);
  const ecr = (command: object): Promise<unknown> => api.client(ECRClient).send(command as never);

  test.each(takers)("that is a %s", async (_what, longest, take) => {
    for (const document of [
      ...[lists(longest / 2 - 1), lists(DEPTH), objects((longest - 2) / 6)],
      ...[statement((longest - 120) / 2, lists), statement((longest - 130) / 6, objects)],
    ])
      await expect(take(document)).rejects.toMatchObject({ $fault: "client" });
    expect(api.defects).toEqual([]);
  });
});
