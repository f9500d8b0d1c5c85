import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteGroupCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetGroupCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListGroupsForUserCommand,
  ListGroupsCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  RemoveUserFromGroupCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateGroupCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

const ALLOW = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ecs:*", Resource: "*" }] });
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";

test("a user is made, read back, listed by path, and shows tags and boundary only alone", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const Tags = [{ Key: "team", Value: "web" }];
  const made = await iam.send(new CreateUserCommand({ UserName: "Bob", Path: "/team/", Tags, PermissionsBoundary: READ_ONLY }));
  expect(made.User).toMatchObject({ UserName: "Bob", Path: "/team/", Arn: "arn:aws:iam::123456789012:user/team/Bob", Tags });
  expect(made.User!.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/);
  const { User } = await iam.send(new GetUserCommand({ UserName: "bob" }));
  expect(User).toEqual(made.User);
  expect(User!.PermissionsBoundary).toEqual({ PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: READ_ONLY });
  await iam.send(new CreateUserCommand({ UserName: "ann" }));
  const under = await iam.send(new ListUsersCommand({ PathPrefix: "/team/" }));
  expect(under.Users).toEqual([{ Path: "/team/", UserName: "Bob", UserId: User!.UserId, Arn: User!.Arn, CreateDate: User!.CreateDate }]);
  expect(api.defects).toEqual([]);
});

test("whoever names nobody asks about themselves: a user, and root", async () => {
  await using api = await apiWorld();
  const keys = api.user("bob", {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "iam:GetUser", Resource: "arn:aws:iam::*:user/bob" }],
  });
  const own = await api.client(IAMClient, "us-east-1", keys).send(new GetUserCommand());
  expect(own.User).toMatchObject({ UserName: "bob" });
  const root = await api.client(IAMClient).send(new GetUserCommand());
  expect(root.User).toMatchObject({ UserId: "123456789012", Arn: "arn:aws:iam::123456789012:root" });
});

test("a renamed user keeps id, keys and groups, and goes by the new name", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const { User } = await iam.send(new CreateUserCommand({ UserName: "bob" }));
  await iam.send(new CreateGroupCommand({ GroupName: "devs" }));
  await iam.send(new AddUserToGroupCommand({ GroupName: "devs", UserName: "bob" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "bob" }));
  await iam.send(new UpdateUserCommand({ UserName: "bob", NewUserName: "robert", NewPath: "/staff/" }));
  await expect(iam.send(new GetUserCommand({ UserName: "bob" }))).rejects.toThrow("The user with name bob cannot be found.");
  const keys = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  const who = await api.client(STSClient, "us-east-1", keys).send(new GetCallerIdentityCommand());
  expect(who).toMatchObject({ Arn: "arn:aws:iam::123456789012:user/staff/robert", UserId: User!.UserId });
  expect((await iam.send(new ListAccessKeysCommand({ UserName: "robert" }))).AccessKeyMetadata).toHaveLength(1);
  expect((await iam.send(new GetGroupCommand({ GroupName: "devs" }))).Users!.map(({ UserName }) => UserName)).toEqual(["robert"]);
});

test("a renamed group keeps its members", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const { Group } = await iam.send(new CreateGroupCommand({ GroupName: "devs" }));
  await iam.send(new CreateUserCommand({ UserName: "bob" }));
  await iam.send(new AddUserToGroupCommand({ GroupName: "DEVS", UserName: "bob" }));
  await iam.send(new UpdateGroupCommand({ GroupName: "devs", NewGroupName: "engineers" }));
  const { Groups } = await iam.send(new ListGroupsForUserCommand({ UserName: "bob" }));
  expect(Groups).toEqual([{ ...Group, GroupName: "engineers", Arn: "arn:aws:iam::123456789012:group/engineers" }]);
  expect((await iam.send(new ListGroupsCommand({}))).Groups).toEqual(Groups);
});

test("a user goes only when nothing is left of it, and says each time what has to go first", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const UserName = "bob";
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new CreateGroupCommand({ GroupName: "devs" }));
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: READ_ONLY }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "inline", PolicyDocument: ALLOW }));
  await iam.send(new AddUserToGroupCommand({ UserName, GroupName: "devs" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const refused = (text: string) =>
    expect(iam.send(new DeleteUserCommand({ UserName }))).rejects.toMatchObject({ name: "DeleteConflictException", message: text });
  await refused("Cannot delete entity, must detach all policies first.");
  await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn: READ_ONLY }));
  await refused("Cannot delete entity, must delete policies first.");
  await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: "inline" }));
  await refused("Cannot delete entity, must remove users from group first.");
  await expect(iam.send(new DeleteGroupCommand({ GroupName: "devs" }))).rejects.toThrow("must remove users from group first.");
  await iam.send(new RemoveUserFromGroupCommand({ UserName, GroupName: "devs" }));
  await refused("Cannot delete entity, must delete access keys first.");
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: AccessKey!.AccessKeyId }));
  await iam.send(new DeleteUserCommand({ UserName }));
  await iam.send(new DeleteGroupCommand({ GroupName: "devs" }));
  expect((await iam.send(new ListUsersCommand({}))).Users).toEqual([]);
  expect(api.defects).toEqual([]);
});

