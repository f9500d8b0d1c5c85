import {
  CreatePullThroughCacheRuleCommand,
  DeletePullThroughCacheRuleCommand,
  DescribePullThroughCacheRulesCommand,
  ECRClient,
  UpdatePullThroughCacheRuleCommand,
  ValidatePullThroughCacheRuleCommand,
  type CreatePullThroughCacheRuleCommandInput,
} from "@aws-sdk/client-ecr";
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registryClient } from "../../drivers/upstream-registry/registry-client.ts";
import { systemClock } from "../../drivers/system/clock.ts";
import { apiWorld, FOREIGN_ACCOUNT, type ApiWorld } from "../../testing/api-world.ts";
import { fakeUpstream, type FakeUpstream } from "../../testing/fake-upstream.ts";

let api: ApiWorld;
let ecr: ECRClient;
let upstreams: ReturnType<typeof registryClient>;
let fake: FakeUpstream;
beforeEach(async () => {
  fake = await fakeUpstream();
  const allowedUpstreams = ["https://registry.example.com:5000", "http://registry.internal", `http://${fake.host}`];
  upstreams = registryClient({ clock: systemClock, allowed: allowedUpstreams });
  api = await apiWorld({ upstreams, allowedUpstreams });
  ecr = api.client(ECRClient);
});
afterEach(async () => {
  upstreams[Symbol.dispose]();
  await api[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

const create = (input: Partial<CreatePullThroughCacheRuleCommandInput> = {}) =>
  ecr.send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "quay", upstreamRegistryUrl: "quay.io", ...input }));

async function secret(value: string, Name = "ecr-pullthroughcache/hub", more: object = {}): Promise<string> {
  const { ARN = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name, SecretString: value, ...more }));
  return ARN;
}

const validated = async () => {
  const { isValid, failure } = await ecr.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "quay" }));
  return { isValid, failure };
};

const CREDENTIALS = JSON.stringify({ username: "ann", accessToken: "s3cret" });

test("a rule is shown as it was made, gets other credentials, and is gone when it is deleted", async () => {
  const credentialArn = await secret(CREDENTIALS);
  const made = await create({ ecrRepositoryPrefix: "hub/", upstreamRegistryUrl: "registry-1.docker.io", credentialArn });
  const rule = {
    ecrRepositoryPrefix: "hub",
    upstreamRegistryUrl: "registry-1.docker.io",
    registryId: "123456789012",
    upstreamRegistry: "docker-hub",
    credentialArn,
  };
  expect(made).toMatchObject(rule);
  // Who named no prefix is told none: Terraform would take it for a change.
  expect(made).not.toHaveProperty("upstreamRepositoryPrefix");
  const named = await create({ ecrRepositoryPrefix: "hub2", upstreamRegistryUrl: "quay.io", upstreamRepositoryPrefix: "ROOT" });
  expect(named.upstreamRepositoryPrefix).toBe("ROOT");
  await ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub2" }));
  const other = await secret(CREDENTIALS, "ecr-pullthroughcache/other");
  await ecr.send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub", credentialArn: other }));
  const { pullThroughCacheRules } = await ecr.send(new DescribePullThroughCacheRulesCommand({}));
  expect(pullThroughCacheRules).toMatchObject([{ ...rule, credentialArn: other, createdAt: made.createdAt }]);
  await ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub" }));
  await expect(ecr.send(new DescribePullThroughCacheRulesCommand({ ecrRepositoryPrefixes: ["hub"] }))).rejects.toMatchObject({
    name: "PullThroughCacheRuleNotFoundException",
    message: "The pull through cache rule with prefix 'hub' does not exist in the registry with id '123456789012'",
  });
});

