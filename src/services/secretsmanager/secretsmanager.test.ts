import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { JournalChange } from "../../ports/journal.ts";
import { findSecret } from "../../state/secrets.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { apiWorld } from "../../testing/api-world.ts";

const TOKEN = "a".repeat(32);
const DAY = 86_400_000;

async function secretsWorld() {
  const records = new Map<string, JournalChange & { readonly value: string }>();
  const api = await apiWorld({ state: new JournaledState(memoryJournal(records), { records: records.values() }) });
  const client = api.client(SecretsManagerClient);
  return {
    ...api,
    client,
    journal: () => [...records.values()].map(({ value }) => value).join("\n"),
    value: async (SecretId: string, more: object = {}) =>
      (await client.send(new GetSecretValueCommand({ SecretId, ...more }))).SecretString,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      expect(api.defects).toEqual([]);
    },
  };
}

test("the command line keeps a secret and reads it by name, by ARN and by ARN without its suffix", { timeout: 90_000 }, async () => {
  await using api = await secretsWorld();
  const made = await api.aws(
    "secretsmanager",
    "create-secret",
    "--name",
    "prod/db",
    "--secret-string",
    '{"password":"hunter2"}',
    "--description",
    "the database",
  );
  const { ARN, VersionId } = JSON.parse(made.stdout) as { ARN: string; VersionId: string };
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:prod\/db-[A-Za-z0-9]{6}$/);
  for (const id of ["prod/db", ARN, ARN.slice(0, -7)]) {
    const { stdout } = await api.aws("secretsmanager", "get-secret-value", "--secret-id", id);
    expect(JSON.parse(stdout)).toMatchObject({
      ARN,
      Name: "prod/db",
      VersionId,
      SecretString: '{"password":"hunter2"}',
      VersionStages: ["AWSCURRENT"],
    });
  }
  const missing = await api.aws("secretsmanager", "get-secret-value", "--secret-id", "none");
  expect(missing.stderr).toContain(
    "(ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.",
  );
});

test("a value is never in clear in the journal, nor in a description or a list", async () => {
  await using api = await secretsWorld();
  await api.client.send(new CreateSecretCommand({ Name: "s", SecretString: "hunter2", Description: "d" }));
  await api.client.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "hunter3" }));
  expect(api.journal()).toContain('"name":"s"');
  const shown = JSON.stringify([
    await api.client.send(new DescribeSecretCommand({ SecretId: "s" })),
    await api.client.send(new ListSecretsCommand({})),
  ]);
  for (const text of [api.journal(), shown, Buffer.from(api.journal(), "base64").toString("latin1")])
    expect(text).not.toMatch(/hunter|aHVudGVy/);
});

test("a new value is current, the one before it is previous, older ones have no stage", async () => {
  await using api = await secretsWorld();
  const { VersionId: first } = await api.client.send(new CreateSecretCommand({ Name: "s", SecretString: "1" }));
  await api.client.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }));
  const { VersionId: third } = await api.client.send(new UpdateSecretCommand({ SecretId: "s", SecretString: "3" }));
  expect([await api.value("s"), await api.value("s", { VersionStage: "AWSPREVIOUS" }), await api.value("s", { VersionId: first })]).toEqual(
    ["3", "2", "1"],
  );
  const { VersionIdsToStages } = await api.client.send(new DescribeSecretCommand({ SecretId: "s" }));
  expect(Object.values(VersionIdsToStages!)).toEqual([["AWSPREVIOUS"], ["AWSCURRENT"]]);
  expect((await api.client.send(new ListSecretVersionIdsCommand({ SecretId: "s" }))).Versions).toHaveLength(2);
  expect((await api.client.send(new ListSecretVersionIdsCommand({ SecretId: "s", IncludeDeprecated: true }))).Versions).toHaveLength(3);
  await expect(api.value("s", { VersionId: third, VersionStage: "AWSPREVIOUS" })).rejects.toThrow(
    "You provided a VersionStage that is not associated to the provided VersionId.",
  );
  await expect(api.value("s", { VersionStage: "NONE" })).rejects.toThrow(
    "Secrets Manager can't find the specified secret value for staging label: NONE",
  );
});

