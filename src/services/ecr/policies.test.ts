import {
  CreateRepositoryCommand,
  DeleteRegistryPolicyCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAccountSettingCommand,
  GetRegistryPolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutAccountSettingCommand,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecr";
import { CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";

const HOME = "123456789012";
const ARN = `arn:aws:ecr:us-east-1:${HOME}:repository/app`;
const FOREIGN_ROOT = `arn:aws:iam::${FOREIGN_ACCOUNT}:root`;
const repositoryName = "app";
let api: ApiWorld;
let ecr: ECRClient;

beforeEach(async () => {
  api = await apiWorld();
  ecr = api.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
});
afterEach(() => api[Symbol.asyncDispose]());

const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string, AWS: string, rest: object = {}): object => ({ Effect: "Allow", Principal: { AWS }, Action, ...rest });
const setRepository = (policyText: string, force?: boolean) =>
  ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText, ...(force !== undefined && { force }) }));
const setRegistry = (policyText: string) => ecr.send(new PutRegistryPolicyCommand({ policyText }));
const user = (name: string, ...Statement: readonly object[]): ECRClient =>
  api.client(ECRClient, "us-east-1", api.user(name, { Version: "2012-10-17", Statement }));

describe("a policy is refused", () => {
  const everything = { Resource: "*" };
  test.each([
    ["no JSON", "{", "{"],
    ["an action of another service", policy(allow("s3:GetObject", "*")), policy(allow("s3:GetObject", "*", everything))],
    [
      "a user of the account that is not there",
      policy(allow("ecr:*", `arn:aws:iam::${HOME}:user/nobody`)),
      policy(allow("ecr:*", `arn:aws:iam::${HOME}:user/nobody`, everything)),
    ],
    [
      "an effect that is none",
      policy({ ...allow("ecr:*", "*"), Effect: "Maybe" }),
      policy({ ...allow("ecr:*", "*", everything), Effect: "Maybe" }),
    ],
    [
      "too much text",
      `${policy(allow("ecr:*", "*"))}${" ".repeat(10_240)}`,
      `${policy(allow("ecr:*", "*", everything))}${" ".repeat(10_240)}`,
    ],
    ["a resource where it is its own, or none where it is not", policy(allow("ecr:*", "*", everything)), policy(allow("ecr:*", "*"))],
  ])("with %s: of a repository and of the registry", async (_what, ofRepository, ofRegistry) => {
    await expect(setRepository(ofRepository)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringMatching(/^Invalid parameter at '[Pp]olicyText' failed to satisfy constraint: '/),
    });
    await expect(setRegistry(ofRegistry)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringMatching(/^Invalid parameter at '[Pp]olicyText' failed to satisfy constraint: '/),
    });
    await expect(ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).rejects.toMatchObject({
      name: "RepositoryPolicyNotFoundException",
    });
    await expect(ecr.send(new GetRegistryPolicyCommand({}))).rejects.toMatchObject({ name: "RegistryPolicyNotFoundException" });
  });
});

describe("a principal that is not there", () => {
  test.each([
    ["a user of the account", `arn:aws:iam::${HOME}:user/nobody`],
    ["a role of the account", `arn:aws:iam::${HOME}:role/none`],
    ["a role of another account that lives here", "arn:aws:iam::210987654321:role/none"],
  ])("is not found: %s", async (_what, arn) => {
    await api.client(IAMClient, "us-east-1", FOREIGN_KEYS).send(new CreateUserCommand({ UserName: "theirs" }));
    const refusal = {
      name: "InvalidParameterException",
      message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'",
    };
    await expect(setRepository(policy(allow("ecr:*", arn)))).rejects.toMatchObject(refusal);
    await expect(setRegistry(policy(allow("ecr:*", arn, { Resource: "*" })))).rejects.toMatchObject(refusal);
  });

  test("may be of an account that is elsewhere, and is found where it is of one that lives here", async () => {
    await api.client(IAMClient, "us-east-1", FOREIGN_KEYS).send(new CreateUserCommand({ UserName: "theirs" }));
    for (const arn of ["arn:aws:iam::999999999999:role/any", "arn:aws:iam::210987654321:user/theirs"]) {
      expect(await setRepository(policy(allow("ecr:BatchGetImage", arn)))).toMatchObject({ repositoryName });
      await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
    }
  });
});

describe("who sets a policy under which nobody of theirs could set another one", () => {
  const locked = policy({ Effect: "Deny", Principal: "*", Action: "ecr:SetRepositoryPolicy" });

  test("is asked to force it", async () => {
    await expect(setRepository(locked)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining("force"),
    });
    await setRepository(locked, true);
    await expect(setRepository(policy(allow("ecr:*", "*")))).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("is judged as who they are: root may not lock itself out, a user may leave others out", async () => {
    const setter = user("setter", { Effect: "Allow", Action: "ecr:SetRepositoryPolicy", Resource: ARN });
    user("other");
    const others = policy({ Effect: "Deny", Principal: { AWS: `arn:aws:iam::${HOME}:user/other` }, Action: "ecr:SetRepositoryPolicy" });
    await setter.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: others }));
    const self = policy({ Effect: "Deny", Principal: { AWS: `arn:aws:iam::${HOME}:user/setter` }, Action: "ecr:*" });
    await expect(setter.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: self }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  test("a policy that allows others little does not take away what the account allows", async () => {
    await setRepository(policy(allow("ecr:BatchGetImage", FOREIGN_ROOT)));
    expect((await setRepository(policy(allow("ecr:ListImages", FOREIGN_ROOT)))).policyText).toContain("ListImages");
  });
});

