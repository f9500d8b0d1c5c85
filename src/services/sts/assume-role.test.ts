import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient, type AssumeRoleCommandInput } from "@aws-sdk/client-sts";
import { ECSClient, ListClustersCommand, CreateClusterCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { readSessionToken } from "../../authorization/session-token.ts";
import { DEFAULT_ACCOUNT } from "../../domain/scope.ts";
import { policies } from "../../state/iam.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { cliEnvironment, runCommand } from "../../testing/aws-cli.ts";
import { policyText, putRole } from "../../testing/role-record.ts";

const account = (id: string) => ({ AWS: `arn:aws:iam::${id}:root` });
const ACCOUNT = account(DEFAULT_ACCOUNT);
const trusts = (
  Principal: object,
  Condition?: object,
  Action: string | string[] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
) => [{ Effect: "Allow", Principal, Action, ...(Condition ? { Condition } : {}) }];
const allow = (Action: string | string[], Resource = "*") => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource }],
});
const MAY_ASSUME = allow("sts:*");
const DEPLOY = "arn:aws:iam::123456789012:role/deploy";

const sts = (api: ApiWorld, keys?: Keys) => api.client(STSClient, undefined, keys);
const assume = (api: ApiWorld, keys: Keys | undefined, input: Partial<AssumeRoleCommandInput> = {}) =>
  sts(api, keys).send(new AssumeRoleCommand({ RoleArn: DEPLOY, RoleSessionName: "session", ...input }));

/** The keys of a new session, as an SDK takes them. */
async function session(api: ApiWorld, keys: Keys, input: Partial<AssumeRoleCommandInput> = {}): Promise<Keys> {
  const { AccessKeyId, SecretAccessKey, SessionToken } = (await assume(api, keys, input)).Credentials!;
  return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
}
const factsOf = (api: ApiWorld, keys: Keys) => readSessionToken(api.platform.secrets, keys.sessionToken ?? "")!.principal.session!;

test("a user assumes a role, is the role, and may what the role may", async () => {
  await using api = await apiWorld();
  const role = putRole(api.platform, {
    name: "deploy",
    trust: trusts(ACCOUNT),
    may: [{ Effect: "Allow", Action: "ecs:List*", Resource: "*" }],
  });
  const user = api.user("ana", MAY_ASSUME);
  const answer = await assume(api, user, { RoleSessionName: "ana@laptop" });
  expect(answer).toMatchObject({
    AssumedRoleUser: { AssumedRoleId: `${role.id}:ana@laptop`, Arn: "arn:aws:sts::123456789012:assumed-role/deploy/ana@laptop" },
    Credentials: { AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/), SecretAccessKey: expect.stringMatching(/^.{40}$/) },
  });
  expect(answer.PackedPolicySize).toBeUndefined();
  const left = answer.Credentials!.Expiration!.getTime() - Date.now();
  expect(left).toBeGreaterThan(3_500_000);
  expect(left).toBeLessThanOrEqual(3_600_000);
  const keys = await session(api, user, { RoleSessionName: "ana@laptop" });
  expect(await sts(api, keys).send(new GetCallerIdentityCommand())).toMatchObject({
    Account: DEFAULT_ACCOUNT,
    Arn: "arn:aws:sts::123456789012:assumed-role/deploy/ana@laptop",
    UserId: `${role.id}:ana@laptop`,
  });
  const ecs = api.client(ECSClient, undefined, keys);
  expect((await ecs.send(new ListClustersCommand())).clusterArns).toEqual([]);
  await expect(ecs.send(new CreateClusterCommand({ clusterName: "a" }))).rejects.toThrow(
    "User: arn:aws:sts::123456789012:assumed-role/deploy/ana@laptop is not authorized to perform: ecs:CreateCluster",
  );
  expect(api.defects).toEqual([]);
});

