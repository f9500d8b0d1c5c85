import * as iamSdk from "@aws-sdk/client-iam";
import { IAMClient } from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";

// Operations that several kinds of things have in common: what holds of one kind holds of all.

const policy = (Action: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Sends an operation by its name. */
async function call(api: ApiWorld, name: string, input: object): Promise<Record<string, unknown>> {
  const Command = (iamSdk as unknown as Record<string, new (input: object) => iamSdk.GetUserCommand>)[`${name}Command`]!;
  return (await api.client(IAMClient).send(new Command(input))) as unknown as Record<string, unknown>;
}

describe.each([
  ["User", {}, 2048],
  ["Group", {}, 5120],
  ["Role", { AssumeRolePolicyDocument: TRUST }, 10_240],
] as const)("the inline policies of a %s", (kind, more, most) => {
  const named = { [`${kind}Name`]: "web" };
  const missing = { name: "NoSuchEntityException", message: `The ${kind.toLowerCase()} policy with name none cannot be found.` };

  test("are put, replaced, read, listed and deleted", async () => {
    await using api = await apiWorld();
    await call(api, `Create${kind}`, { ...named, ...more });
    for (const [PolicyName, action] of [
      ["b", "ecs:*"],
      ["a", "ecr:*"],
      ["b", "ssm:*"],
    ] as const)
      await call(api, `Put${kind}Policy`, { ...named, PolicyName, PolicyDocument: policy(action) });
    expect(await call(api, `List${kind}Policies`, named)).toMatchObject({ PolicyNames: ["a", "b"], IsTruncated: false });
    const read = await call(api, `Get${kind}Policy`, { ...named, PolicyName: "b" });
    expect(read).toMatchObject({ ...named, PolicyName: "b", PolicyDocument: encodeURIComponent(policy("ssm:*")) });
    await call(api, `Delete${kind}Policy`, { ...named, PolicyName: "b" });
    expect(await call(api, `List${kind}Policies`, named)).toMatchObject({ PolicyNames: ["a"] });
    await expect(call(api, `Get${kind}Policy`, { ...named, PolicyName: "none" })).rejects.toMatchObject(missing);
    await expect(call(api, `Delete${kind}Policy`, { ...named, PolicyName: "none" })).rejects.toMatchObject(missing);
    expect(api.defects).toEqual([]);
  });

  test(`have ${most} characters together, and not one more`, async () => {
    await using api = await apiWorld();
    await call(api, `Create${kind}`, { ...named, ...more });
    const first = policy("ecs:*");
    const rest = most - first.length - policy("").length;
    const put = (PolicyName: string, PolicyDocument: string) => call(api, `Put${kind}Policy`, { ...named, PolicyName, PolicyDocument });
    await put("first", first);
    const exactly = policy(`ecs:${"x".repeat(rest - 4)}`);
    await expect(put("rest", exactly.replace("xx", "xxx"))).rejects.toMatchObject({
      name: "LimitExceededException",
      message: `Maximum policy size of ${most} bytes exceeded for ${kind.toLowerCase()} web`,
    });
    await put("rest", exactly);
    expect(await call(api, `List${kind}Policies`, named)).toMatchObject({ PolicyNames: ["first", "rest"] });
  });
});

const MANAGED = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";

test.each([
  ["User", {}],
  ["Group", {}],
  ["Role", { AssumeRolePolicyDocument: TRUST }],
])("a policy is attached to a %s once, and detached once", async (kind, more) => {
  await using api = await apiWorld();
  const named = { [`${kind}Name`]: "web" };
  await call(api, `Create${kind}`, { ...named, ...more });
  for (let at = 0; at < 2; at++) await call(api, `Attach${kind}Policy`, { ...named, PolicyArn: MANAGED });
  const attached = [{ PolicyName: "AmazonEC2ContainerRegistryReadOnly", PolicyArn: MANAGED }];
  expect(await call(api, `ListAttached${kind}Policies`, named)).toMatchObject({ AttachedPolicies: attached });
  expect(await call(api, "ListEntitiesForPolicy", { PolicyArn: MANAGED })).toMatchObject({ [`Policy${kind}s`]: [named] });
  await expect(call(api, `Delete${kind}`, named)).rejects.toThrow("Cannot delete entity, must detach all policies first.");
  await call(api, `Detach${kind}Policy`, { ...named, PolicyArn: MANAGED });
  await expect(call(api, `Detach${kind}Policy`, { ...named, PolicyArn: MANAGED })).rejects.toMatchObject({
    name: "NoSuchEntityException",
    message: `Policy ${MANAGED} was not found.`,
  });
  await call(api, `Delete${kind}`, named);
  expect(api.defects).toEqual([]);
});

test.each([
  ["User", { UserName: "web" }, {}, {}],
  ["Role", { RoleName: "web" }, { AssumeRolePolicyDocument: TRUST }, {}],
  ["InstanceProfile", { InstanceProfileName: "web" }, {}, {}],
  ["Policy", { PolicyName: "web" }, { PolicyDocument: policy("ecs:*") }, { PolicyArn: "arn:aws:iam::123456789012:policy/web" }],
  [
    "OpenIDConnectProvider",
    { Url: "https://a.example.com" },
    {},
    { OpenIDConnectProviderArn: "arn:aws:iam::123456789012:oidc-provider/a.example.com" },
  ],
])("the tags of a %s are set when it is made and later, listed and taken away", async (kind, named, more, byArn) => {
  await using api = await apiWorld();
  await call(api, `Create${kind}`, { ...named, ...more, Tags: [{ Key: "a", Value: "1" }] });
  const it = Object.keys(byArn).length > 0 ? byArn : named;
  await call(api, `Tag${kind}`, {
    ...it,
    Tags: [
      { Key: "B", Value: "2" },
      { Key: "A", Value: "3" },
    ],
  });
  expect(await call(api, `List${kind}Tags`, it)).toMatchObject({
    Tags: [
      { Key: "A", Value: "3" },
      { Key: "B", Value: "2" },
    ],
  });
  await call(api, `Untag${kind}`, { ...it, TagKeys: ["b"] });
  expect(await call(api, `List${kind}Tags`, it)).toMatchObject({ Tags: [{ Key: "A", Value: "3" }] });
  const beyond = Array.from({ length: 50 }, (_, at) => ({ Key: `k${at}`, Value: "" }));
  await expect(call(api, `Tag${kind}`, { ...it, Tags: beyond })).rejects.toMatchObject({
    name: "LimitExceededException",
    message: "The number of tags has reached the maximum limit of 50.",
  });
  expect(api.defects).toEqual([]);
});

test.each([
  ["User", {}],
  ["Role", { AssumeRolePolicyDocument: TRUST }],
])("the boundary of a %s is set, changed and taken away", async (kind, more) => {
  await using api = await apiWorld();
  const named = { [`${kind}Name`]: "web" };
  await call(api, `Create${kind}`, { ...named, ...more, PermissionsBoundary: MANAGED });
  const other = "arn:aws:iam::aws:policy/PowerUserAccess";
  await call(api, `Put${kind}PermissionsBoundary`, { ...named, PermissionsBoundary: other });
  expect((await call(api, `Get${kind}`, named))[kind]).toMatchObject({ PermissionsBoundary: { PermissionsBoundaryArn: other } });
  await call(api, `Delete${kind}PermissionsBoundary`, named);
  expect((await call(api, `Get${kind}`, named))[kind]).not.toHaveProperty("PermissionsBoundary");
});
