import { existsSync } from "node:fs";
import { CreateVpcEndpointCommand, DescribeVpcEndpointsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  ListPullTimeUpdateExclusionsCommand,
  PutRegistryPolicyCommand,
  RegisterPullTimeUpdateExclusionCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import {
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteServiceLinkedRoleCommand,
  DeleteUserCommand,
  GetRoleCommand,
  GetUserCommand,
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
import { ECSClient, ListAccountSettingsCommand, PutAccountSettingCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { principalsNamedIn } from "../../testing/named-principals.ts";
import { putRole } from "../../testing/role-record.ts";
import { SERVICES } from "../catalogue.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { users } from "../../state/iam.ts";
import { JournaledState } from "../../state/journaled-state.ts";
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
      await ecr.send(new CreateRepositoryCommand({ repositoryName: "registered" }));
      const Resource = "arn:aws:ecr:us-east-1:123456789012:repository/*";
      await ecr.send(new PutRegistryPolicyCommand({ policyText: trusting("ecr:DescribeRepositories", { Resource }) }));
    },
    use: (api, keys) => api.client(ECRClient, "us-east-1", keys).send(new DescribeRepositoriesCommand({ repositoryNames: ["registered"] })),
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

test("the policy of a VPC endpoint follows a user who is renamed, and forgets who is deleted", async () => {
  await using api = await apiWorld();
  const ec2 = api.client(EC2Client);
  const first = api.user("bob");
  const { UserId = "" } = (await api.client(IAMClient).send(new GetUserCommand({ UserName: "bob" }))).User ?? {};
  const [vpc] = (await ec2.send(new DescribeVpcsCommand())).Vpcs ?? [];
  const wanted = { VpcId: vpc?.VpcId, ServiceName: "com.amazonaws.us-east-1.dynamodb", PolicyDocument: trusting("dynamodb:GetItem") };
  const { VpcEndpoint } = await ec2.send(new CreateVpcEndpointCommand(wanted));
  const policy = async (): Promise<string> => {
    const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpoint!.VpcEndpointId!] }));
    return VpcEndpoints[0]?.PolicyDocument ?? "";
  };
  expect(await policy()).toContain(BOB);
  await api.client(IAMClient).send(new UpdateUserCommand({ UserName: "bob", NewUserName: "robert" }));
  expect(await policy()).toContain("user/robert");
  await api.client(IAMClient).send(new UpdateUserCommand({ UserName: "robert", NewUserName: "bob" }));
  await removeBob(api, first);
  expect(await policy()).toContain(UserId);
  expect(await policy()).not.toContain(BOB);
});

describe("a role that is deleted takes its sessions along, which others may trust one by one", () => {
  const SESSION = "arn:aws:sts::123456789012:assumed-role/r/carol";
  const role = async (api: ApiWorld): Promise<Keys> => {
    const { arn } = putRole(api.platform, { name: "r", trust: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] });
    const helper = api.user("helper", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: arn }] });
    const sts = api.client(STSClient, "us-east-1", helper);
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: "carol" }));
    return {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
  };

  test.each([
    [
      "in a policy",
      async (api: ApiWorld) => {
        const Policy = JSON.stringify({
          Version: "2012-10-17",
          Statement: [ROOT_STATEMENT, { ...BOBS_STATEMENT, Principal: { AWS: SESSION } }],
        });
        await api.client(KMSClient).send(new CreateKeyCommand({ Policy }));
      },
    ],
    [
      "in a grant",
      async (api: ApiWorld) => {
        const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
        const grant = { KeyId: KeyMetadata!.KeyId, GranteePrincipal: SESSION, Operations: ["DescribeKey" as const] };
        await api.client(KMSClient).send(new CreateGrantCommand(grant));
      },
    ],
  ])("%s", async (_where, lay) => {
    await using api = await apiWorld();
    const first = await role(api);
    await lay(api);
    await describeOnlyKey(api, first);
    await api.client(IAMClient).send(new DeleteRoleCommand({ RoleName: "r" }));
    api.state.commit(() => api.state.table(users).delete("123456789012/helper"));
    const second = await role(api);
    await expect(describeOnlyKey(api, second)).rejects.toThrow(/is not authorized to perform/);
  });
});

test("settings follow a user who is renamed, and go with who is deleted", async () => {
  await using api = await apiWorld();
  const bob = api.user("bob");
  const [ecs, ecr] = [api.client(ECSClient), api.client(ECRClient)];
  const settingsOf = async (principalArn: string): Promise<unknown> =>
    (await ecs.send(new ListAccountSettingsCommand({ principalArn }))).settings?.map(({ name, value }) => [name, value]);
  const exclusions = async (): Promise<unknown> => (await ecr.send(new ListPullTimeUpdateExclusionsCommand({}))).pullTimeUpdateExclusions;
  await ecs.send(new PutAccountSettingCommand({ name: "containerInsights", value: "enabled", principalArn: BOB }));
  await ecr.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn: BOB }));
  await api.client(IAMClient).send(new UpdateUserCommand({ UserName: "bob", NewUserName: "robert" }));
  const robert = BOB.replace("bob", "robert");
  expect(await settingsOf(robert)).toEqual([["containerInsights", "enabled"]]);
  expect(await settingsOf(BOB)).toEqual([]);
  expect(await exclusions()).toEqual([robert]);
  await api.client(IAMClient).send(new DeleteAccessKeyCommand({ UserName: "robert", AccessKeyId: bob.accessKeyId }));
  await api.client(IAMClient).send(new DeleteUserCommand({ UserName: "robert" }));
  expect(await settingsOf(robert)).toEqual([]);
  expect(await exclusions()).toEqual([]);
});

test("every service whose inputs may name a principal has a test of its own that accounts for them", async () => {
  const silent: string[] = [];
  for (const { id } of SERVICES)
    if ((await principalsNamedIn(id)).length > 0 && !existsSync(new URL(`../${id}/named-principals.test.ts`, import.meta.url)))
      silent.push(id);
  expect(silent).toEqual([]);
});

test("no record names who is gone, but those that tell what was done", async () => {
  const journal = memoryJournal();
  await using api = await apiWorld({ state: new JournaledState(journal) });
  const bob = api.user("bob");
  for (const { lay } of Object.values(TRUSTS)) await lay(api);
  const template = { prefix: "a", appliedFor: ["PULL_THROUGH_CACHE" as const], repositoryPolicy: trusting("ecr:BatchGetImage", {}) };
  await api.client(ECRClient).send(new CreateRepositoryCreationTemplateCommand(template));
  const naming = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const records of journal.load()) found.push(...records.flatMap(({ table, value }) => (value.includes(BOB) ? [table] : [])));
    return found;
  };
  expect(new Set(await naming()).size).toBe(Object.keys(TRUSTS).length + 2);
  await removeBob(api, bob);
  expect(await naming()).toEqual([]);
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
