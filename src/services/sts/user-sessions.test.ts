import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
  type Credentials,
  type GetFederationTokenCommandInput,
} from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, TEST_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { policyText, putRole } from "../../testing/role-record.ts";

const EVERYTHING = { Effect: "Allow", Action: "*", Resource: "*" };
const ALL = { Version: "2012-10-17", Statement: [EVERYTHING] };
const LIST = policyText([{ Effect: "Allow", Action: "ecs:ListClusters", Resource: "*" }]);

const sts = (api: ApiWorld, keys?: Keys) => api.client(STSClient, undefined, keys);
const keysOf = ({ AccessKeyId, SecretAccessKey, SessionToken }: Credentials): Keys => ({
  accessKeyId: AccessKeyId!,
  secretAccessKey: SecretAccessKey!,
  sessionToken: SessionToken!,
});
const sessionOf = async (api: ApiWorld, keys?: Keys, DurationSeconds?: number) =>
  (await sts(api, keys).send(new GetSessionTokenCommand({ DurationSeconds }))).Credentials!;
const federate = (api: ApiWorld, keys: Keys | undefined, input: Partial<GetFederationTokenCommandInput> = {}) =>
  sts(api, keys).send(new GetFederationTokenCommand({ Name: "Bob", ...input }));
const list = (api: ApiWorld, keys: Keys) => api.client(ECSClient, undefined, keys).send(new ListClustersCommand());
const secondsLeft = ({ Expiration }: Credentials) => Math.round((Expiration!.getTime() - Date.now()) / 1000);

describe("GetSessionToken", () => {
  test("gives a user keys for a while, and nobody else's identity", async () => {
    await using api = await apiWorld();
    // No policy allows it, and none needs to.
    const ana = api.user("ana", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ecs:*", Resource: "*" }] });
    const session = await sessionOf(api, ana);
    expect(secondsLeft(session)).toBeGreaterThan(43_190);
    const who = await sts(api, keysOf(session)).send(new GetCallerIdentityCommand());
    expect(who).toMatchObject({ Arn: "arn:aws:iam::123456789012:user/ana", UserId: expect.stringMatching(/^AIDA/) });
    expect((await list(api, keysOf(session))).clusterArns).toEqual([]);
  });

  test("gives root an hour at most", async () => {
    await using api = await apiWorld();
    for (const asked of [undefined, 129_600]) expect(secondsLeft(await sessionOf(api, undefined, asked))).toBeLessThanOrEqual(3600);
    const who = await sts(api, keysOf(await sessionOf(api))).send(new GetCallerIdentityCommand());
    expect(who).toMatchObject({ Arn: "arn:aws:iam::123456789012:root", UserId: "123456789012" });
  });

  test.each([
    ["a duration that is too short", { DurationSeconds: 899 }, "ValidationError"],
    ["a duration that is too long", { DurationSeconds: 129_601 }, "ValidationError"],
    ["a device that nobody has", { SerialNumber: "GAHT12345678", TokenCode: "123456" }, "AccessDenied"],
  ])("refuses %s", async (_what, input, name) => {
    await using api = await apiWorld();
    await expect(sts(api).send(new GetSessionTokenCommand(input))).rejects.toMatchObject({ name });
  });

  test("gives sessions that assume roles, and reach neither IAM nor the rest of STS", async () => {
    await using api = await apiWorld();
    const trust = [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "sts:AssumeRole" }];
    const { arn } = putRole(api.platform, { name: "deploy", trust });
    const keys = keysOf(await sessionOf(api, api.user("ana", ALL)));
    expect((await sts(api, keys).send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: "ana" }))).Credentials).toBeDefined();
    await expect(sts(api, keys).send(new GetSessionTokenCommand())).rejects.toMatchObject({
      name: "AccessDenied",
      message: "Cannot call GetSessionToken with session credentials",
    });
    await expect(federate(api, keys)).rejects.toThrow("Cannot call GetFederationToken with session credentials");
    await expect(api.client(IAMClient, undefined, keys).send(new GetRoleCommand({ RoleName: "deploy" }))).rejects.toMatchObject({
      name: "InvalidClientTokenId",
    });
  });

  test("is not for sessions of roles", async () => {
    await using api = await apiWorld();
    const trust = [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:user/ana" }, Action: "sts:AssumeRole" }];
    const { arn } = putRole(api.platform, { name: "deploy", trust, may: [EVERYTHING] });
    const { Credentials } = await sts(api, api.user("ana")).send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: "ana" }));
    await expect(sessionOf(api, keysOf(Credentials!))).rejects.toThrow("Cannot call GetSessionToken with session credentials");
    await expect(federate(api, keysOf(Credentials!))).rejects.toThrow("Cannot call GetFederationToken with session credentials");
  });
});

