import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListAttachedUserPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyTagsCommand,
  ListPolicyVersionsCommand,
  PutRolePermissionsBoundaryCommand,
  SetDefaultPolicyVersionCommand,
  TagPolicyCommand,
  UntagPolicyCommand,
  UntagRoleCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { apiWorld, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";

const allow = (...Action: readonly string[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const ARN = "arn:aws:iam::123456789012:policy/deploy";

async function withPolicy(api: ApiWorld): Promise<IAMClient> {
  const iam = api.client(IAMClient);
  await iam.send(new CreatePolicyCommand({ PolicyName: "deploy", PolicyDocument: allow("iam:ListUsers"), Description: "first" }));
  return iam;
}

describe("versions", () => {
  test("the default version is what counts, from the next request on", async () => {
    await using api = await apiWorld();
    const iam = await withPolicy(api);
    const bob = api.client(IAMClient, "us-east-1", api.user("bob"));
    await iam.send(new AttachUserPolicyCommand({ UserName: "bob", PolicyArn: ARN }));
    expect(await bob.send(new ListPoliciesCommand({})).catch((error: Error) => error.name)).toBe("AccessDenied");
    const { PolicyVersion } = await iam.send(
      new CreatePolicyVersionCommand({ PolicyArn: ARN, PolicyDocument: allow("iam:ListPolicies"), SetAsDefault: true }),
    );
    expect(PolicyVersion).toMatchObject({ VersionId: "v2", IsDefaultVersion: true });
    expect((await bob.send(new ListPoliciesCommand({ Scope: "Local" }))).Policies).toMatchObject([
      { PolicyName: "deploy", DefaultVersionId: "v2", AttachmentCount: 1 },
    ]);
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn: ARN, VersionId: "v1" }));
    expect(await bob.send(new ListPoliciesCommand({})).catch((error: Error) => error.name)).toBe("AccessDenied");
  });

  test("five are kept, their numbers are not given twice, and they are listed newest first", async () => {
    await using api = await apiWorld();
    const iam = await withPolicy(api);
    for (let at = 2; at <= 5; at++) await iam.send(new CreatePolicyVersionCommand({ PolicyArn: ARN, PolicyDocument: allow(`ecs:A${at}`) }));
    const sixth = new CreatePolicyVersionCommand({ PolicyArn: ARN, PolicyDocument: allow("ecs:B") });
    await expect(iam.send(sixth)).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
    });
    await expect(iam.send(new DeletePolicyVersionCommand({ PolicyArn: ARN, VersionId: "v1" }))).rejects.toThrow(
      "Cannot delete the default version of a policy.",
    );
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn: ARN, VersionId: "v5" }));
    expect((await iam.send(sixth)).PolicyVersion!.VersionId).toBe("v6");
    const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: ARN }));
    expect(Versions!.map(({ VersionId }) => VersionId)).toEqual(["v6", "v4", "v3", "v2", "v1"]);
    const got = await iam.send(new GetPolicyVersionCommand({ PolicyArn: ARN, VersionId: "v3" }));
    expect(decodeURIComponent(got.PolicyVersion!.Document!)).toBe(allow("ecs:A3"));
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn: ARN }))).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: expect.stringContaining("This policy has more than one version."),
    });
    expect(api.defects).toEqual([]);
  });
});

