import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { secretValue } from "../../control/secret-values.ts";
import { permissionWorld, type Grant } from "../../testing/permission-world.ts";

const parameter = (name: string): string => `arn:aws:ssm:us-east-1:123456789012:parameter${name}`;
const may = (Action: string, Resource = "*", Condition: Grant["Condition"] = {}): Grant => ({ Action, Resource, Condition });
const equals = (key: string, value: string) => ({ StringEquals: { [key]: value } });
const Tags = [{ Key: "team", Value: "red" }];

/** The parameter `/app/url`, tagged `team=red`; and `alias/own`, a key of the account. */
async function parameterPermissions() {
  const world = await permissionWorld(SSMClient);
  await world.root.send(new PutParameterCommand({ Name: "/app/url", Value: "u", Type: "String", Tags }));
  const kms = world.api.client(KMSClient);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const key = KeyMetadata!.Arn!;
  await kms.send(new CreateAliasCommand({ AliasName: "alias/own", TargetKeyId: key }));
  return { ...world, kms, key };
}

async function verdict(command: unknown, ...grants: readonly Grant[]): Promise<string> {
  const world = await parameterPermissions();
  await using _world = world;
  const outcome = await world.verdict(world.as(...grants) as never, command);
  expect(world.api.defects).toEqual([]);
  return outcome;
}

const get = (Name = "/app/url") => new GetParameterCommand({ Name });
const put = (more: object = {}) => new PutParameterCommand({ Name: "/app/new", Value: "v", Type: "String", ...more });
const both = new GetParametersCommand({ Names: ["/app/url", "/none"] });
const below = (more: object = {}) => new GetParametersByPathCommand({ Path: "/app", ...more });

test.each<[string, unknown, Grant[]]>([
  ["a parameter by its ARN", get(), [may("ssm:GetParameter", parameter("/app/url"))]],
  ["a version of it", get("/app/url:1"), [may("ssm:GetParameter", parameter("/app/url"))]],
  ["parameters with a tag", get(), [may("ssm:GetParameter", "*", equals("aws:ResourceTag/team", "red"))]],
  ["parameters with a tag, by Systems Manager's own key", get(), [may("ssm:GetParameter", "*", equals("ssm:resourceTag/team", "red"))]],
  ["all of a path", below({ Recursive: true }), [may("ssm:GetParametersByPath", parameter("/app"))]],
  ["one level of a path", below(), [may("ssm:GetParametersByPath", "*", equals("ssm:Recursive", "false"))]],
  ["a new parameter", put(), [may("ssm:PutParameter", parameter("/app/*"), equals("ssm:Overwrite", "false"))]],
  [
    "a new parameter with tags",
    put({ Tags }),
    [may("ssm:PutParameter", "*", equals("aws:RequestTag/team", "red")), may("ssm:AddTagsToResource", parameter("/app/new"))],
  ],
  [
    "tags",
    new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: "/app/url", Tags }),
    [may("ssm:AddTagsToResource", parameter("/app/url"), equals("aws:RequestTag/team", "red"))],
  ],
])("who may have %s has it", async (_what, command, grants) => {
  expect(await verdict(command, ...grants)).toBe("allowed");
});

test.each<[string, unknown, string, Grant[]]>([
  ["another parameter", get(), `ssm:GetParameter on resource: ${parameter("/app/url")}`, [may("ssm:GetParameter", parameter("/app"))]],
  ["one of two", both, `ssm:GetParameters on resource: ${parameter("/none")}`, [may("ssm:GetParameters", parameter("/app/*"))]],
  ["parameters with another tag", get(), "ssm:GetParameter", [may("ssm:GetParameter", "*", equals("aws:ResourceTag/team", "blue"))]],
  [
    "all of a path",
    below({ Recursive: true }),
    `ssm:GetParametersByPath on resource: ${parameter("/app")}`,
    [may("ssm:GetParametersByPath", "*", equals("ssm:Recursive", "false"))],
  ],
  [
    "a parameter overwritten",
    put({ Overwrite: true }),
    "ssm:PutParameter",
    [may("ssm:PutParameter", "*", equals("ssm:Overwrite", "false"))],
  ],
  [
    "a parameter that expires",
    put({ Policies: "[{}]" }),
    "ssm:PutParameter",
    [may("ssm:PutParameter", "*", equals("ssm:Policies", "false"))],
  ],
  ["a new parameter with tags, without leave to tag", put({ Tags }), "ssm:AddTagsToResource", [may("ssm:PutParameter")]],
  [
    "one of two gone",
    new DeleteParametersCommand({ Names: ["/app/url", "/b"] }),
    `ssm:DeleteParameters on resource: ${parameter("/b")}`,
    [may("ssm:DeleteParameters", parameter("/app/*"))],
  ],
  ["labels", new LabelParameterVersionCommand({ Name: "/app/url", Labels: ["x"] }), "ssm:LabelParameterVersion", [may("ssm:PutParameter")]],
  [
    "other tags gone",
    new RemoveTagsFromResourceCommand({ ResourceType: "Parameter", ResourceId: "/app/url", TagKeys: ["team"] }),
    "ssm:RemoveTagsFromResource",
    [may("ssm:RemoveTagsFromResource", "*", { "ForAllValues:StringEquals": { "aws:TagKeys": "owner" } })],
  ],
  [
    "the list of some",
    new DescribeParametersCommand({}),
    "ssm:DescribeParameters on resource: *",
    [may("ssm:DescribeParameters", parameter("/app/*"))],
  ],
])("who may not have %s is refused", async (_what, command, text, grants) => {
  expect(await verdict(command, ...grants)).toContain(text);
});