test.each([
  ["public.ecr.aws", "ecr-public"],
  ["registry.k8s.io", "k8s"],
  ["quay.io", "quay"],
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ecr"],
  ["registry.example.com:5000", undefined],
  ["https://registry.example.com:5000", undefined],
  ["registry.internal", undefined],
])("the upstream registry %s is AWS's %s", async (upstreamRegistryUrl, upstreamRegistry) => {
  expect((await create({ upstreamRegistryUrl })).upstreamRegistry).toBe(upstreamRegistry);
});

const ARN = (name: string, account = "123456789012", region = "us-east-1"): string =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`;

const UNSUPPORTED = "UnsupportedUpstreamRegistryException";

test.each<[string, Partial<CreatePullThroughCacheRuleCommandInput>, string]>([
  ["a prefix that no repository can have", { ecrRepositoryPrefix: "Quay" }, "InvalidParameterException"],
  ["a prefix that is too long", { ecrRepositoryPrefix: "a".repeat(31) }, "InvalidParameterException"],
  ["a path behind the host", { upstreamRegistryUrl: "quay.io/v2" }, "InvalidParameterException"],
  ["another scheme", { upstreamRegistryUrl: "ftp://quay.io" }, "InvalidParameterException"],
  ["a user in front of the host", { upstreamRegistryUrl: "https://a@quay.io" }, "InvalidParameterException"],
  ["no TLS where there is", { upstreamRegistryUrl: "http://quay.io" }, "UnsupportedUpstreamRegistryException"],
  ["a registry that neither ECR knows nor the operator allows", { upstreamRegistryUrl: "registry.example.com" }, UNSUPPORTED],
  ["another port of a registry that ECR knows", { upstreamRegistryUrl: "quay.io:8443" }, UNSUPPORTED],
  ["another scheme than the operator wrote", { upstreamRegistryUrl: "https://registry.internal" }, UNSUPPORTED],
  ["this machine", { upstreamRegistryUrl: "localhost:4566" }, UNSUPPORTED],
  ["an address of the link", { upstreamRegistryUrl: "http://169.254.170.2" }, UNSUPPORTED],
  ["an address in another form", { upstreamRegistryUrl: "http://2852039166" }, UNSUPPORTED],
  ["ECR's name in another domain", { upstreamRegistryUrl: "123456789012.dkr.ecr.us-east-1.example.com" }, UNSUPPORTED],
  ["a port that is none", { upstreamRegistryUrl: "quay.io:99999" }, "InvalidParameterException"],
  ["AWS's name of another registry", { upstreamRegistry: "k8s" }, "UnsupportedUpstreamRegistryException"],
  ["no credentials where AWS wants them", { upstreamRegistryUrl: "ghcr.io" }, "UnsupportedUpstreamRegistryException"],
  ["an upstream prefix under ROOT", { ecrRepositoryPrefix: "ROOT", upstreamRepositoryPrefix: "team" }, "InvalidParameterException"],
  ["a secret of another name", { credentialArn: ARN("hub") }, "InvalidParameterException"],
  ["a secret of another account", { credentialArn: ARN("ecr-pullthroughcache/hub", FOREIGN_ACCOUNT) }, "InvalidParameterException"],
  ["a secret of another region", { credentialArn: ARN("ecr-pullthroughcache/hub", undefined, "eu-west-1") }, "InvalidParameterException"],
  ["a secret that there is not", { credentialArn: ARN("ecr-pullthroughcache/hub") }, "SecretNotFoundException"],
  [
    "credentials without TLS",
    { upstreamRegistryUrl: "http://registry.internal", credentialArn: ARN("ecr-pullthroughcache/hub") },
    "InvalidParameterException",
  ],
])("%s is refused", async (_what, input, name) => {
  await expect(create(input)).rejects.toMatchObject({ name });
});

describe("a secret", () => {
  test.each(["nothing of JSON", "null", "[]", '{"username":"ann"}', '{"username":1,"accessToken":"x"}'])(
    "that holds %s is taken, and the validation says what is wrong, and not what it holds",
    async (value) => {
      await create({ credentialArn: await secret(value) });
      expect(await validated()).toEqual({
        isValid: false,
        failure: "The secret must be a JSON object with the texts username and accessToken.",
      });
    },
  );

  test("that holds nothing yet is taken, as Terraform makes both at once", async () => {
    const { ARN = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "ecr-pullthroughcache/later" }));
    await create({ credentialArn: ARN });
    expect(await validated()).toMatchObject({ isValid: false });
  });

  test("that waits for its deletion is refused", async () => {
    const credentialArn = await secret(CREDENTIALS);
    await api.client(SecretsManagerClient).send(new DeleteSecretCommand({ SecretId: credentialArn }));
    await expect(create({ credentialArn })).rejects.toMatchObject({ name: "UnableToAccessSecretException" });
  });

  test("under a key that is disabled is refused", async () => {
    const kms = api.client(KMSClient);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const credentialArn = await secret(CREDENTIALS, undefined, { KmsKeyId: KeyMetadata?.Arn });
    await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    await expect(create({ credentialArn })).rejects.toMatchObject({ name: "UnableToDecryptSecretValueException" });
  });
});

test("a prefix has one rule", async () => {
  await create();
  await expect(create({ ecrRepositoryPrefix: "quay/" })).rejects.toMatchObject({ name: "PullThroughCacheRuleAlreadyExistsException" });
});

test("another account's registry is not one's own to change", async () => {
  await expect(create({ registryId: FOREIGN_ACCOUNT })).rejects.toMatchObject({ name: "AccessDeniedException" });
});

describe("validating asks the upstream registry", () => {
  beforeEach(() => {
    fake.auth = { scheme: "bearer", username: "ann", password: "s3cret" };
  });

  const validate = () => ecr.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "own" }));
  const own = async (value: string): Promise<void> =>
    void (await create({ ecrRepositoryPrefix: "own", upstreamRegistryUrl: fake.host, credentialArn: await secret(value) }));

  test("which takes the credentials", async () => {
    await own(CREDENTIALS);
    expect(await validate()).toMatchObject({ ecrRepositoryPrefix: "own", upstreamRegistryUrl: fake.host, isValid: true });
  });

  test.each<[string, string, () => unknown]>([
    ["does not take them", "The authentication to the upstream registry failed.", () => undefined],
    [
      "is no registry",
      "The upstream registry is not available:",
      () => (fake.instead = (_request, response) => Boolean(response.writeHead(404).end())),
    ],
    ["is down", "The upstream registry is not available:", () => fake[Symbol.asyncDispose]()],
  ])("which %s", async (_what, failure, harm) => {
    await own(JSON.stringify({ username: "ann", accessToken: "wrong" }));
    await harm();
    const told = await validate();
    expect([told.isValid, told.failure]).toEqual([false, expect.stringContaining(failure)]);
    expect(told.failure).not.toContain("wrong");
  });

  test("after the secret, which may be gone", async () => {
    await own(CREDENTIALS);
    await api
      .client(SecretsManagerClient)
      .send(new DeleteSecretCommand({ SecretId: "ecr-pullthroughcache/hub", ForceDeleteWithoutRecovery: true }));
    expect(await validate()).toMatchObject({ isValid: false, failure: expect.stringContaining("was not found") as string });
  });
});

test("the command line makes, shows and deletes a rule", async () => {
  const prefix = ["--ecr-repository-prefix", "own"];
  const made = await api.aws("ecr", "create-pull-through-cache-rule", ...prefix, "--upstream-registry-url", fake.host);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const shown = await api.aws("ecr", "describe-pull-through-cache-rules", "--ecr-repository-prefixes", "own");
  expect(JSON.parse(shown.stdout)).toMatchObject({ pullThroughCacheRules: [{ ecrRepositoryPrefix: "own" }] });
  expect((await api.aws("ecr", "delete-pull-through-cache-rule", ...prefix)).code).toBe(0);
});
