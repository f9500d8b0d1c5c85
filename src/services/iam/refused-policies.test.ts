import {
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  ECRClient,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand } from "@aws-sdk/client-kms";
import { CreateSecretCommand, PutResourcePolicyCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, PutResourcePolicyCommand as ShareParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetFederationTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";

// What AWS takes for no policy is refused wherever a policy is kept, each time in the service's own words.

let api: ApiWorld;
beforeEach(async () => void (api = await apiWorld()));
afterEach(() => api[Symbol.asyncDispose]());

type Kind = "identity" | "trust" | "resource" | "repository";
type Put = (text: string) => Promise<unknown>;

const GOOD: Readonly<Record<Kind, object>> = {
  identity: { Effect: "Allow", Action: "s3:GetObject", Resource: "*" },
  trust: { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" },
  resource: { Effect: "Allow", Principal: { AWS: "*" }, Action: "*", Resource: "*" },
  repository: { Effect: "Allow", Principal: { AWS: "*" }, Action: "ecr:BatchGetImage" },
};
const textOf = (kind: Kind, more: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [{ ...GOOD[kind], ...more }] });

const iam = (): IAMClient => api.client(IAMClient);
const role = (AssumeRolePolicyDocument = textOf("trust", {})): Promise<unknown> =>
  iam().send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument }));
const key = async (): Promise<string> => (await api.client(KMSClient).send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!;

/** Every place where a policy is kept, with the error that its service has for one that is none. */
const PLACES: Readonly<Record<string, readonly [Kind, error: string, Put]>> = {
  "a managed policy": [
    "identity",
    "MalformedPolicyDocumentException",
    (PolicyDocument) => iam().send(new CreatePolicyCommand({ PolicyName: "p", PolicyDocument })),
  ],
  "a version of one": [
    "identity",
    "MalformedPolicyDocumentException",
    async (PolicyDocument) => {
      const { Policy } = await iam().send(new CreatePolicyCommand({ PolicyName: "p", PolicyDocument: textOf("identity", {}) }));
      await iam().send(new CreatePolicyVersionCommand({ PolicyArn: Policy!.Arn, PolicyDocument }));
    },
  ],
  "a user's policy": [
    "identity",
    "MalformedPolicyDocumentException",
    async (PolicyDocument) => {
      await iam().send(new CreateUserCommand({ UserName: "u" }));
      await iam().send(new PutUserPolicyCommand({ UserName: "u", PolicyName: "p", PolicyDocument }));
    },
  ],
  "a role's policy": [
    "identity",
    "MalformedPolicyDocumentException",
    async (PolicyDocument) => {
      await role();
      await iam().send(new PutRolePolicyCommand({ RoleName: "r", PolicyName: "p", PolicyDocument }));
    },
  ],
  "a session's policy": [
    "identity",
    "MalformedPolicyDocumentException",
    (Policy) => api.client(STSClient).send(new GetFederationTokenCommand({ Name: "bob", Policy })),
  ],
  "a new role's trust policy": ["trust", "MalformedPolicyDocumentException", (text) => role(text)],
  "a role's trust policy": [
    "trust",
    "MalformedPolicyDocumentException",
    async (PolicyDocument) => {
      await role();
      await iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: "r", PolicyDocument }));
    },
  ],
  "a repository's policy": [
    "repository",
    "InvalidParameterException",
    async (policyText) => {
      await api.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
      await api.client(ECRClient).send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText, force: true }));
    },
  ],
  "a template's policy": [
    "repository",
    "InvalidParameterException",
    (repositoryPolicy) =>
      api
        .client(ECRClient)
        .send(new CreateRepositoryCreationTemplateCommand({ prefix: "a", appliedFor: ["PULL_THROUGH_CACHE"], repositoryPolicy })),
  ],
  "a registry's policy": [
    "resource",
    "InvalidParameterException",
    (policyText) => api.client(ECRClient).send(new PutRegistryPolicyCommand({ policyText })),
  ],
  "a new key's policy": [
    "resource",
    "MalformedPolicyDocumentException",
    (Policy) => api.client(KMSClient).send(new CreateKeyCommand({ Policy, BypassPolicyLockoutSafetyCheck: true })),
  ],
  "a key's policy": [
    "resource",
    "MalformedPolicyDocumentException",
    async (Policy) =>
      api.client(KMSClient).send(new PutKeyPolicyCommand({ KeyId: await key(), Policy, BypassPolicyLockoutSafetyCheck: true })),
  ],
  "a secret's policy": [
    "resource",
    "MalformedPolicyDocumentException",
    async (ResourcePolicy) => {
      const client = api.client(SecretsManagerClient);
      await client.send(new CreateSecretCommand({ Name: "s", SecretString: "x" }));
      await client.send(new PutResourcePolicyCommand({ SecretId: "s", ResourcePolicy }));
    },
  ],
  "a parameter's policy": [
    "resource",
    "MalformedResourcePolicyDocumentException",
    async (Policy) => {
      const client = api.client(SSMClient);
      await client.send(new PutParameterCommand({ Name: "/p", Value: "x", Type: "String", Tier: "Advanced" }));
      await client.send(new ShareParameterCommand({ ResourceArn: "arn:aws:ssm:us-east-1:123456789012:parameter/p", Policy }));
    },
  ],
};

const NAMED = { NotPrincipal: { AWS: "arn:aws:iam::123456789012:root" }, Principal: undefined };

describe.each(Object.entries(PLACES))("%s", (_place, [kind, name, put]) => {
  const outcomeOf = (text: string): Promise<string> =>
    put(text).then(
      () => "taken",
      (refusal: Error) => refusal.name,
    );

  test("is taken", async () => {
    expect(await outcomeOf(textOf(kind, kind === "identity" ? {} : { Principal: { AWS: "arn:aws:iam::123456789012:root" } }))).toBe(
      "taken",
    );
  });

  test("may have a NotPrincipal where it denies, and is of a resource but a role", async () => {
    const due = kind === "identity" || kind === "trust" ? name : "taken";
    expect(await outcomeOf(textOf(kind, { ...NAMED, Effect: "Deny" }))).toBe(due);
  });

  test.each([
    ["a NotPrincipal that allows", NAMED],
    ["a name where an ARN is meant", { Condition: { ArnEquals: { "ecs:cluster": "mycluster" } } }],
    ["an operator in another case", { Condition: { stringEquals: { "aws:username": "x" } } }],
  ])("is refused with %s", async (_what, more) => {
    await expect(put(textOf(kind, more))).rejects.toMatchObject({ name });
    expect(api.defects).toEqual([]);
  });
});

test.each([
  ["an unknown operator", { Condition: { stringEquals: { "aws:username": "x" } } }, "Invalid Condition type : stringEquals"],
  ["a NotPrincipal", NAMED, "Has prohibited field NotPrincipal"],
])("IAM says what is wrong with a trust policy that has %s", async (_what, more, message) => {
  await expect(role(textOf("trust", more))).rejects.toMatchObject({ name: "MalformedPolicyDocumentException", message });
});
