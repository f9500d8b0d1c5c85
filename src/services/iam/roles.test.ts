import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteServiceLinkedRoleCommand,
  DeleteUserCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
} from "@aws-sdk/client-iam";
import { CreateClusterCommand, DeleteClusterCommand, ECSClient } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

const trust = (principal: object, Action = "sts:AssumeRole") =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: principal, Action }] });
const TRUST = trust({ Service: "ecs-tasks.amazonaws.com" });
const EVERYTHING = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });

test("a role's description, session length and trust are changed, and read back", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const RoleName = "web";
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, Description: "old", MaxSessionDuration: 7200 }));
  await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 3600 }));
  await iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: "new" }));
  const document = trust({ Service: "ec2.amazonaws.com" });
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: document }));
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  expect(Role).toMatchObject({ Description: "new", MaxSessionDuration: 3600 });
  expect(Role!.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
  expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(document);
});

describe("a trust policy", () => {
  const ROLE = "arn:aws:iam::123456789012:role/deployer";
  test.each([
    ["that is no JSON", "{", "This policy contains invalid Json"],
    ["with a resource", EVERYTHING, "Has prohibited field Resource"],
    ["of other actions", trust({ AWS: "*" }, "s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."],
    [
      "of a user who is not there",
      trust({ AWS: "arn:aws:iam::123456789012:user/none" }),
      'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/none"',
    ],
    [
      "of a role at another path",
      trust({ AWS: "arn:aws:iam::123456789012:role/x/deployer" }),
      'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/x/deployer"',
    ],
    [
      "of a session of a role that is not there",
      trust({ AWS: "arn:aws:sts::123456789012:assumed-role/none/s" }),
      'Invalid principal in policy: "AWS":"arn:aws:sts::123456789012:assumed-role/none/s"',
    ],
    ["of a service in no known form", trust({ Service: "nonsense" }), 'Invalid principal in policy: "SERVICE":"nonsense"'],
  ])("%s is malformed", async (_what, document, message) => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    await iam.send(new CreateRoleCommand({ RoleName: "deployer", AssumeRolePolicyDocument: TRUST }));
    const malformed = { name: "MalformedPolicyDocumentException", message };
    await expect(iam.send(new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument: document }))).rejects.toMatchObject(malformed);
    await expect(iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "deployer", PolicyDocument: document }))).rejects.toMatchObject(
      malformed,
    );
  });

  test.each([
    ["a role of the account", { AWS: ROLE }],
    ["the account", { AWS: "123456789012" }],
    ["a user of an account that is elsewhere", { AWS: "arn:aws:iam::999999999999:user/anybody" }],
    ["an OIDC provider", { Federated: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }],
  ])("may name %s", async (_what, principal) => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    await iam.send(new CreateRoleCommand({ RoleName: "deployer", AssumeRolePolicyDocument: TRUST }));
    const Action = "Federated" in principal ? "sts:AssumeRoleWithWebIdentity" : "sts:AssumeRole";
    const made = await iam.send(new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument: trust(principal, Action) }));
    expect(made.Role!.RoleName).toBe("x");
  });

  test("is too long beyond 2048 characters", async () => {
    await using api = await apiWorld();
    const names = Array.from({ length: 60 }, (_, at) => `arn:aws:iam::9999999999${10 + at}:user/anybody`);
    const create = new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument: trust({ AWS: names }) });
    await expect(api.client(IAMClient).send(create)).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "Cannot exceed quota for ACLSizePerRole: 2048",
    });
  });

  test("forgets a user who is deleted: another of that name is somebody else", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const { User } = await iam.send(new CreateUserCommand({ UserName: "bob" }));
    await iam.send(new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument: trust({ AWS: [User!.Arn!, "123456789012"] }) }));
    await iam.send(new DeleteUserCommand({ UserName: "bob" }));
    await iam.send(new CreateUserCommand({ UserName: "bob" }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "x" }));
    expect(JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).Statement[0].Principal).toEqual({
      AWS: [User!.UserId, "123456789012"],
    });
  });
});