describe("AWS's own policies", () => {
  test("are read like any other, and cannot be changed", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const PolicyArn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    expect(Policy).toMatchObject({
      PolicyName: "AmazonECSTaskExecutionRolePolicy",
      Path: "/service-role/",
      DefaultVersionId: "v1",
      AttachmentCount: 0,
    });
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v1" }));
    expect(JSON.parse(decodeURIComponent(PolicyVersion!.Document!)).Statement[0].Action).toContain("ecr:BatchGetImage");
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
  });

  test("are listed beside the account's, by scope, path and use", async () => {
    await using api = await apiWorld();
    const iam = await withPolicy(api);
    await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: TRUST }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: "web", PolicyArn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess" }));
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "web", PermissionsBoundary: ARN }));
    const names = async (input: ConstructorParameters<typeof ListPoliciesCommand>[0]) =>
      (await iam.send(new ListPoliciesCommand({ MaxItems: 1000, ...input }))).Policies!.map(({ PolicyName }) => PolicyName);
    expect(await names({ Scope: "Local" })).toEqual(["deploy"]);
    expect(await names({ Scope: "AWS" })).toContain("AdministratorAccess");
    expect((await names({})).length).toBe((await names({ Scope: "AWS" })).length + 1);
    expect(await names({ PathPrefix: "/service-role/" })).not.toContain("AdministratorAccess");
    expect(await names({ OnlyAttached: true })).toEqual(["IAMReadOnlyAccess"]);
    expect(await names({ PolicyUsageFilter: "PermissionsBoundary" })).toEqual(["deploy"]);
    await expect(iam.send(new DeletePolicyCommand({ PolicyArn: ARN }))).rejects.toThrow("Cannot delete a policy attached to entities.");
  });
});

test("who has a policy is told by kind, by path and by use, a page at a time", async () => {
  await using api = await apiWorld();
  const iam = await withPolicy(api);
  for (const [UserName, Path] of [
    ["ann", "/"],
    ["bob", "/team/"],
  ] as const) {
    await iam.send(new CreateUserCommand({ UserName, Path }));
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: ARN }));
  }
  await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: TRUST, PermissionsBoundary: ARN }));
  const list = async (input: object) => {
    const { PolicyUsers, PolicyRoles, IsTruncated, Marker } = await iam.send(
      new ListEntitiesForPolicyCommand({ PolicyArn: ARN, ...input }),
    );
    return {
      names: [...PolicyUsers!.map(({ UserName }) => UserName), ...PolicyRoles!.map(({ RoleName }) => RoleName)],
      IsTruncated,
      Marker,
    };
  };
  expect((await list({})).names).toEqual(["ann", "bob", "web"]);
  expect((await list({ PolicyUsageFilter: "PermissionsPolicy" })).names).toEqual(["ann", "bob"]);
  expect((await list({ PolicyUsageFilter: "PermissionsBoundary" })).names).toEqual(["web"]);
  expect((await list({ EntityFilter: "User", PathPrefix: "/team/" })).names).toEqual(["bob"]);
  const first = await list({ MaxItems: 1 });
  expect(first).toMatchObject({ IsTruncated: true });
  expect((await list({ Marker: first.Marker, MaxItems: 5 })).names).toHaveLength(2);
});

test("attached policies are listed by path", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  api.user("bob");
  await iam.send(new CreatePolicyCommand({ PolicyName: "here", Path: "/team/", PolicyDocument: allow("ecs:*") }));
  for (const arn of ["arn:aws:iam::123456789012:policy/team/here", "arn:aws:iam::aws:policy/IAMFullAccess"])
    await iam.send(new AttachUserPolicyCommand({ UserName: "bob", PolicyArn: arn }));
  const under = await iam.send(new ListAttachedUserPoliciesCommand({ UserName: "bob", PathPrefix: "/team/" }));
  expect(under.AttachedPolicies).toEqual([{ PolicyName: "here", PolicyArn: "arn:aws:iam::123456789012:policy/team/here" }]);
});

test("another account neither reads nor attaches a customer's policy", async () => {
  await using api = await apiWorld();
  const iam = await withPolicy(api);
  const stranger = api.client(IAMClient, "us-east-1", FOREIGN_KEYS);
  await stranger.send(new CreateUserCommand({ UserName: "spy" }));
  await expect(stranger.send(new GetPolicyCommand({ PolicyArn: ARN }))).rejects.toMatchObject({ name: "AccessDenied" });
  await expect(stranger.send(new AttachUserPolicyCommand({ UserName: "spy", PolicyArn: ARN }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
  });
  await expect(stranger.send(new CreateUserCommand({ UserName: "x", PermissionsBoundary: ARN }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
  });
  expect((await iam.send(new GetPolicyCommand({ PolicyArn: ARN }))).Policy!.AttachmentCount).toBe(0);
});

test("making one answers no description, and tags where it has some", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const make = async (PolicyName: string, Tags?: { Key: string; Value: string }[]) =>
    (await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: allow("iam:ListUsers"), Description: "first", Tags }))).Policy!;
  expect(Object.keys(await make("plain"))).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(Description|Tags)$/)]));
  expect(await make("tagged", [{ Key: "team", Value: "web" }])).toMatchObject({ Tags: [{ Key: "team", Value: "web" }] });
});

