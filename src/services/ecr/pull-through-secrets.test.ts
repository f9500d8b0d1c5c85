import {
  CreatePullThroughCacheRuleCommand,
  DescribePullThroughCacheRulesCommand,
  ECRClient,
  UpdatePullThroughCacheRuleCommand,
  ValidatePullThroughCacheRuleCommand,
} from "@aws-sdk/client-ecr";
import { CreateRoleCommand, DeleteRolePolicyCommand, DeleteUserPolicyCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand } from "@aws-sdk/client-kms";
import { CreateSecretCommand, PutResourcePolicyCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../drivers/system/clock.ts";
import { registryClient } from "../../drivers/upstream-registry/registry-client.ts";
import { pullThroughRules } from "../../state/ecr-pull-through.ts";
import { roleKey, users } from "../../state/iam.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { fakeUpstream, type FakeUpstream } from "../../testing/fake-upstream.ts";

// Whose right it is by which a secret goes to a registry.

const ACCOUNT = "123456789012";
const allow = (...Action: readonly string[]): object => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});
const OUT_OF_REACH = "The secret is unable to be accessed. Verify the resource permissions for the secret and try again.";

let fake: FakeUpstream;
let allowedUpstreams: string[];
let upstreams: ReturnType<typeof registryClient>;
let api: ApiWorld;
let credentialArn: string;
beforeEach(async () => {
  fake = await fakeUpstream();
  fake.auth = { scheme: "basic", username: "ann", password: "s3cret" };
  allowedUpstreams = [`http://${fake.host}`];
  upstreams = registryClient({ clock: systemClock, allowed: allowedUpstreams });
  api = await apiWorld({ upstreams, allowedUpstreams });
  credentialArn = await secret();
});
afterEach(async () => {
  upstreams[Symbol.dispose]();
  await api[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

async function secret(Name = "ecr-pullthroughcache/hub", more: object = {}): Promise<string> {
  const SecretString = JSON.stringify({ username: "ann", accessToken: "s3cret" });
  const { ARN = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name, SecretString, ...more }));
  return ARN;
}

const as = (keys: Keys): ECRClient => api.client(ECRClient, undefined, keys);
const make = (keys: Keys | undefined, more: object = {}): Promise<unknown> =>
  api
    .client(ECRClient, undefined, keys)
    .send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub", upstreamRegistryUrl: fake.host, credentialArn, ...more }));
const validated = async (): Promise<string> => {
  const { isValid, failure } = await api.client(ECRClient).send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub" }));
  return isValid === true ? "valid" : (failure ?? "");
};
const ruleCount = async (): Promise<number> =>
  (await api.client(ECRClient).send(new DescribePullThroughCacheRulesCommand({}))).pullThroughCacheRules?.length ?? 0;

describe("a rule is given a secret only by who may read it", () => {
  test("not by who may only make rules", async () => {
    const keys = api.user("maker", allow("ecr:*"));
    await expect(make(keys)).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(`not authorized to perform: secretsmanager:GetSecretValue on resource: ${credentialArn}`) as string,
    });
    expect([await ruleCount(), fake.requests, api.defects]).toEqual([0, [], []]);
  });

  test("not by way of an update, and not by a part of the secret's ARN", async () => {
    await make(undefined, { credentialArn: await secret("ecr-pullthroughcache/other") });
    const keys = api.user("maker", allow("ecr:*"));
    for (const wanted of [credentialArn, credentialArn.replace(/-.{6}$/, "")])
      await expect(
        as(keys).send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub", credentialArn: wanted })),
      ).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("who may not read secrets is not told which there are", async () => {
    const keys = api.user("maker", allow("ecr:*"));
    const missing = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:ecr-pullthroughcache/none-AbCdEf`;
    await expect(make(keys, { credentialArn: missing })).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("under a customer's key, not by who may not decrypt with it", async () => {
    const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
    const sealed = await secret("ecr-pullthroughcache/sealed", { KmsKeyId: KeyMetadata?.Arn });
    const without = api.user("without", allow("ecr:*", "secretsmanager:GetSecretValue"));
    await expect(make(without, { credentialArn: sealed })).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("kms:Decrypt") as string,
    });
    const having = api.user("having", allow("ecr:*", "secretsmanager:GetSecretValue", "kms:Decrypt"));
    await make(having, { credentialArn: sealed });
    expect(await validated()).toBe("valid");
    const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "kms:*", Resource: "*" }] };
    const closed = { ...policy, Statement: [{ ...policy.Statement[0], Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/without` } }] };
    await api
      .client(KMSClient)
      .send(new PutKeyPolicyCommand({ KeyId: KeyMetadata?.KeyId, Policy: JSON.stringify(closed), BypassPolicyLockoutSafetyCheck: true }));
    expect(await validated()).toBe(OUT_OF_REACH);
  });

  test.each([
    ["another account's", `arn:aws:secretsmanager:us-east-1:${FOREIGN_ACCOUNT}:secret:ecr-pullthroughcache/hub-AbCdEf`],
    ["one of another name", `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:hub-AbCdEf`],
    ["one of another region", `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:ecr-pullthroughcache/hub-AbCdEf`],
    ["one that only seems to begin right", `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:x:secret:ecr-pullthroughcache/hub-AbCdEf`],
    ["no ARN at all, but a name", "ecr-pullthroughcache/hub-that-is-longer-than-fifty-characters-altogether"],
  ])("%s is none, whoever asks", async (_what, wanted) => {
    await expect(make(undefined, { credentialArn: wanted })).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  test("another account's administrator does not get at it by naming this registry", async () => {
    await expect(make({ ...FOREIGN_KEYS }, { registryId: ACCOUNT })).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(make({ ...FOREIGN_KEYS })).rejects.toMatchObject({ name: "InvalidParameterException" });
    expect(fake.requests).toEqual([]);
  });
});