describe("an instance profile", () => {
  test("has one role, which stays while it is in it", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const InstanceProfileName = "ecsInstanceRole";
    const made = await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path: "/ecs/" }));
    expect(made.InstanceProfile).toMatchObject({ Arn: "arn:aws:iam::123456789012:instance-profile/ecs/ecsInstanceRole", Roles: [] });
    for (const RoleName of ["one", "two"]) await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: "one" }));
    await expect(iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: "two" }))).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    });
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    expect(InstanceProfile!.Roles).toMatchObject([{ RoleName: "one" }]);
    expect((await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName: "one" }))).InstanceProfiles).toEqual([InstanceProfile]);
    await expect(iam.send(new DeleteRoleCommand({ RoleName: "one" }))).rejects.toThrow("must remove roles from instance profile first.");
    await expect(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }))).rejects.toThrow(
      "must remove roles from instance profile first.",
    );
    await expect(iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: "two" }))).rejects.toMatchObject({
      name: "NoSuchEntityException",
    });
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: "one" }));
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
    await iam.send(new DeleteRoleCommand({ RoleName: "one" }));
    expect((await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles).toEqual([]);
    await expect(iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))).rejects.toThrow(
      "Instance Profile ecsInstanceRole cannot be found.",
    );
  });
});

describe("a service-linked role", () => {
  const NAME = "AWSServiceRoleForECS";
  const create = new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" });

  test("has AWS's name, path, trust and policy, and nobody else changes it", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const { Role } = await iam.send(create);
    expect(Role).toMatchObject({
      RoleName: NAME,
      Path: "/aws-service-role/ecs.amazonaws.com/",
      Arn: `arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/${NAME}`,
    });
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toContain('"Service":["ecs.amazonaws.com"]');
    expect((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: NAME }))).AttachedPolicies).toEqual([
      { PolicyName: "AmazonECSServiceRolePolicy", PolicyArn: "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy" },
    ]);
    const protectedRole = {
      name: "UnmodifiableEntityException",
      message: `Cannot perform the operation on the protected role '${NAME}' - this role is only modifiable by AWS`,
    };
    for (const command of [
      new DeleteRoleCommand({ RoleName: NAME }),
      new PutRolePolicyCommand({ RoleName: NAME, PolicyName: "x", PolicyDocument: EVERYTHING }),
      new AttachRolePolicyCommand({ RoleName: NAME, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }),
      new UpdateAssumeRolePolicyCommand({ RoleName: NAME, PolicyDocument: TRUST }),
      new TagRoleCommand({ RoleName: NAME, Tags: [{ Key: "a", Value: "b" }] }),
    ])
      await expect(iam.send(command as DeleteRoleCommand)).rejects.toMatchObject(protectedRole);
    await expect(iam.send(create)).rejects.toMatchObject({
      name: "InvalidInputException",
      message: `Service role name ${NAME} has been taken in this account, please try a different suffix.`,
    });
  });

  test("goes when nothing needs it any more, and not before", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const ecs = api.client(ECSClient, "eu-west-1");
    await iam.send(create);
    const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
    const first = await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName: NAME }));
    const failed = await iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId: first.DeletionTaskId }));
    expect(failed).toMatchObject({
      Status: "FAILED",
      Reason: { RoleUsageList: [{ Region: "eu-west-1", Resources: [cluster!.clusterArn] }] },
    });
    await ecs.send(new DeleteClusterCommand({ cluster: "web" }));
    const { DeletionTaskId } = await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName: NAME }));
    expect(DeletionTaskId).toMatch(/^task\/aws-service-role\/ecs\.amazonaws\.com\/AWSServiceRoleForECS\/[0-9a-f-]{36}$/);
    expect(await iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }))).toMatchObject({ Status: "SUCCEEDED" });
    await expect(iam.send(new GetRoleCommand({ RoleName: NAME }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
    expect(api.defects).toEqual([]);
  });

  test.each([
    [
      "an unknown service",
      { AWSServiceName: "nonsense.amazonaws.com" },
      "Service-linked roles are not supported for nonsense.amazonaws.com.",
    ],
    [
      "a suffix where one is all",
      { AWSServiceName: "ecs.amazonaws.com", CustomSuffix: "x" },
      "Custom suffix is not allowed for ecs.amazonaws.com",
    ],
  ])("refuses %s", async (_what, input, message) => {
    await using api = await apiWorld();
    await expect(api.client(IAMClient).send(new CreateServiceLinkedRoleCommand(input))).rejects.toMatchObject({
      name: "InvalidInputException",
      message,
    });
  });

  test("may have a suffix where the service allows it, and has no other's path", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const { Role } = await iam.send(
      new CreateServiceLinkedRoleCommand({ AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "blue" }),
    );
    expect(Role!.RoleName).toBe("AWSServiceRoleForAutoScaling_blue");
    const reserved = new CreateRoleCommand({
      RoleName: "x",
      Path: "/aws-service-role/ecs.amazonaws.com/",
      AssumeRolePolicyDocument: TRUST,
    });
    await expect(iam.send(reserved)).rejects.toMatchObject({ name: "InvalidInputException" });
    await expect(iam.send(new DeleteServiceLinkedRoleCommand({ RoleName: "none" }))).rejects.toMatchObject({
      name: "NoSuchEntityException",
    });
  });
});

