import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient, PutRegistryPolicyCommand } from "@aws-sdk/client-ecr";
import { CreateUserCommand, DeleteUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateGrantCommand, CreateKeyCommand, DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateSecretCommand, DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repositories, repositoryKey } from "../state/ecr.ts";
import { roleKey, roles, users } from "../state/iam.ts";
import { keys } from "../state/kms/keys.ts";
import { secrets } from "../state/secrets.ts";
import { apiWorld, type ApiWorld, type Keys } from "../testing/api-world.ts";
import { putRole } from "../testing/role-record.ts";

// A policy that nobody can read, since other hands changed it, must not let anybody in, and no request may fail for it with an internal
// error.

const ALL = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const ANA = "arn:aws:iam::123456789012:user/ana";
const ROLE = "arn:aws:iam::123456789012:role/deploy";

let api: ApiWorld;
let ana: Keys;
let keyArn: string;
beforeEach(async () => {
  api = await apiWorld();
  ana = api.user("ana", ALL);
  putRole(api.platform, { name: "deploy", trust: [{ Effect: "Allow", Principal: { AWS: ANA }, Action: "sts:AssumeRole" }] });
  const ecr = api.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
  const Resource = "arn:aws:ecr:us-east-1:123456789012:repository/app";
  const statement = { Effect: "Allow", Principal: { AWS: ANA }, Action: "ecr:DescribeRepositories", Resource };
  await ecr.send(new PutRegistryPolicyCommand({ policyText: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) }));
  await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "s", SecretString: "x" }));
  const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
  keyArn = KeyMetadata!.Arn!;
  await api.client(KMSClient).send(new CreateGrantCommand({ KeyId: keyArn, GranteePrincipal: ANA, Operations: ["DescribeKey"] }));
});
afterEach(() => api[Symbol.asyncDispose]());

const ask = {
  repository: () => api.client(ECRClient, "us-east-1", ana).send(new DescribeRepositoriesCommand({ repositoryNames: ["app"] })),
  secret: () => api.client(SecretsManagerClient, "us-east-1", ana).send(new DescribeSecretCommand({ SecretId: "s" })),
  key: () => api.client(KMSClient, "us-east-1", ana).send(new DescribeKeyCommand({ KeyId: keyArn })),
  role: () => api.client(STSClient, "us-east-1", ana).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "ana" })),
};

/** Puts a text in the place of a policy, as no operation would. */
const SPOIL: Readonly<Record<keyof typeof ask, (text: string) => void>> = {
  repository(policy) {
    const key = repositoryKey({ account: "123456789012", region: "us-east-1" }, "app");
    api.state.table(repositories).update(key, (repository) => ({ ...repository, policy }));
  },
  secret(policy) {
    const [secret] = api.state.table(secrets).values();
    api.state.table(secrets).put({ ...secret!, policy });
  },
  key(policy) {
    api.state.table(keys).update(keyArn, (key) => ({ ...key, policy }));
  },
  role(assumeRolePolicy) {
    api.state.table(roles).update(roleKey("123456789012", "deploy"), (role) => ({ ...role, assumeRolePolicy }));
  },
};

const KINDS = Object.keys(ask) as (keyof typeof ask)[];
const TEXTS = ["", "{", "[]", "null", "7", '{"Version":"2012-10-17"}', '{"Version":"2012-10-17","Statement":"x"}'];

test.each(KINDS.flatMap((kind) => TEXTS.map((text) => [kind, text] as const)))(
  "a %s whose policy is %j lets nobody in",
  async (kind, text) => {
    await ask[kind]();
    api.state.commit(() => SPOIL[kind](text));
    await expect(ask[kind]()).rejects.toThrow(/with an explicit deny in a resource-based policy/);
    expect(api.defects).toEqual([]);
  },
);

test.each(TEXTS)("a user with the policy %j may nothing, whatever other policies allow", async (text) => {
  api.state.commit(() =>
    api.state.table(users).update(roleKey("123456789012", "ana"), (user) => ({
      ...user,
      inlinePolicies: { ...user.inlinePolicies, spoilt: text },
    })),
  );
  for (const kind of KINDS) await expect(ask[kind]()).rejects.toThrow(/with an explicit deny in an identity-based policy/);
  expect(api.defects).toEqual([]);
});

test("who is deleted is forgotten, also where a policy cannot be read", async () => {
  api.state.commit(() => KINDS.forEach((kind) => SPOIL[kind]("{")));
  await api.client(IAMClient).send(new CreateUserCommand({ UserName: "bob" }));
  await api.client(IAMClient).send(new DeleteUserCommand({ UserName: "bob" }));
  expect(api.state.table(users).has(roleKey("123456789012", "bob"))).toBe(false);
});
