import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import {
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  DeleteAccessKeyCommand,
  DeleteServiceLinkedRoleCommand,
  DeleteUserCommand,
  GetRoleCommand,
  IAMClient,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";
import { CreateGrantCommand, CreateKeyCommand, DescribeKeyCommand, KMSClient, ListGrantsCommand } from "@aws-sdk/client-kms";
import {
  CreateSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
  PutResourcePolicyCommand as ShareParameterCommand,
} from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { users } from "../../state/iam.ts";
import { keys as kmsKeys } from "../../state/kms/keys.ts";
import { apiWorld, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const BOB = "arn:aws:iam::123456789012:user/bob";
const trusting = (Action: string, rest: object = { Resource: "*" }): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: BOB }, Action, ...rest }] });

interface Trust {
  /** Makes a resource that trusts bob. */
  readonly lay: (api: ApiWorld) => Promise<unknown>;
  /** What that lets bob do. */
  readonly use: (api: ApiWorld, keys: Keys) => Promise<unknown>;
}

const TRUSTS: Readonly<Record<string, Trust>> = {
  "a role's trust policy": {
    lay: (api) =>
      api.client(IAMClient).send(new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument: trusting("sts:AssumeRole", {}) })),
    use: (api, keys) =>
      api
        .client(STSClient, "us-east-1", keys)
        .send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::123456789012:role/x", RoleSessionName: "bob" })),
  },
  "a repository's policy": {
    async lay(api) {
      const ecr = api.client(ECRClient);
      await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
      const policyText = trusting("ecr:DescribeRepositories", {});
      await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText }));
    },
    use: (api, keys) => api.client(ECRClient, "us-east-1", keys).send(new DescribeRepositoriesCommand({ repositoryNames: ["app"] })),
  },
  "a registry's policy": {
    async lay(api) {
      const ecr = api.client(ECRClient);
      await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
      const Resource = "arn:aws:ecr:us-east-1:123456789012:repository/*";
      await ecr.send(new PutRegistryPolicyCommand({ policyText: trusting("ecr:DescribeRepositories", { Resource }) }));
    },
    use: (api, keys) => api.client(ECRClient, "us-east-1", keys).send(new DescribeRepositoriesCommand({ repositoryNames: ["app"] })),
  },
  "a secret's policy": {
    async lay(api) {
      const client = api.client(SecretsManagerClient);
      await client.send(new CreateSecretCommand({ Name: "db", SecretString: "x" }));
      await client.send(new PutResourcePolicyCommand({ SecretId: "db", ResourcePolicy: trusting("secretsmanager:GetSecretValue") }));
    },
    use: (api, keys) => api.client(SecretsManagerClient, "us-east-1", keys).send(new GetSecretValueCommand({ SecretId: "db" })),
  },
  "a parameter's policy": {
    async lay(api) {
      const client = api.client(SSMClient);
      await client.send(new PutParameterCommand({ Name: "/url", Value: "x", Type: "String", Tier: "Advanced" }));
      const ResourceArn = "arn:aws:ssm:us-east-1:123456789012:parameter/url";
      const Policy = trusting("ssm:GetParameter", { Resource: ResourceArn });
      await client.send(new ShareParameterCommand({ ResourceArn, Policy: Policy.replace('"ssm:GetParameter"', SHARED) }));
    },
    use: (api, keys) => api.client(SSMClient, "us-east-1", keys).send(new GetParameterCommand({ Name: "/url" })),
  },
  "a key's policy": {
    async lay(api) {
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [ROOT_STATEMENT, BOBS_STATEMENT] });
      await api.client(KMSClient).send(new CreateKeyCommand({ Policy }));
    },
    use: describeOnlyKey,
  },
  "a grant of a key": {
    async lay(api) {
      const client = api.client(KMSClient);
      const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
      await client.send(
        new CreateGrantCommand({ KeyId: KeyMetadata!.KeyId, GranteePrincipal: BOB, RetiringPrincipal: BOB, Operations: ["DescribeKey"] }),
      );
    },
    use: describeOnlyKey,
  },
};