test("a key of a tag that is to go has the form of one", async () => {
  await using api = await apiWorld();
  const iam = await withPolicy(api);
  const message = expect.stringContaining(
    "at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128",
  );
  for (const TagKeys of [["NOWAY!"], ["a#b"]])
    for (const command of [new UntagPolicyCommand({ PolicyArn: ARN, TagKeys }), new UntagRoleCommand({ RoleName: "any", TagKeys })])
      await expect(iam.send(command as UntagPolicyCommand)).rejects.toMatchObject({ name: "ValidationError", message });
});

test("the owner of several policies tags them", async () => {
  await using api = await apiWorld();
  const iam = await withPolicy(api);
  await iam.send(new TagPolicyCommand({ PolicyArn: ARN, Tags: [{ Key: "team", Value: "web" }] }));
  expect((await iam.send(new ListPolicyTagsCommand({ PolicyArn: ARN }))).Tags).toEqual([{ Key: "team", Value: "web" }]);
  expect((await iam.send(new GetPolicyCommand({ PolicyArn: ARN }))).Policy).toMatchObject({
    Description: "first",
    Tags: [{ Key: "team" }],
  });
});

describe("CreatePolicy refuses", () => {
  test.each([
    [
      "a name that is taken on another path",
      { PolicyName: "DEPLOY", Path: "/x/" },
      "EntityAlreadyExistsException",
      "A policy called DEPLOY already exists. Duplicate names are not allowed.",
    ],
    ["a path with odd characters", { PolicyName: "x", Path: "/a!/" }, "ValidationError", "at 'path' failed to satisfy constraint"],
    [
      "a document that is no JSON",
      { PolicyName: "x", PolicyDocument: "{" },
      "MalformedPolicyDocumentException",
      "Syntax errors in policy.",
    ],
    [
      "a document with a principal",
      { PolicyName: "x", PolicyDocument: TRUST },
      "MalformedPolicyDocumentException",
      "Policy document should not specify a principal.",
    ],
    [
      "an old version of the language",
      { PolicyName: "x", PolicyDocument: allow("ecs:*").replace("2012-10-17", "2008-10-17") },
      "MalformedPolicyDocumentException",
      "Policy document must be version 2012-10-17 or greater.",
    ],
    [
      "an action without a service",
      { PolicyName: "x", PolicyDocument: allow("RunTask") },
      "MalformedPolicyDocumentException",
      "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ],
    [
      "a document that is too long",
      { PolicyName: "x", PolicyDocument: allow(`ecs:${"x".repeat(6144)}`) },
      "LimitExceededException",
      "Cannot exceed quota for PolicySize: 6144",
    ],
    [
      "characters beyond Latin-1",
      { PolicyName: "x", PolicyDocument: allow("ecs:\u{1f600}") },
      "ValidationError",
      "at 'policyDocument' failed to satisfy constraint",
    ],
    [
      "a long description",
      { PolicyName: "x", Description: "x".repeat(1001) },
      "ValidationError",
      "at 'description' failed to satisfy constraint",
    ],
  ])("%s", async (_what, input, name, message) => {
    await using api = await apiWorld();
    const iam = await withPolicy(api);
    const command = new CreatePolicyCommand({ PolicyDocument: allow("ecs:*"), ...input });
    await expect(iam.send(command)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect((await iam.send(new ListPoliciesCommand({ Scope: "Local" }))).Policies).toHaveLength(1);
  });

  test("not white space: it does not count", async () => {
    await using api = await apiWorld();
    const wide = allow("ecs:*").replace("{", `{${" \n".repeat(5000)}`);
    const { Policy } = await api.client(IAMClient).send(new CreatePolicyCommand({ PolicyName: "wide", PolicyDocument: wide }));
    expect(Policy!.Arn).toBe("arn:aws:iam::123456789012:policy/wide");
  });
});
