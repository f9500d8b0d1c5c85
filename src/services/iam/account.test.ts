import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateAccountAliasCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccountAliasCommand,
  DeleteAccountPasswordPolicyCommand,
  GenerateCredentialReportCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountPasswordPolicyCommand,
  GetAccountSummaryCommand,
  GetCredentialReportCommand,
  IAMClient,
  ListAccountAliasesCommand,
  PutUserPolicyCommand,
  UpdateAccountPasswordPolicyCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { apiWorld, FOREIGN_KEYS } from "../../testing/api-world.ts";
import { ManualClock } from "../../testing/manual-clock.ts";

const ALLOW = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ecs:*", Resource: "*" }] });
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

test("an account has one alias, which no other account has", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: "first" }));
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: "my-company" }));
  expect((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases).toEqual(["my-company"]);
  const foreign = api.client(IAMClient, "us-east-1", FOREIGN_KEYS);
  await expect(foreign.send(new CreateAccountAliasCommand({ AccountAlias: "my-company" }))).rejects.toMatchObject({
    name: "EntityAlreadyExistsException",
    message: "The account alias my-company already exists.",
  });
  await expect(iam.send(new DeleteAccountAliasCommand({ AccountAlias: "first" }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
  await iam.send(new DeleteAccountAliasCommand({ AccountAlias: "my-company" }));
  expect((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases).toEqual([]);
  await foreign.send(new CreateAccountAliasCommand({ AccountAlias: "my-company" }));
});

test.each(["My-Company", "ab", "a--b", "-ab"])("%s is no alias", async (AccountAlias) => {
  await using api = await apiWorld();
  await expect(api.client(IAMClient).send(new CreateAccountAliasCommand({ AccountAlias }))).rejects.toMatchObject({
    name: "ValidationError",
  });
});

test("a password policy is stated whole each time", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const none = { name: "NoSuchEntityException", message: "The Password Policy with domain name 123456789012 cannot be found." };
  await expect(iam.send(new GetAccountPasswordPolicyCommand())).rejects.toMatchObject(none);
  await iam.send(new UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 14, RequireSymbols: true }));
  await iam.send(new UpdateAccountPasswordPolicyCommand({ MaxPasswordAge: 90 }));
  expect((await iam.send(new GetAccountPasswordPolicyCommand())).PasswordPolicy).toEqual({
    MinimumPasswordLength: 6,
    RequireSymbols: false,
    RequireNumbers: false,
    RequireUppercaseCharacters: false,
    RequireLowercaseCharacters: false,
    AllowUsersToChangePassword: false,
    ExpirePasswords: true,
    MaxPasswordAge: 90,
  });
  await expect(iam.send(new UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 5 }))).rejects.toMatchObject({
    name: "ValidationError",
  });
  await iam.send(new DeleteAccountPasswordPolicyCommand());
  await expect(iam.send(new DeleteAccountPasswordPolicyCommand())).rejects.toMatchObject(none);
});

test("the summary counts what there is, beside what there may be", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "bob" }));
  await iam.send(new CreateGroupCommand({ GroupName: "devs" }));
  await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: TRUST }));
  await iam.send(new CreatePolicyCommand({ PolicyName: "deploy", PolicyDocument: ALLOW }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: "web", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }));
  const { SummaryMap } = await iam.send(new GetAccountSummaryCommand());
  expect(SummaryMap).toMatchObject({
    Users: 1,
    Groups: 1,
    Roles: 1,
    Policies: 1,
    PolicyVersionsInUse: 2,
    UsersQuota: 5000,
    AccessKeysPerUserQuota: 2,
  });
});

