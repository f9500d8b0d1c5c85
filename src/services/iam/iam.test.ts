import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
const EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

test("the command line makes the role that a task definition names, in every region the same", { timeout: 60_000 }, async () => {
  await using api = await apiWorld();
  const made = await api.aws(
    "iam",
    "create-role",
    "--role-name",
    "ecsTaskExecutionRole",
    "--assume-role-policy-document",
    TRUST,
    "--query",
    "Role.[Arn,AssumeRolePolicyDocument]",
    "--output",
    "json",
  );
  expect(JSON.parse(made.stdout)).toEqual(["arn:aws:iam::123456789012:role/ecsTaskExecutionRole", JSON.parse(TRUST)]);
  expect(await api.aws("iam", "attach-role-policy", "--role-name", "ecsTaskExecutionRole", "--policy-arn", EXECUTION)).toMatchObject({
    code: 0,
  });
  const { Role } = await api.client(IAMClient, "eu-west-1").send(new GetRoleCommand({ RoleName: "ecsTaskExecutionRole" }));
  expect(Role!.RoleId).toMatch(/^AROA[A-Z0-9]{17}$/);
  const { AttachedPolicies } = await api.client(IAMClient).send(new ListAttachedRolePoliciesCommand({ RoleName: "ecsTaskExecutionRole" }));
  expect(AttachedPolicies).toEqual([{ PolicyName: "AmazonECSTaskExecutionRolePolicy", PolicyArn: EXECUTION }]);
  expect(api.defects).toEqual([]);
});

test("a role goes only when its policies are gone, a policy only when no role has it", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const RoleName = "web";
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  const PolicyArn = (await iam.send(new CreatePolicyCommand({ PolicyName: "all", PolicyDocument: POLICY }))).Policy!.Arn!;
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v1" }));
  expect(decodeURIComponent(PolicyVersion!.Document!)).toBe(POLICY);
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "inline", PolicyDocument: POLICY }));
  expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual(["inline"]);
  expect(decodeURIComponent((await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "inline" }))).PolicyDocument!)).toBe(POLICY);
  await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toThrow("Cannot delete entity, must detach all policies first.");
  await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toThrow("Cannot delete a policy attached to entities.");
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toThrow("Cannot delete entity, must delete policies first.");
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "inline" }));
  await iam.send(new DeleteRoleCommand({ RoleName }));
  await iam.send(new DeletePolicyCommand({ PolicyArn }));
  await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
    message: "The role with name web cannot be found.",
  });
  expect(api.defects).toEqual([]);
});

test("roles are listed by path, page by page", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  for (const [RoleName, Path] of [
    ["a", "/"],
    ["b", "/team/"],
    ["c", "/team/"],
  ] as const)
    await iam.send(new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument: TRUST }));
  expect((await iam.send(new ListRolesCommand({ PathPrefix: "/team/" }))).Roles!.map(({ Arn }) => Arn)).toEqual([
    "arn:aws:iam::123456789012:role/team/b",
    "arn:aws:iam::123456789012:role/team/c",
  ]);
  const first = await iam.send(new ListRolesCommand({ MaxItems: 2 }));
  const second = await iam.send(new ListRolesCommand({ MaxItems: 2, Marker: first.Marker }));
  expect([first.IsTruncated, second.IsTruncated, [...first.Roles!, ...second.Roles!].length]).toEqual([true, false, 3]);
});

test.each([
  ["a name that is taken, in another case", { RoleName: "WEB" }, "EntityAlreadyExistsException", "Role with name WEB already exists."],
  ["an odd name", { RoleName: "a b" }, "ValidationError", "Value 'a b' at 'roleName' failed to satisfy constraint"],
  [
    "a policy that is no JSON",
    { RoleName: "x", AssumeRolePolicyDocument: "{" },
    "MalformedPolicyDocumentException",
    "This policy contains invalid Json",
  ],
  [
    "a policy without statements",
    { RoleName: "x", AssumeRolePolicyDocument: "{}" },
    "MalformedPolicyDocumentException",
    "Syntax errors in policy.",
  ],
  ["a path that does not end", { RoleName: "x", Path: "/a" }, "ValidationError", "at 'path' failed to satisfy constraint"],
])("CreateRole refuses %s", async (_what, input, name, message) => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: TRUST }));
  await expect(iam.send(new CreateRoleCommand({ AssumeRolePolicyDocument: TRUST, ...input }))).rejects.toMatchObject({
    name,
    message: expect.stringContaining(message),
  });
});