test("a group's policies are its members' own, and only while they are members", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const asBob = api.client(IAMClient, "us-east-1", api.user("bob"));
  await iam.send(new CreateGroupCommand({ GroupName: "auditors" }));
  await iam.send(new AttachGroupPolicyCommand({ GroupName: "auditors", PolicyArn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess" }));
  await expect(asBob.send(new ListUsersCommand({}))).rejects.toMatchObject({
    name: "AccessDenied",
    message: expect.stringContaining("because no identity-based policy allows the iam:ListUsers action"),
  });
  await iam.send(new AddUserToGroupCommand({ GroupName: "auditors", UserName: "bob" }));
  expect((await asBob.send(new ListUsersCommand({}))).Users).toHaveLength(1);
  await iam.send(new RemoveUserFromGroupCommand({ GroupName: "auditors", UserName: "bob" }));
  await expect(asBob.send(new ListUsersCommand({}))).rejects.toMatchObject({ name: "AccessDenied" });
});

test("a boundary cuts a user's permissions down until it is taken away", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  const asBob = api.client(IAMClient, "us-east-1", api.user("bob", everything));
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: "bob", PermissionsBoundary: READ_ONLY }));
  await expect(asBob.send(new ListUsersCommand({}))).rejects.toThrow("no permissions boundary allows the iam:ListUsers action");
  await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: "bob" }));
  expect((await asBob.send(new ListUsersCommand({}))).Users).toHaveLength(1);
  await expect(iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: "bob" }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
  });
});

test("tags are set, replaced whatever the case of their keys, and taken away", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const UserName = "bob";
  await iam.send(new CreateUserCommand({ UserName, Tags: [{ Key: "Team", Value: "web" }] }));
  await iam.send(
    new TagUserCommand({
      UserName,
      Tags: [
        { Key: "team", Value: "db" },
        { Key: "site", Value: "" },
      ],
    }),
  );
  expect((await iam.send(new ListUserTagsCommand({ UserName }))).Tags).toEqual([
    { Key: "site", Value: "" },
    { Key: "team", Value: "db" },
  ]);
  await iam.send(new UntagUserCommand({ UserName, TagKeys: ["SITE", "other"] }));
  expect((await iam.send(new ListUserTagsCommand({ UserName }))).Tags).toEqual([{ Key: "team", Value: "db" }]);
});

