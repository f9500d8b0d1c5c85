import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutRolePolicyCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { JournalChange } from "../../ports/journal.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { runAws } from "../../testing/aws-cli.ts";

const TRUSTS_ACCOUNT = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "sts:AssumeRole" }],
});

test(
  "the command line makes a user with full access to the registry, whose key works there and nowhere else",
  { timeout: 120_000 },
  async () => {
    await using api = await apiWorld();
    const policy = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess";
    expect(await api.aws("iam", "create-user", "--user-name", "docker-user")).toMatchObject({ code: 0 });
    expect(await api.aws("iam", "attach-user-policy", "--user-name", "docker-user", "--policy-arn", policy)).toMatchObject({ code: 0 });
    const made = await api.aws("iam", "create-access-key", "--user-name", "docker-user", "--output", "json");
    const { AccessKeyId, SecretAccessKey, Status } = JSON.parse(made.stdout).AccessKey;
    expect([AccessKeyId, SecretAccessKey, Status]).toEqual([
      expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
      expect.stringMatching(/^\S{40}$/),
      "Active",
    ]);
    const user = { url: api.url, accessKeyId: AccessKeyId as string, secretAccessKey: SecretAccessKey as string, home: "/nonexistent" };
    const repository = await runAws(user, ["ecr", "create-repository", "--repository-name", "web", "--query", "repository.repositoryName"]);
    expect(repository).toMatchObject({ code: 0, stdout: '"web"\n' });
    const elsewhere = await runAws(user, ["ecs", "create-cluster", "--cluster-name", "web"]);
    expect(elsewhere.stderr).toContain(
      "User: arn:aws:iam::123456789012:user/docker-user is not authorized to perform: ecs:CreateCluster on resource: " +
        "arn:aws:ecs:us-east-1:123456789012:cluster/web because no identity-based policy allows the ecs:CreateCluster action",
    );
    expect(
      await api.aws("iam", "update-access-key", "--user-name", "docker-user", "--access-key-id", AccessKeyId, "--status", "Inactive"),
    ).toMatchObject({
      code: 0,
    });
    expect((await runAws(user, ["ecr", "describe-repositories"])).stderr).toContain("UnrecognizedClientException");
    expect(api.defects).toEqual([]);
  },
);

test("a user has two keys at most; a deleted one is no key at all", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const UserName = "bob";
  await iam.send(new CreateUserCommand({ UserName }));
  const first = (await iam.send(new CreateAccessKeyCommand({ UserName }))).AccessKey!;
  const second = (await iam.send(new CreateAccessKeyCommand({ UserName }))).AccessKey!;
  await expect(iam.send(new CreateAccessKeyCommand({ UserName }))).rejects.toMatchObject({
    name: "LimitExceededException",
    message: "Cannot exceed quota for AccessKeysPerUser: 2",
  });
  const keys = { accessKeyId: first.AccessKeyId!, secretAccessKey: first.SecretAccessKey! };
  expect(await api.client(STSClient, "us-east-1", keys).send(new GetCallerIdentityCommand())).toMatchObject({
    Arn: "arn:aws:iam::123456789012:user/bob",
  });
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: first.AccessKeyId }));
  await expect(api.client(STSClient, "us-east-1", keys).send(new GetCallerIdentityCommand())).rejects.toMatchObject({
    name: "InvalidClientTokenId",
  });
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName }));
  expect(AccessKeyMetadata).toEqual([{ UserName, AccessKeyId: second.AccessKeyId, Status: "Active", CreateDate: second.CreateDate }]);
});

test("a user who names nobody changes the own keys, and a key of another is not found", async () => {
  await using api = await apiWorld();
  const own = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "iam:*AccessKey*", Resource: "arn:aws:iam::*:user/${aws:username}" }],
  };
  const bob = api.client(IAMClient, "us-east-1", api.user("bob", own));
  const ann = api.user("ann", own);
  const { AccessKey } = await bob.send(new CreateAccessKeyCommand({}));
  expect(AccessKey).toMatchObject({ UserName: "bob" });
  expect((await bob.send(new ListAccessKeysCommand({}))).AccessKeyMetadata).toHaveLength(2);
  await bob.send(new UpdateAccessKeyCommand({ AccessKeyId: AccessKey!.AccessKeyId, Status: "Inactive" }));
  await bob.send(new DeleteAccessKeyCommand({ AccessKeyId: AccessKey!.AccessKeyId }));
  await expect(bob.send(new DeleteAccessKeyCommand({ AccessKeyId: ann.accessKeyId }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
    message: `The Access Key with id ${ann.accessKeyId} cannot be found.`,
  });
  await expect(bob.send(new CreateAccessKeyCommand({ UserName: "ann" }))).rejects.toMatchObject({ name: "AccessDenied" });
  // The permission is about the user whose key is asked for.
  await expect(bob.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: ann.accessKeyId }))).rejects.toThrow("user/ann");
});

test("root's further keys are root's, and are told when they were used", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({}));
  const keys = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  const used = async () => (await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: keys.accessKeyId }))).AccessKeyLastUsed;
  expect(await used()).toEqual({ ServiceName: "N/A", Region: "N/A" });
  expect((await api.client(STSClient, "eu-west-1", keys).send(new GetCallerIdentityCommand())).Arn).toBe("arn:aws:iam::123456789012:root");
  expect((await iam.send(new ListAccessKeysCommand({}))).AccessKeyMetadata).toMatchObject([{ AccessKeyId: keys.accessKeyId }]);
  expect(await used()).toEqual({ LastUsedDate: expect.any(Date), ServiceName: "sts", Region: "eu-west-1" });
});

test("a role's session is no user: it has to name one, and its role tells when it was used", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "iam:*", Resource: "*" }] });
  await iam.send(new CreateRoleCommand({ RoleName: "admin", AssumeRolePolicyDocument: TRUSTS_ACCOUNT }));
  await iam.send(new PutRolePolicyCommand({ RoleName: "admin", PolicyName: "iam", PolicyDocument }));
  const RoleArn = "arn:aws:iam::123456789012:role/admin";
  const user = api.user("bob", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: RoleArn }] });
  const assume = new AssumeRoleCommand({ RoleArn, RoleSessionName: "try" });
  const { Credentials } = await api.client(STSClient, "us-east-1", user).send(assume);
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
  const keys = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
  const session = api.client(IAMClient, "us-east-1", keys);
  const used = async () => (await iam.send(new GetRoleCommand({ RoleName: "admin" }))).Role!.RoleLastUsed;
  expect(await used()).toEqual({});
  for (const command of [new CreateAccessKeyCommand({}), new ListAccessKeysCommand({}), new GetUserCommand({})])
    await expect(session.send(command as GetUserCommand)).rejects.toMatchObject({
      name: "ValidationError",
      message: "Must specify userName when calling with non-User credentials",
    });
  expect((await session.send(new GetUserCommand({ UserName: "bob" }))).User).toMatchObject({ UserName: "bob" });
  expect(await used()).toEqual({ LastUsedDate: expect.any(Date), Region: "us-east-1" });
});

test("a secret access key is in no record in clear", async () => {
  const written: JournalChange[] = [];
  const journal = memoryJournal();
  const state = new JournaledState({
    ...journal,
    load: () => journal.load(),
    close: () => journal.close(),
    append: (changes) => (written.push(...changes), journal.append(changes)),
  });
  await using api = await apiWorld({ state });
  const iam = api.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "bob" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "bob" }));
  expect(JSON.stringify(written)).toContain(AccessKey!.AccessKeyId!);
  expect(JSON.stringify(written)).not.toContain(AccessKey!.SecretAccessKey!);
});