test("a version with a stage of its own leaves the current one alone", async () => {
  await using api = await secretsWorld();
  await api.client.send(new CreateSecretCommand({ Name: "s", SecretString: "1" }));
  const { VersionStages } = await api.client.send(
    new PutSecretValueCommand({ SecretId: "s", SecretString: "2", VersionStages: ["AWSPENDING"] }),
  );
  expect(VersionStages).toEqual(["AWSPENDING"]);
  expect([await api.value("s"), await api.value("s", { VersionStage: "AWSPENDING" })]).toEqual(["1", "2"]);
  await api.aws(
    "secretsmanager",
    "update-secret-version-stage",
    "--secret-id",
    "s",
    "--version-stage",
    "AWSPENDING",
    "--remove-from-version-id",
    (await api.client.send(new GetSecretValueCommand({ SecretId: "s", VersionStage: "AWSPENDING" }))).VersionId!,
  );
  await expect(api.value("s", { VersionStage: "AWSPENDING" })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test("a repeated request with the same token and value changes nothing; with another value it is refused", async () => {
  await using api = await secretsWorld();
  const create = new CreateSecretCommand({ Name: "s", SecretString: "1", ClientRequestToken: TOKEN });
  const once = await api.client.send(create);
  expect((await api.client.send(create)).ARN).toBe(once.ARN);
  await expect(api.client.send(new CreateSecretCommand({ Name: "s", SecretString: "2" }))).rejects.toMatchObject({
    name: "ResourceExistsException",
    message: "The operation failed because the secret s already exists.",
  });
  await api.client.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "1", ClientRequestToken: TOKEN }));
  await expect(
    api.client.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2", ClientRequestToken: TOKEN })),
  ).rejects.toMatchObject({
    name: "ResourceExistsException",
    message: `You can't use ClientRequestToken ${TOKEN} because that value is already in use for a version of secret ${once.ARN}.`,
  });
  expect(await api.value("s")).toBe("1");
});

test("binary values come back as bytes", async () => {
  await using api = await secretsWorld();
  await api.client.send(new CreateSecretCommand({ Name: "s", SecretBinary: Uint8Array.of(0, 255, 1) }));
  const { SecretBinary, SecretString } = await api.client.send(new GetSecretValueCommand({ SecretId: "s" }));
  expect([[...SecretBinary!], SecretString]).toEqual([[0, 255, 1], undefined]);
});

test("a deleted secret can be restored within its window; without recovery its name is free at once", async () => {
  await using api = await secretsWorld();
  await api.client.send(new CreateSecretCommand({ Name: "s", SecretString: "1" }));
  const { DeletionDate } = await api.client.send(new DeleteSecretCommand({ SecretId: "s", RecoveryWindowInDays: 7 }));
  expect(Math.round((DeletionDate!.getTime() - Date.now()) / DAY)).toBe(7);
  await expect(api.value("s")).rejects.toMatchObject({
    name: "InvalidRequestException",
    message: "You can't perform this operation on the secret because it was marked for deletion.",
  });
  await expect(api.client.send(new CreateSecretCommand({ Name: "s" }))).rejects.toThrow(
    "a secret with this name is already scheduled for deletion",
  );
  expect((await api.client.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
  expect((await api.client.send(new ListSecretsCommand({ IncludePlannedDeletion: true }))).SecretList).toHaveLength(1);
  const SCOPE = { account: "123456789012", region: "us-east-1" };
  expect(findSecret(api.state, SCOPE, "s", Date.now() + 6 * DAY)).toBeDefined();
  expect(findSecret(api.state, SCOPE, "s", Date.now() + 8 * DAY)).toBeUndefined();
  await api.client.send(new RestoreSecretCommand({ SecretId: "s" }));
  expect(await api.value("s")).toBe("1");
  for (let times = 0; times < 2; times++)
    await api.client.send(new DeleteSecretCommand({ SecretId: "s", ForceDeleteWithoutRecovery: true }));
  await expect(api.value("s")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await api.client.send(new CreateSecretCommand({ Name: "s", SecretString: "2" }));
  await expect(api.client.send(new DeleteSecretCommand({ SecretId: "s", RecoveryWindowInDays: 6 }))).rejects.toThrow(
    "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
  );
});

test("a capital begins a word, in names as in what is looked for", async () => {
  await using api = await secretsWorld();
  for (const Name of ["MySecretKey", "mysecretkey"]) await api.client.send(new CreateSecretCommand({ Name }));
  const all = async (...Values: string[]) =>
    (await api.client.send(new ListSecretsCommand({ Filters: [{ Key: "all", Values }] }))).SecretList!.map(({ Name }) => Name);
  expect(await all("secret")).toEqual(["MySecretKey"]);
  expect(await all("KeySecret")).toEqual(["MySecretKey"]);
});

test("tags are shown from the first on, also when all are gone", async () => {
  await using api = await secretsWorld();
  const { ARN: SecretId } = await api.client.send(new CreateSecretCommand({ Name: "plain", SecretString: "1" }));
  const described = () => api.client.send(new DescribeSecretCommand({ SecretId }));
  expect(await described()).not.toHaveProperty("Tags");
  await api.client.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "team", Value: "web" }] }));
  expect(await described()).toMatchObject({ Tags: [{ Key: "team", Value: "web" }] });
  await api.client.send(new UntagResourceCommand({ SecretId, TagKeys: ["team"] }));
  expect(await described()).toMatchObject({ Tags: [] });
});