describe("GetFederationToken", () => {
  test("gives what both the user and the session's policies allow", async () => {
    await using api = await apiWorld();
    const answer = await federate(api, api.user("ana", ALL), { Policy: LIST });
    expect(answer).toMatchObject({
      FederatedUser: { Arn: "arn:aws:sts::123456789012:federated-user/Bob", FederatedUserId: "123456789012:Bob" },
      PackedPolicySize: expect.any(Number),
    });
    const keys = keysOf(answer.Credentials!);
    expect(await sts(api, keys).send(new GetCallerIdentityCommand())).toMatchObject({
      Arn: "arn:aws:sts::123456789012:federated-user/Bob",
      UserId: "123456789012:Bob",
      Account: "123456789012",
    });
    expect((await list(api, keys)).clusterArns).toEqual([]);
  });

  test.each<[string, object, Partial<GetFederationTokenCommandInput>, string]>([
    [
      "the session's policy does not allow",
      ALL,
      { Policy: policyText([{ Effect: "Allow", Action: "ecr:*", Resource: "*" }]) },
      "no session policy",
    ],
    ["no policy came along", ALL, {}, "no session policy"],
    [
      "the user may not",
      { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:*", Resource: "*" }] },
      { Policy: LIST },
      "no identity-based policy",
    ],
  ])("gives nothing where %s", async (_why, may, input, by) => {
    await using api = await apiWorld();
    const { Credentials } = await federate(api, api.user("ana", may), input);
    await expect(list(api, keysOf(Credentials!))).rejects.toThrow(`because ${by} allows the ecs:ListClusters action`);
  });

  test("asked for by root gives what the policies allow, for an hour", async () => {
    await using api = await apiWorld();
    const { Credentials } = await federate(api, undefined, { Policy: LIST, DurationSeconds: 43_200 });
    expect(secondsLeft(Credentials!)).toBeLessThanOrEqual(3600);
    expect((await list(api, keysOf(Credentials!))).clusterArns).toEqual([]);
    const bare = await federate(api, undefined);
    await expect(list(api, keysOf(bare.Credentials!))).rejects.toThrow("because no session policy allows");
  });

  test("may be allowed for some names only", async () => {
    await using api = await apiWorld();
    const Resource = "arn:aws:sts::123456789012:federated-user/Manager*";
    const ana = api.user("ana", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:GetFederationToken", Resource }] });
    expect((await federate(api, ana, { Name: "Manager7" })).Credentials).toBeDefined();
    await expect(federate(api, ana)).rejects.toThrow(
      "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::123456789012:federated-user/Bob",
    );
    await expect(federate(api, ana, { Name: "Manager7", Tags: [{ Key: "team", Value: "web" }] })).rejects.toThrow("sts:TagSession");
  });

  test("gives sessions that reach neither IAM nor STS, but for who they are", async () => {
    await using api = await apiWorld();
    const { arn } = putRole(api.platform, {
      name: "deploy",
      trust: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
    });
    const keys = keysOf((await federate(api, api.user("ana", ALL), { Policy: policyText([EVERYTHING]) })).Credentials!);
    await expect(sts(api, keys).send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: "bob" }))).rejects.toThrow(
      "Cannot call AssumeRole with session credentials",
    );
    await expect(api.client(IAMClient, undefined, keys).send(new GetRoleCommand({ RoleName: "deploy" }))).rejects.toMatchObject({
      name: "InvalidClientTokenId",
    });
  });

  test.each<[string, Partial<GetFederationTokenCommandInput>, string]>([
    ["a name of one character", { Name: "B" }, "ValidationError"],
    ["a name that is too long", { Name: "B".repeat(33) }, "ValidationError"],
    ["a name with a slash", { Name: "a/b" }, "ValidationError"],
    ["a duration that is too long", { DurationSeconds: 129_601 }, "ValidationError"],
    ["a policy that is none", { Policy: "{}" }, "MalformedPolicyDocumentException"],
    [
      "a tag twice",
      {
        Tags: [
          { Key: "a", Value: "" },
          { Key: "a", Value: "" },
        ],
      },
      "InvalidParameterValue",
    ],
  ])("refuses %s", async (_what, input, name) => {
    await using api = await apiWorld();
    await expect(federate(api, undefined, input)).rejects.toMatchObject({ name });
  });
});

describe("GetAccessKeyInfo", () => {
  const infoOf = async (api: ApiWorld, AccessKeyId: string) => (await sts(api).send(new GetAccessKeyInfoCommand({ AccessKeyId }))).Account;

  test("tells the account of every key that there is, and of sessions that nobody keeps", async () => {
    await using api = await apiWorld();
    expect(await infoOf(api, TEST_KEYS.accessKeyId)).toBe("123456789012");
    expect(await infoOf(api, FOREIGN_KEYS.accessKeyId)).toBe(FOREIGN_ACCOUNT);
    expect(await infoOf(api, api.user("ana").accessKeyId)).toBe("123456789012");
    expect(await infoOf(api, (await sessionOf(api, FOREIGN_KEYS)).AccessKeyId!)).toBe(FOREIGN_ACCOUNT);
  });

  test.each([
    ["an id that tells nothing", "AKIANOBODYATALLXXXX1"],
    ["an id that is too short", "AKIA"],
    ["an id with a slash", "AKIA/AAAAAAAAAAAAAAA"],
  ])("refuses %s", async (_what, AccessKeyId) => {
    await using api = await apiWorld();
    await expect(infoOf(api, AccessKeyId)).rejects.toMatchObject({ name: "ValidationError" });
  });
});