describe("refusals", () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ Key: `key-${at}`, Value: "" }));
  test.each([
    ["a name that is taken, in another case", { UserName: "BOB" }, "EntityAlreadyExistsException", "User with name BOB already exists."],
    [
      "a long name",
      { UserName: "x".repeat(65) },
      "ValidationError",
      "at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
    ],
    [
      "a name with a slash",
      { UserName: "a/b" },
      "ValidationError",
      "Value 'a/b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
    ],
    ["a path without its end", { UserName: "x", Path: "/a" }, "ValidationError", "at 'path' failed to satisfy constraint"],
    [
      "a boundary that is not there",
      { UserName: "x", PermissionsBoundary: "arn:aws:iam::123456789012:policy/none" },
      "NoSuchEntityException",
      "Policy arn:aws:iam::123456789012:policy/none does not exist or is not attachable.",
    ],
    [
      "a boundary that is no policy",
      { UserName: "x", PermissionsBoundary: "arn:aws:iam::123456789012:role/some" },
      "InvalidInputException",
      "ARN arn:aws:iam::123456789012:role/some is not valid.",
    ],
    [
      "a reserved tag",
      { UserName: "x", Tags: [{ Key: "aws:x", Value: "" }] },
      "InvalidInputException",
      "Tag keys that begin with aws: are reserved.",
    ],
    [
      "a tag twice",
      {
        UserName: "x",
        Tags: [
          { Key: "a", Value: "" },
          { Key: "A", Value: "" },
        ],
      },
      "InvalidInputException",
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    ],
    [
      "a tag of odd characters",
      { UserName: "x", Tags: [{ Key: "a!", Value: "" }] },
      "ValidationError",
      "Value 'a!' at 'tags.1.member.key' failed to satisfy constraint",
    ],
    ["too many tags", { UserName: "x", Tags: many(51) }, "ValidationError", "Member must have length less than or equal to 50"],
  ])("CreateUser refuses %s", async (_what, input, name, message) => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    await iam.send(new CreateUserCommand({ UserName: "bob" }));
    await expect(iam.send(new CreateUserCommand(input))).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect((await iam.send(new ListUsersCommand({}))).Users).toHaveLength(1);
  });

  test.each([
    [
      "who is not in the group",
      new RemoveUserFromGroupCommand({ GroupName: "devs", UserName: "bob" }),
      "NoSuchEntityException",
      "User bob not in group devs",
    ],
    [
      "a group that is not there",
      new AddUserToGroupCommand({ GroupName: "none", UserName: "bob" }),
      "NoSuchEntityException",
      "The group with name none cannot be found.",
    ],
    [
      "a user who is not there",
      new AddUserToGroupCommand({ GroupName: "devs", UserName: "none" }),
      "NoSuchEntityException",
      "The user with name none cannot be found.",
    ],
    [
      "a group's name that is taken",
      new CreateGroupCommand({ GroupName: "Devs" }),
      "EntityAlreadyExistsException",
      "Group with name Devs already exists.",
    ],
    [
      "a new name that is taken",
      new UpdateUserCommand({ UserName: "bob", NewUserName: "Ann" }),
      "EntityAlreadyExistsException",
      "User with name Ann already exists.",
    ],
    [
      "a policy that is not attached",
      new DetachUserPolicyCommand({ UserName: "bob", PolicyArn: READ_ONLY }),
      "NoSuchEntityException",
      `Policy ${READ_ONLY} was not found.`,
    ],
    [
      "an inline policy that is not there",
      new DeleteUserPolicyCommand({ UserName: "bob", PolicyName: "none" }),
      "NoSuchEntityException",
      "The user policy with name none cannot be found.",
    ],
    [
      "a policy of AWS that is not known",
      new AttachUserPolicyCommand({ UserName: "bob", PolicyArn: "arn:aws:iam::aws:policy/NoSuch" }),
      "NoSuchEntityException",
      "Policy arn:aws:iam::aws:policy/NoSuch does not exist or is not attachable.",
    ],
    [
      "a policy of a service's own role",
      new AttachUserPolicyCommand({ UserName: "bob", PolicyArn: "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy" }),
      "PolicyNotAttachableException",
      "Cannot attach a Service Role Policy to a Customer Role.",
    ],
    [
      "inline policies that are too long",
      new PutUserPolicyCommand({ UserName: "bob", PolicyName: "long", PolicyDocument: ALLOW.replace("ecs:*", `ecs:${"x".repeat(2000)}`) }),
      "LimitExceededException",
      "Maximum policy size of 2048 bytes exceeded for user bob",
    ],
  ] as const)("%s", async (_what, command, name, message) => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    await iam.send(new CreateUserCommand({ UserName: "bob" }));
    await iam.send(new CreateUserCommand({ UserName: "ann" }));
    await iam.send(new CreateGroupCommand({ GroupName: "devs" }));
    await expect(iam.send(command as CreateUserCommand)).rejects.toMatchObject({ name, message });
    expect(api.defects).toEqual([]);
  });

  test("an eleventh policy and an eleventh group", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const UserName = "bob";
    await iam.send(new CreateUserCommand({ UserName }));
    const names = [
      "AdministratorAccess",
      "PowerUserAccess",
      "ReadOnlyAccess",
      "IAMFullAccess",
      "IAMReadOnlyAccess",
      "AmazonSSMReadOnlyAccess",
    ];
    const more = ["AmazonSSMFullAccess", "SecretsManagerReadWrite", "CloudWatchFullAccess", "CloudWatchLogsFullAccess"];
    for (const name of [...names, ...more])
      await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: `arn:aws:iam::aws:policy/${name}` }));
    // The tenth again is no eleventh.
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess" }));
    await expect(iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: READ_ONLY }))).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "Cannot exceed quota for PoliciesPerUser: 10",
    });
    for (let at = 0; at < 11; at++) await iam.send(new CreateGroupCommand({ GroupName: `g${at}` }));
    for (let at = 0; at < 10; at++) await iam.send(new AddUserToGroupCommand({ UserName, GroupName: `g${at}` }));
    await expect(iam.send(new AddUserToGroupCommand({ UserName, GroupName: "g10" }))).rejects.toThrow(
      "Cannot exceed quota for GroupsPerUser: 10",
    );
  });
});