test("a token that is used for another value is refused by its name", async () => {
  await using api = await secretsWorld();
  const ClientRequestToken = "0123456789abcdef0123456789abcdef";
  const make = (SecretString: string) => api.client.send(new CreateSecretCommand({ Name: "s", ClientRequestToken, SecretString }));
  const { ARN } = await make("1");
  expect(await make("1")).toMatchObject({ ARN, VersionId: ClientRequestToken });
  await expect(make("2")).rejects.toMatchObject({
    name: "ResourceExistsException",
    message: `You can't use ClientRequestToken ${ClientRequestToken} because that value is already in use for a version of secret ${ARN}.`,
  });
});

test("lists are filtered, sorted and paged", async () => {
  await using api = await secretsWorld();
  for (const [at, Name] of ["prod/db", "prod/api", "dev/db"].entries())
    await api.client.send(new CreateSecretCommand({ Name, Tags: [{ Key: "team", Value: `t${at}` }], Description: `Key for ${Name}` }));
  const names = async (input: object) =>
    (await api.client.send(new ListSecretsCommand({ SortBy: "name", SortOrder: "asc", ...input }))).SecretList!.map(({ Name }) => Name);
  expect(await names({})).toEqual(["dev/db", "prod/api", "prod/db"]);
  expect(await names({ SortOrder: "desc" })).toEqual(["prod/db", "prod/api", "dev/db"]);
  expect(await names({ Filters: [{ Key: "name", Values: ["prod"] }] })).toEqual(["prod/api", "prod/db"]);
  expect(await names({ Filters: [{ Key: "name", Values: ["!prod"] }] })).toEqual(["dev/db"]);
  expect(await names({ Filters: [{ Key: "tag-value", Values: ["t0", "t2"] }] })).toEqual(["dev/db", "prod/db"]);
  expect(await names({ Filters: [{ Key: "description", Values: ["api"] }] })).toEqual(["prod/api"]);
  expect(await names({ Filters: [{ Key: "description", Values: ["key api"] }] })).toEqual(["prod/api"]);
  expect(await names({ Filters: [{ Key: "description", Values: ["key other"] }] })).toEqual([]);
  expect(await names({ Filters: [{ Key: "all", Values: ["devKey"] }] })).toEqual(["dev/db"]);
  expect(await names({ Filters: [{ Key: "all", Values: ["/"] }] })).toEqual([]);
  const { SecretList } = await api.client.send(new ListSecretsCommand({}));
  const dates = SecretList!.map(({ CreatedDate }) => CreatedDate!.getTime());
  expect(SecretList!.map(({ Name }) => Name)).toEqual(expect.arrayContaining(["prod/db", "prod/api", "dev/db"]));
  expect(dates).toEqual(dates.toSorted((a, b) => a - b));
  const paged: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await api.client.send(new ListSecretsCommand({ MaxResults: 1, NextToken }));
    paged.push(...page.SecretList!.map(({ Name }) => Name));
    NextToken = page.NextToken;
  } while (NextToken);
  expect(new Set(paged)).toEqual(new Set(["dev/db", "prod/api", "prod/db"]));
  expect(paged).toHaveLength(3);
});

test.each([
  [
    "a bad name",
    { Name: "a b" },
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  ],
  ["a short token", { Name: "s", ClientRequestToken: "x" }, "ClientRequestToken must be 32-64 characters long."],
  [
    "a string and bytes",
    { Name: "s", SecretString: "hunter2", SecretBinary: Uint8Array.of(1) },
    "You can't specify both a binary secret value and a string secret value in the same secret.",
  ],
  ["too much", { Name: "s", SecretString: "hunter2".repeat(10_000) }, "Member must have length less than or equal to 65536"],
])("CreateSecret refuses %s, and never tells the value", async (_what, input, message) => {
  await using api = await secretsWorld();
  const refusal = (await api.client.send(new CreateSecretCommand(input)).catch((cause: Error) => cause)) as Error;
  expect(refusal.message).toContain(message);
  expect(refusal.message).not.toContain("hunter2");
});

test("random passwords have the length and the kinds of characters that are asked for", async () => {
  await using api = await secretsWorld();
  const password = async (input: object) => (await api.client.send(new GetRandomPasswordCommand(input))).RandomPassword!;
  expect(await password({})).toHaveLength(32);
  for (let times = 0; times < 20; times++)
    expect(await password({ PasswordLength: 4 })).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9])/);
  expect(
    await password({
      ExcludePunctuation: true,
      ExcludeUppercase: true,
      ExcludeNumbers: true,
      ExcludeCharacters: "abc",
      PasswordLength: 200,
    }),
  ).toMatch(/^[d-z]{200}$/);
  expect(await password({ PasswordLength: 4, IncludeSpace: true })).toHaveLength(4);
  expect(await password({ PasswordLength: 4000, IncludeSpace: true })).toContain(" ");
  await expect(password({ PasswordLength: 3 })).rejects.toThrow("Password length is too short based on the required types.");
});