const SHARED = '["ssm:GetParameter","ssm:DescribeParameters"]';
const ROOT_STATEMENT = { Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" };
const BOBS_STATEMENT = { Effect: "Allow", Principal: { AWS: [BOB] }, Action: "kms:DescribeKey", Resource: "*" };

async function describeOnlyKey(api: ApiWorld, keys: Keys): Promise<unknown> {
  return api.client(KMSClient, "us-east-1", keys).send(new DescribeKeyCommand({ KeyId: onlyKey(api) }));
}

function onlyKey({ state }: ApiWorld): string {
  const [key, ...others] = state.table(kmsKeys).values();
  if (!key || others.length > 0) throw new Error("there is not exactly one key");
  return key.id;
}

async function removeBob(api: ApiWorld, { accessKeyId }: Keys): Promise<void> {
  const iam = api.client(IAMClient);
  await iam.send(new DeleteAccessKeyCommand({ UserName: "bob", AccessKeyId: accessKeyId }));
  await iam.send(new DeleteUserCommand({ UserName: "bob" }));
}

test.each(Object.entries(TRUSTS))("%s forgets a user who is deleted: the next one of that name inherits nothing", async (_what, trust) => {
  await using api = await apiWorld();
  const first = api.user("bob");
  await trust.lay(api);
  await trust.use(api, first);
  await removeBob(api, first);
  const second = api.user("bob");
  await expect(trust.use(api, second)).rejects.toThrow(/is not authorized to perform/);
});

test.each(Object.entries(TRUSTS))("%s follows a user who is renamed, and does not know the next one of that name", async (_what, trust) => {
  await using api = await apiWorld();
  const first = api.user("bob");
  await trust.lay(api);
  await api.client(IAMClient).send(new UpdateUserCommand({ UserName: "bob", NewUserName: "robert" }));
  const second = api.user("bob");
  await trust.use(api, first);
  await expect(trust.use(api, second)).rejects.toThrow(/is not authorized to perform/);
});

test("a grant shows the id of who is gone", async () => {
  await using api = await apiWorld();
  const bob = api.user("bob");
  const [record] = api.state.table(users).values();
  await TRUSTS["a grant of a key"]!.lay(api);
  await removeBob(api, bob);
  const { Grants } = await api.client(KMSClient).send(new ListGrantsCommand({ KeyId: onlyKey(api) }));
  expect(Grants).toMatchObject([{ GranteePrincipal: record!.id, RetiringPrincipal: record!.id }]);
});

test("what names others is left as it was written", async () => {
  await using api = await apiWorld();
  const bob = api.user("bob");
  const ResourcePolicy = trusting("secretsmanager:GetSecretValue").replace(BOB, "arn:aws:iam::123456789012:root").replaceAll(":[", ": [ ");
  const client = api.client(SecretsManagerClient);
  await client.send(new CreateSecretCommand({ Name: "db", SecretString: "x" }));
  await client.send(new PutResourcePolicyCommand({ SecretId: "db", ResourcePolicy }));
  await removeBob(api, bob);
  expect((await client.send(new GetResourcePolicyCommand({ SecretId: "db" }))).ResourcePolicy).toBe(ResourcePolicy);
});

test("a service-linked role that is deleted is forgotten too", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const { Role } = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" }));
  const AssumeRolePolicyDocument = trusting("sts:AssumeRole", {}).replace(BOB, Role!.Arn!);
  await iam.send(new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument }));
  await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName: "AWSServiceRoleForECS" }));
  const read = await iam.send(new GetRoleCommand({ RoleName: "x" }));
  expect(JSON.parse(decodeURIComponent(read.Role!.AssumeRolePolicyDocument!)).Statement[0].Principal).toEqual({ AWS: Role!.RoleId });
});