const SSM = [may("ssm:*")];
const own = (more: object = {}) =>
  new PutParameterCommand({ Name: "/secret", Value: "hunter2", Type: "SecureString", KeyId: "alias/own", ...more });
const read = new GetParameterCommand({ Name: "/secret", WithDecryption: true });
const throughSsm = {
  ...equals("kms:EncryptionContext:PARAMETER_ARN", parameter("/secret")),
  StringLike: { "kms:ViaService": "ssm.*.amazonaws.com" },
};

test("the default key asks nothing of who may read the parameter", async () => {
  await using world = await parameterPermissions();
  await world.root.send(own({ KeyId: undefined }));
  expect(await world.verdict(world.as(...SSM) as never, read)).toBe("allowed");
});

test("a key of one's own is used by who may use it, for this parameter", async () => {
  await using world = await parameterPermissions();
  const { key, verdict: tell } = world;
  const as = (...grants: Grant[]) => world.as(...SSM, ...grants) as never;
  expect(await tell(as(), own())).toContain(`kms:Encrypt on resource: ${key}`);
  expect(await tell(as(may("kms:Encrypt", key, throughSsm)), own())).toBe("allowed");
  expect(await tell(as(may("kms:Encrypt", key)), own({ Name: "/big", Tier: "Advanced" }))).toContain("kms:GenerateDataKey");
  expect(await tell(as(may("kms:Encrypt", key)), read)).toContain("The ciphertext refers to a customer master key");
  const reader = world.as(...SSM, may("kms:Decrypt", key, throughSsm));
  expect((await reader.send(read)).Parameter!.Value).toBe("hunter2");
  const other = equals("kms:EncryptionContext:PARAMETER_ARN", parameter("/other"));
  expect(await tell(as(may("kms:Decrypt", key, other)), read)).toContain("The ciphertext refers to");
  expect(await tell(as(), get("/secret"))).toBe("allowed");
  expect(world.api.defects).toEqual([]);
});

test("a key that is not there, or disabled, is told as such", async () => {
  await using world = await parameterPermissions();
  await expect(world.root.send(own({ KeyId: "alias/none" }))).rejects.toMatchObject({ name: "InvalidKeyId" });
  await world.root.send(own());
  await world.kms.send(new DisableKeyCommand({ KeyId: world.key }));
  await expect(world.root.send(read)).rejects.toMatchObject({ name: "InvalidKeyId", message: `${world.key} is disabled.` });
  await expect(world.root.send(own({ Overwrite: true }))).rejects.toMatchObject({ name: "InvalidKeyId" });
});

test("a task gets the value under a key that its execution role may use", async () => {
  await using world = await parameterPermissions();
  await world.root.send(own());
  const { state, platform } = world.api;
  const parts = { state, secrets: platform.secrets, now: Date.now() };
  const scope = { account: "123456789012", region: "us-east-1" };
  expect(secretValue({ ...parts, ask: () => undefined }, "/secret", scope)).toEqual({ value: "hunter2" });
  const ask = (action: string): string | undefined => (action === "kms:Decrypt" ? "no" : undefined);
  expect(secretValue({ ...parts, ask }, "/secret", scope)).toMatchObject({
    failure: expect.stringMatching(/unable to retrieve secrets from ssm: .*AccessDeniedException: The ciphertext refers to/),
  });
});