describe("the policy of the registry", () => {
  const foreigner = (): ECRClient => api.client(ECRClient, "us-east-1", FOREIGN_KEYS);
  const describeApp = () => new DescribeImagesCommand({ registryId: HOME, repositoryName });
  const all = `arn:aws:ecr:us-east-1:${HOME}:repository/*`;

  test("is given back as it was set, once in each region, until it is deleted", async () => {
    const text = policy(allow("ecr:*", FOREIGN_ROOT, { Resource: all }));
    expect(await setRegistry(text)).toMatchObject({ registryId: HOME, policyText: text });
    expect(await ecr.send(new GetRegistryPolicyCommand({}))).toMatchObject({ registryId: HOME, policyText: text });
    const elsewhere = api.client(ECRClient, "eu-west-1").send(new GetRegistryPolicyCommand({}));
    await expect(elsewhere).rejects.toMatchObject({ name: "RegistryPolicyNotFoundException" });
    expect(await ecr.send(new DeleteRegistryPolicyCommand({}))).toMatchObject({ registryId: HOME, policyText: text });
    await expect(ecr.send(new DeleteRegistryPolicyCommand({}))).rejects.toMatchObject({
      name: "RegistryPolicyNotFoundException",
      message: `Registry policy does not exist in the registry with id '${HOME}'`,
    });
  });

  test("opens its repositories to another account, also those that are yet to be made", async () => {
    await expect(foreigner().send(describeApp())).rejects.toMatchObject({ name: "AccessDeniedException" });
    await setRegistry(
      policy(allow("ecr:DescribeImages", FOREIGN_ROOT, { Resource: all }), allow("ecr:CreateRepository", FOREIGN_ROOT, { Resource: all })),
    );
    expect((await foreigner().send(describeApp())).imageDetails).toEqual([]);
    await foreigner().send(new CreateRepositoryCommand({ registryId: HOME, repositoryName: "made/abroad" }));
    const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["made/abroad"] }));
    expect(repositories[0]?.registryId).toBe(HOME);
  });

  test("denies what a repository's own policy allows, and in the account itself", async () => {
    await setRepository(policy({ Sid: "same", ...allow("ecr:*", FOREIGN_ROOT) }));
    await setRegistry(policy({ Sid: "same", Effect: "Deny", Principal: "*", Action: "ecr:DescribeImages", Resource: all }));
    for (const client of [foreigner(), ecr])
      await expect(client.send(describeApp())).rejects.toMatchObject({
        message: expect.stringMatching(/with an explicit deny in a resource-based policy$/),
      });
  });

  test("counts beside a repository's own", async () => {
    await setRepository(policy(allow("ecr:DescribeImages", FOREIGN_ROOT)));
    await setRegistry(policy(allow("ecr:ListTagsForResource", FOREIGN_ROOT, { Resource: all })));
    await foreigner().send(describeApp());
    await foreigner().send(new ListTagsForResourceCommand({ resourceArn: ARN }));
    expect(api.defects).toEqual([]);
    const untag = new UntagResourceCommand({ resourceArn: ARN, tagKeys: ["a"] });
    await expect(foreigner().send(untag)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("that names some repositories is about those", async () => {
    await setRegistry(policy(allow("ecr:DescribeImages", FOREIGN_ROOT, { Resource: `arn:aws:ecr:us-east-1:${HOME}:repository/public/*` })));
    await expect(foreigner().send(describeApp())).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("account settings", () => {
  const get = async (name: string): Promise<unknown> => (await ecr.send(new GetAccountSettingCommand({ name }))).value;
  const put = (name: string, value: string) => ecr.send(new PutAccountSettingCommand({ name, value }));

  test("have values before any were set", async () => {
    expect([await get("BASIC_SCAN_TYPE_VERSION"), await get("REGISTRY_POLICY_SCOPE"), await get("BLOB_MOUNTING")]).toEqual([
      "AWS_NATIVE",
      "V2",
      "ENABLED",
    ]);
  });

  test("are set one by one, beside the policy", async () => {
    const text = policy(allow("ecr:*", FOREIGN_ROOT, { Resource: "*" }));
    await setRegistry(text);
    expect(await put("BLOB_MOUNTING", "DISABLED")).toMatchObject({ name: "BLOB_MOUNTING", value: "DISABLED" });
    expect([await get("BLOB_MOUNTING"), await get("REGISTRY_POLICY_SCOPE")]).toEqual(["DISABLED", "V2"]);
    expect((await ecr.send(new GetRegistryPolicyCommand({}))).policyText).toBe(text);
  });

  test.each([
    ["BLOB_MOUNTING", "SOMETIMES"],
    ["BASIC_SCAN_TYPE_VERSION", "CLAIR"],
    ["NO_SUCH_SETTING", "V2"],
    ["constructor", "V2"],
  ])("%s cannot be %s", async (name, value) => {
    await expect(put(name, value)).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  test("may be left to a user one by one", async () => {
    const Condition = { StringEquals: { "ecr:AccountSetting": "BLOB_MOUNTING" } };
    const setter = user("setter", { Effect: "Allow", Action: "ecr:PutAccountSetting", Resource: "*", Condition });
    await setter.send(new PutAccountSettingCommand({ name: "BLOB_MOUNTING", value: "DISABLED" }));
    const other = setter.send(new PutAccountSettingCommand({ name: "REGISTRY_POLICY_SCOPE", value: "V2" }));
    await expect(other).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});