describe("it goes to the registry as long as who gave it may read it", () => {
  /** As the rule's record reads long after it was made. */
  function sessionIsOver(): void {
    const table = api.state.table(pullThroughRules);
    const [rule = expect.fail("no rule")] = table.values();
    const { credentialReader: reader = expect.fail("nobody gave the secret") } = rule;
    const { session = expect.fail("no session gave the secret") } = reader.principal;
    const principal = { ...reader.principal, session: { ...session, issuedAt: 0, expiresAt: 1 } };
    api.state.commit(() => table.put({ ...rule, credentialReader: { ...reader, principal } }));
  }
  const keysOfUser = (): Keys => api.user("maker", allow("ecr:*", "secretsmanager:GetSecretValue"));

  test("not when the grant is withdrawn", async () => {
    await make(keysOfUser());
    expect(await validated()).toBe("valid");
    await api.client(IAMClient).send(new DeleteUserPolicyCommand({ UserName: "maker", PolicyName: "policy-0" }));
    fake.requests.length = 0;
    expect([await validated(), fake.requests]).toEqual([OUT_OF_REACH, []]);
  });

  test("not when the secret's own policy denies it", async () => {
    await make(keysOfUser());
    const Statement = [
      { Effect: "Deny", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/maker` }, Action: "secretsmanager:GetSecretValue", Resource: "*" },
    ];
    await api
      .client(SecretsManagerClient)
      .send(
        new PutResourcePolicyCommand({ SecretId: credentialArn, ResourcePolicy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
      );
    expect(await validated()).toBe(OUT_OF_REACH);
  });

  test("not for another user who has the name now", async () => {
    await make(keysOfUser());
    api.state.commit(() => api.state.table(users).delete(roleKey(ACCOUNT, "maker")));
    expect(await validated()).toBe(OUT_OF_REACH);
    keysOfUser();
    expect(await validated()).toBe(OUT_OF_REACH);
  });

  test("of a role, longer than the session that gave it, and not longer than the role's right", async () => {
    const iam = api.client(IAMClient);
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" }] };
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "maker", AssumeRolePolicyDocument: JSON.stringify(trust) }));
    const policy = { RoleName: "maker", PolicyName: "p" };
    await iam.send(
      new PutRolePolicyCommand({ ...policy, PolicyDocument: JSON.stringify(allow("ecr:*", "secretsmanager:GetSecretValue")) }),
    );
    const caller = api.user("caller", allow("sts:AssumeRole"));
    const { Credentials } = await api
      .client(STSClient, undefined, caller)
      .send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: "session", DurationSeconds: 900 }));
    const { AccessKeyId: accessKeyId = "", SecretAccessKey: secretAccessKey = "", SessionToken: sessionToken = "" } = Credentials ?? {};
    await make({ accessKeyId, secretAccessKey, sessionToken });
    sessionIsOver();
    expect(await validated()).toBe("valid");
    await iam.send(new DeleteRolePolicyCommand(policy));
    expect(await validated()).toBe(OUT_OF_REACH);
  });

  test("not when the operator allows its registry no more", async () => {
    await make(undefined);
    allowedUpstreams.length = 0;
    fake.requests.length = 0;
    expect(await validated()).toContain("The specified upstream registry isn't supported.");
    await expect(
      api.client(ECRClient).send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub", credentialArn })),
    ).rejects.toMatchObject({ name: "UnsupportedUpstreamRegistryException" });
    expect(fake.requests).toEqual([]);
  });

  test("of a rule that does not say who gave it, to no registry that is the operator's own, until somebody gives it anew", async () => {
    await make(undefined);
    const table = api.state.table(pullThroughRules);
    const [{ credentialReader: _reader, ...rule } = expect.fail("no rule")] = table.values();
    api.state.commit(() => table.put(rule));
    expect(await validated()).toBe(OUT_OF_REACH);
    await api.client(ECRClient).send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub", credentialArn }));
    expect(await validated()).toBe("valid");
  });
});