test("the command line assumes the role of a profile", { timeout: 60_000 }, async () => {
  await using api = await apiWorld();
  putRole(api.platform, { name: "deploy", trust: trusts(ACCOUNT, { StringEquals: { "sts:ExternalId": "its-secret" } }) });
  const home = await mkdtemp(join(tmpdir(), "airfield-sts-"));
  try {
    const profile = [
      "[profile deploy]",
      `role_arn = ${DEPLOY}`,
      "credential_source = Environment",
      "external_id = its-secret",
      "role_session_name = cli",
    ];
    await writeFile(join(home, "config"), `${profile.join("\n")}\n`);
    const environment = {
      ...cliEnvironment({ url: api.url, home, ...api.user("ana", MAY_ASSUME) }),
      AWS_CONFIG_FILE: join(home, "config"),
    };
    const who = await runCommand(
      "aws",
      ["--profile", "deploy", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
      environment,
    );
    expect(who).toMatchObject({ code: 0, stdout: "arn:aws:sts::123456789012:assumed-role/deploy/cli\n" });
  } finally {
    await rm(home, { recursive: true });
  }
  expect(api.defects).toEqual([]);
});

describe("who may not assume a role is told the same, whatever the reason", () => {
  const SENTENCE = (who: string, role = DEPLOY) => `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${role}`;
  const ANA = "arn:aws:iam::123456789012:user/ana";

  test.each<[string, readonly object[] | undefined, Partial<AssumeRoleCommandInput>]>([
    ["it is not there", undefined, {}],
    ["it trusts somebody else", trusts({ AWS: "arn:aws:iam::123456789012:user/bob" }), {}],
    ["it trusts a service", trusts({ Service: "ecs-tasks.amazonaws.com" }), {}],
    ["it wants an external id that is not given", trusts(ACCOUNT, { StringEquals: { "sts:ExternalId": "secret" } }), {}],
    ["it wants another external id", trusts(ACCOUNT, { StringEquals: { "sts:ExternalId": "secret" } }), { ExternalId: "guess" }],
    ["it wants another session name", trusts(ACCOUNT, { StringEquals: { "sts:RoleSessionName": "${aws:username}" } }), {}],
    ["it wants a multi-factor code", trusts(ACCOUNT, { Bool: { "aws:MultiFactorAuthPresent": "true" } }), {}],
    ["it wants a source identity", trusts(ACCOUNT, { StringLike: { "sts:SourceIdentity": "*" } }), {}],
    ["it wants a tag", trusts(ACCOUNT, { StringEquals: { "aws:RequestTag/team": "web" } }), { Tags: [{ Key: "team", Value: "ops" }] }],
  ])("because %s", async (_why, trust, input) => {
    await using api = await apiWorld();
    if (trust) putRole(api.platform, { name: "deploy", trust });
    const error = assume(api, api.user("ana", MAY_ASSUME), input);
    await expect(error).rejects.toMatchObject({ name: "AccessDenied", message: SENTENCE(ANA), $metadata: { httpStatusCode: 403 } });
    expect(api.defects).toEqual([]);
  });

  test.each([
    ["another path", "arn:aws:iam::123456789012:role/deploy"],
    ["another case", "arn:aws:iam::123456789012:role/team/DEPLOY"],
    ["an account that is not here", "arn:aws:iam::999999999999:role/team/deploy"],
  ])("because it is named at %s", async (_why, RoleArn) => {
    await using api = await apiWorld();
    putRole(api.platform, { name: "deploy", path: "/team/", trust: trusts(ACCOUNT) });
    await expect(assume(api, api.user("ana", MAY_ASSUME), { RoleArn })).rejects.toThrow(SENTENCE(ANA, RoleArn));
  });

  test("a trust policy that denies says so", async () => {
    await using api = await apiWorld();
    const deny = { Effect: "Deny", Principal: { AWS: ANA }, Action: "sts:AssumeRole" };
    putRole(api.platform, { name: "deploy", trust: [...trusts(ACCOUNT), deny] });
    await expect(assume(api, api.user("ana", MAY_ASSUME))).rejects.toThrow(
      `${SENTENCE(ANA)} with an explicit deny in a resource-based policy`,
    );
  });

  test("a role that trusts the account leaves it to the user's own policies", async () => {
    await using api = await apiWorld();
    putRole(api.platform, { name: "deploy", trust: trusts(ACCOUNT) });
    await expect(assume(api, api.user("ana"))).rejects.toThrow(SENTENCE(ANA));
  });

  test("a role that trusts the user by name needs no more", async () => {
    await using api = await apiWorld();
    const ana = api.user("ana");
    putRole(api.platform, { name: "deploy", trust: trusts({ AWS: ANA }) });
    expect((await assume(api, ana)).AssumedRoleUser?.Arn).toContain("/deploy/");
  });
});

test("root assumes no role, of its own account or another one", async () => {
  await using api = await apiWorld();
  putRole(api.platform, { name: "deploy", trust: trusts({ AWS: [ACCOUNT.AWS, account(FOREIGN_ACCOUNT).AWS] }) });
  for (const keys of [undefined, FOREIGN_KEYS])
    await expect(assume(api, keys)).rejects.toMatchObject({ name: "AccessDenied", message: "Roles may not be assumed by root accounts." });
});

test("an external id that fits opens the role", async () => {
  await using api = await apiWorld();
  putRole(api.platform, { name: "deploy", trust: trusts(ACCOUNT, { StringEquals: { "sts:ExternalId": "its:secret/1" } }) });
  expect((await assume(api, api.user("ana", MAY_ASSUME), { ExternalId: "its:secret/1" })).Credentials).toBeDefined();
});

test("another account's role wants both: its trust, and the caller's own policy", async () => {
  await using api = await apiWorld();
  const RoleArn = `arn:aws:iam::${FOREIGN_ACCOUNT}:role/partner`;
  putRole(api.platform, { name: "partner", account: FOREIGN_ACCOUNT, trust: trusts(ACCOUNT) });
  const [ana, bob] = [api.user("ana", allow("sts:AssumeRole", RoleArn)), api.user("bob", allow("sts:AssumeRole", DEPLOY))];
  const keys = await session(api, ana, { RoleArn });
  expect(await sts(api, keys).send(new GetCallerIdentityCommand())).toMatchObject({ Account: FOREIGN_ACCOUNT });
  await expect(assume(api, bob, { RoleArn })).rejects.toThrow("is not authorized to perform: sts:AssumeRole");
  putRole(api.platform, { name: "partner", account: FOREIGN_ACCOUNT, trust: trusts(account(FOREIGN_ACCOUNT)) });
  await expect(assume(api, ana, { RoleArn })).rejects.toThrow("is not authorized to perform: sts:AssumeRole");
});

describe("chains of roles", () => {
  async function chain() {
    const api = await apiWorld();
    const may = [{ Effect: "Allow", Action: "sts:*", Resource: "*" }];
    for (const name of ["deploy", "second", "third"])
      putRole(api.platform, { name, trust: trusts(ACCOUNT), may, maxSessionDuration: 43_200 });
    return { api, ana: api.user("ana", MAY_ASSUME), role: (name: string) => ({ RoleArn: `arn:aws:iam::123456789012:role/${name}` }) };
  }

  test("last an hour at most", async () => {
    const { api, ana, role } = await chain();
    await using _api = api;
    const first = await session(api, ana, { DurationSeconds: 43_200 });
    await expect(assume(api, first, { ...role("second"), DurationSeconds: 3601 })).rejects.toMatchObject({
      name: "ValidationError",
      message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    });
    const second = await session(api, first, { ...role("second"), DurationSeconds: 3600 });
    expect(factsOf(api, second)).toMatchObject({ chained: true });
    expect(factsOf(api, first).chained).toBeUndefined();
  });

  test("hand on transitive tags and the source identity, and nothing else", async () => {
    const { api, ana, role } = await chain();
    await using _api = api;
    const Tags = [
      { Key: "team", Value: "web" },
      { Key: "stage", Value: "test" },
    ];
    const first = await session(api, ana, { Tags, TransitiveTagKeys: ["team"], SourceIdentity: "ana" });
    const second = await session(api, first, { ...role("second"), Tags: [{ Key: "own", Value: "1" }] });
    const third = await session(api, second, role("third"));
    expect(factsOf(api, first)).toMatchObject({ tags: Tags, transitiveTagKeys: ["team"], sourceIdentity: "ana" });
    const team = { Key: "team", Value: "web" };
    expect(factsOf(api, second)).toMatchObject({ tags: [team, { Key: "own", Value: "1" }], sourceIdentity: "ana" });
    expect(factsOf(api, third)).toMatchObject({ tags: [team], transitiveTagKeys: ["team"], sourceIdentity: "ana" });
  });

  test.each<[string, Partial<AssumeRoleCommandInput>, string, string]>([
    [
      "an inherited tag",
      { Tags: [{ Key: "TEAM", Value: "ops" }] },
      "InvalidParameterValue",
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    ],
    ["the source identity", { SourceIdentity: "bob" }, "ValidationError", "The source identity of the calling session cannot be changed."],
  ])("do not let %s be changed", async (_what, input, name, message) => {
    const { api, ana, role } = await chain();
    await using _api = api;
    const first = await session(api, ana, { Tags: [{ Key: "team", Value: "web" }], TransitiveTagKeys: ["team"], SourceIdentity: "ana" });
    await expect(assume(api, first, { ...role("second"), ...input })).rejects.toMatchObject({ name, message });
  });

  test("that bring tags or an identity along need a role that takes them", async () => {
    const { api, ana, role } = await chain();
    await using _api = api;
    putRole(api.platform, { name: "plain", trust: trusts(ACCOUNT, undefined, "sts:AssumeRole") });
    const tagged = await session(api, ana, { Tags: [{ Key: "team", Value: "web" }], TransitiveTagKeys: ["team"] });
    await expect(assume(api, tagged, role("plain"))).rejects.toThrow("is not authorized to perform: sts:TagSession on resource");
    const identified = await session(api, ana, { SourceIdentity: "ana" });
    await expect(assume(api, identified, role("plain"))).rejects.toThrow("is not authorized to perform: sts:SetSourceIdentity on resource");
    expect((await assume(api, await session(api, ana), role("plain"))).Credentials).toBeDefined();
  });
});

describe("session policies", () => {
  const READ = policyText([{ Effect: "Allow", Action: "ecs:ListClusters", Resource: "*" }]);
  const ALL = [{ Effect: "Allow", Action: "*", Resource: "*" }];

  test("cut the role down, inline and by name", async () => {
    await using api = await apiWorld();
    putRole(api.platform, { name: "deploy", trust: trusts(ACCOUNT), may: ALL });
    const user = api.user("ana", MAY_ASSUME);
    const managed = policyRecord(api, READ);
    for (const input of [{ Policy: READ }, { PolicyArns: [{ arn: managed }] }]) {
      const { PackedPolicySize } = await assume(api, user, input);
      expect(PackedPolicySize).toBeGreaterThan(0);
      expect(PackedPolicySize).toBeLessThan(20);
      const ecs = api.client(ECSClient, undefined, await session(api, user, input));
      expect((await ecs.send(new ListClustersCommand())).clusterArns).toEqual([]);
      await expect(ecs.send(new CreateClusterCommand({ clusterName: "a" }))).rejects.toThrow(
        "because no session policy allows the ecs:CreateCluster action",
      );
    }
  });

  test("give nothing that the role has not", async () => {
    await using api = await apiWorld();
    putRole(api.platform, { name: "deploy", trust: trusts(ACCOUNT) });
    const keys = await session(api, api.user("ana", MAY_ASSUME), { Policy: policyText(ALL) });
    await expect(api.client(ECSClient, undefined, keys).send(new ListClustersCommand())).rejects.toThrow("no identity-based policy allows");
  });
});

function policyRecord(api: ApiWorld, document: string, owner = DEFAULT_ACCOUNT): string {
  const arn = `arn:aws:iam::${owner}:policy/read`;
  const version = { id: "v1", document, createdAt: 0 };
  const record = { id: "ANPA", arn, name: "read", path: "/", account: owner, tags: [], createdAt: 0, updatedAt: 0 };
  api.state.commit(() => api.state.table(policies).put({ ...record, versions: [version], defaultVersionId: "v1", nextVersion: 2 }));
  return arn;
}

/** 256 characters that cannot be packed. */
const noise = (of: number): string =>
  [0, 1, 2]
    .map((part) => createHash("sha512").update(`${of}/${part}`).digest("base64"))
    .join("")
    .slice(0, 256);

test.each<[string, Partial<AssumeRoleCommandInput>, string, string]>([
  [
    "a session name of one character",
    { RoleSessionName: "a" },
    "ValidationError",
    "Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
  ],
  [
    "a session name with a space",
    { RoleSessionName: "a b" },
    "ValidationError",
    "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
  ],
  [
    "a duration that is too short",
    { DurationSeconds: 899 },
    "ValidationError",
    "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
  ],
  ["a duration that no role has", { DurationSeconds: 43_201 }, "ValidationError", "Member must have value less than or equal to 43200"],
  [
    "a duration that the role has not",
    { DurationSeconds: 3601 },
    "ValidationError",
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
  ],
  ["an external id of one character", { ExternalId: "x" }, "ValidationError", "at 'externalId'"],
  ["what is no ARN", { RoleArn: "this-is-not-an-arn-at-all" }, "ValidationError", "this-is-not-an-arn-at-all is invalid"],
  [
    "the ARN of a user",
    { RoleArn: "arn:aws:iam::123456789012:user/ana" },
    "ValidationError",
    "arn:aws:iam::123456789012:user/ana is invalid",
  ],
  [
    "a device that nobody has",
    { SerialNumber: "arn:aws:iam::123456789012:mfa/ana", TokenCode: "123456" },
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.",
  ],
  ["a policy that is no JSON", { Policy: "{" }, "MalformedPolicyDocumentException", "Syntax errors in policy."],
  [
    "a policy with a principal",
    { Policy: policyText([{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }]) },
    "MalformedPolicyDocumentException",
    "Policy document should not specify a principal.",
  ],
  ["a policy that is too long", { Policy: "x".repeat(2049) }, "ValidationError", "Member must have length less than or equal to 2048"],
  [
    "eleven policies",
    { PolicyArns: Array.from({ length: 11 }, () => ({ arn: "arn:aws:iam::aws:policy/AdministratorAccess" })) },
    "ValidationError",
    "at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
  ],
  [
    "a policy that is not there",
    { PolicyArns: [{ arn: "arn:aws:iam::123456789012:policy/none" }] },
    "ValidationError",
    "ARN arn:aws:iam::123456789012:policy/none is not valid.",
  ],
  [
    "a policy of another account",
    { PolicyArns: [{ arn: `arn:aws:iam::${FOREIGN_ACCOUNT}:policy/read` }] },
    "ValidationError",
    "is not valid.",
  ],
  [
    "51 tags",
    { Tags: Array.from({ length: 51 }, (_, at) => ({ Key: `k${at}`, Value: "" })) },
    "ValidationError",
    "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
  ],
  [
    "a tag twice",
    {
      Tags: [
        { Key: "a", Value: "1" },
        { Key: "A", Value: "2" },
      ],
    },
    "InvalidParameterValue",
    "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
  ],
  [
    "a tag of AWS's",
    { Tags: [{ Key: "aws:team", Value: "1" }] },
    "InvalidParameterValue",
    "Tag keys cannot start with AWS reserved prefix for system tags.",
  ],
  ["a tag with odd characters", { Tags: [{ Key: "a*", Value: "1" }] }, "ValidationError", "at 'tags.1.member.key'"],
  [
    "a transitive key without a tag",
    { TransitiveTagKeys: ["team"] },
    "InvalidParameterValue",
    "The specified transitive tag key must be included in the requested tags.",
  ],
  [
    "tags that take too much room",
    { Tags: Array.from({ length: 50 }, (_, at) => ({ Key: `key${at}`, Value: noise(at) })) },
    "PackedPolicyTooLargeException",
    "of allotted space.",
  ],
])("AssumeRole refuses %s", async (_what, input, name, message) => {
  await using api = await apiWorld();
  putRole(api.platform, { name: "deploy", trust: trusts(ACCOUNT) });
  policyRecord(api, policyText([{ Effect: "Allow", Action: "*", Resource: "*" }]), FOREIGN_ACCOUNT);
  await expect(assume(api, api.user("ana", MAY_ASSUME), input)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  expect(api.defects).toEqual([]);
});