describe("the credential report", () => {
  test("has AWS's columns, a line for root and one for each user", { timeout: 60_000 }, async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    await expect(iam.send(new GetCredentialReportCommand())).rejects.toMatchObject({ name: "CredentialReportNotPresentException" });
    const { User } = await iam.send(new CreateUserCommand({ UserName: "a,b" }));
    await iam.send(new CreateAccessKeyCommand({ UserName: "a,b" }));
    expect((await iam.send(new GenerateCredentialReportCommand())).State).toBe("STARTED");
    expect((await iam.send(new GenerateCredentialReportCommand())).State).toBe("COMPLETE");
    const told = await api.aws("iam", "get-credential-report", "--query", "Content", "--output", "text");
    const [header = "", root = "", user = "", ...more] = Buffer.from(told.stdout, "base64").toString().split("\n");
    expect(more).toEqual([]);
    expect(header.split(",")).toHaveLength(22);
    expect(header).toMatch(/^user,arn,user_creation_time,password_enabled,.*,cert_2_active,cert_2_last_rotated$/);
    expect(root).toMatch(/^<root_account>,arn:aws:iam::123456789012:root,[^,]+,not_supported,/);
    const created = `${User!.CreateDate!.toISOString().slice(0, 19)}+00:00`;
    expect(
      user.startsWith(
        `"a,b","arn:aws:iam::123456789012:user/a,b",${created},false,N/A,N/A,N/A,false,true,${created},N/A,N/A,N/A,false,N/A`,
      ),
    ).toBe(true);
    expect(root.split(",")).toHaveLength(22);
    expect(api.defects).toEqual([]);
  });

  test("is good for four hours", async () => {
    const clock = new ManualClock(Date.now());
    await using api = await apiWorld({ clock });
    const iam = api.client(IAMClient);
    await iam.send(new GenerateCredentialReportCommand());
    clock.advance(4 * 3_600_000);
    // The client's clock has to go along, or its signatures are too old; it sets itself by each answer.
    const later = () => {
      iam.config.systemClockOffset = 4 * 3_600_000;
      return iam;
    };
    await expect(later().send(new GetCredentialReportCommand())).rejects.toMatchObject({ name: "CredentialReportExpiredException" });
    await later().send(new GenerateCredentialReportCommand());
    expect((await later().send(new GetCredentialReportCommand())).GeneratedTime!.getTime()).toBeGreaterThan(Date.now() + 3 * 3_600_000);
  });
});

test("the authorization details tell everything at once, by kind, a page at a time", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "bob" }));
  await iam.send(new PutUserPolicyCommand({ UserName: "bob", PolicyName: "inline", PolicyDocument: ALLOW }));
  await iam.send(new CreateGroupCommand({ GroupName: "devs" }));
  await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: TRUST }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: "web", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }));
  await iam.send(new CreatePolicyCommand({ PolicyName: "deploy", PolicyDocument: ALLOW }));
  const all = await iam.send(new GetAccountAuthorizationDetailsCommand({}));
  expect(all.UserDetailList).toMatchObject([
    { UserName: "bob", UserPolicyList: [{ PolicyName: "inline", PolicyDocument: encodeURIComponent(ALLOW) }] },
  ]);
  expect(all.GroupDetailList).toMatchObject([{ GroupName: "devs" }]);
  expect(all.RoleDetailList).toMatchObject([{ RoleName: "web", AttachedManagedPolicies: [{ PolicyName: "AdministratorAccess" }] }]);
  expect(all.Policies!.map(({ PolicyName }) => PolicyName)).toEqual(["deploy", "AdministratorAccess"]);
  expect(all.Policies![0]!.PolicyVersionList).toMatchObject([
    { VersionId: "v1", IsDefaultVersion: true, Document: encodeURIComponent(ALLOW) },
  ]);
  const some = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ["Role", "LocalManagedPolicy"] }));
  expect([some.UserDetailList, some.RoleDetailList!.length, some.Policies!.length]).toEqual([[], 1, 1]);
  const page = await iam.send(new GetAccountAuthorizationDetailsCommand({ MaxItems: 2 }));
  expect([page.IsTruncated, page.UserDetailList!.length, page.RoleDetailList!.length]).toEqual([true, 1, 1]);
  const next = await iam.send(new GetAccountAuthorizationDetailsCommand({ Marker: page.Marker }));
  expect([next.IsTruncated, next.GroupDetailList!.length, next.Policies!.length]).toEqual([false, 1, 2]);
});