test("the commands of Terraform's role, policy and attachment work from making to taking down", { timeout: 120_000 }, async () => {
  await using api = await apiWorld();
  const aws = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await api.aws("iam", ...args, "--output", "json");
    expect([code, stderr]).toEqual([0, ""]);
    return stdout === "" ? undefined : (JSON.parse(stdout) as Record<string, { readonly Arn?: string }>);
  };
  await aws("create-role", "--role-name", "task", "--assume-role-policy-document", TRUST, "--tags", "Key=env,Value=test");
  await aws("put-role-policy", "--role-name", "task", "--policy-name", "inline", "--policy-document", EVERYTHING);
  expect(await aws("get-role-policy", "--role-name", "task", "--policy-name", "inline")).toEqual({
    RoleName: "task",
    PolicyName: "inline",
    PolicyDocument: JSON.parse(EVERYTHING),
  });
  const made = await aws("create-policy", "--policy-name", "custom", "--policy-document", EVERYTHING);
  const arn = made!["Policy"]!.Arn!;
  await aws("attach-role-policy", "--role-name", "task", "--policy-arn", arn);
  expect(await aws("get-role", "--role-name", "task")).toMatchObject({
    Role: { AssumeRolePolicyDocument: JSON.parse(TRUST), Tags: [{ Key: "env", Value: "test" }] },
  });
  expect(await aws("list-instance-profiles-for-role", "--role-name", "task")).toEqual({ InstanceProfiles: [] });
  await aws("detach-role-policy", "--role-name", "task", "--policy-arn", arn);
  await aws("delete-role-policy", "--role-name", "task", "--policy-name", "inline");
  await aws("delete-policy", "--policy-arn", arn);
  await aws("delete-role", "--role-name", "task");
  const gone = await api.aws("iam", "get-role", "--role-name", "task");
  expect(gone.stderr).toContain(
    "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name task cannot be found.",
  );
  expect(api.defects).toEqual([]);
});

test("an inline policy keeps a name that means something to JavaScript", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: TRUST }));
  await expect(iam.send(new GetRolePolicyCommand({ RoleName: "web", PolicyName: "constructor" }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
    message: "The role policy with name constructor cannot be found.",
  });
  await iam.send(new PutRolePolicyCommand({ RoleName: "web", PolicyName: "__proto__", PolicyDocument: EVERYTHING }));
  expect((await iam.send(new GetRolePolicyCommand({ RoleName: "web", PolicyName: "__proto__" }))).PolicyDocument).toBe(
    encodeURIComponent(EVERYTHING),
  );
});
