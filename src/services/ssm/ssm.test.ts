import {
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
  type PutParameterCommandInput,
} from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { JournalChange } from "../../ports/journal.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { apiWorld } from "../../testing/api-world.ts";

async function parametersWorld() {
  const records = new Map<string, JournalChange & { readonly value: string }>();
  const api = await apiWorld({ state: new JournaledState(memoryJournal(records), { records: records.values() }) });
  const client = api.client(SSMClient);
  return {
    ...api,
    client,
    journal: () => [...records.values()].map(({ value }) => value).join("\n"),
    put: (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
      client.send(new PutParameterCommand({ Name, Value, Type: "String", ...more })),
    get: async (Name: string, WithDecryption = false) => (await client.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter!,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      expect(api.defects).toEqual([]);
    },
  };
}

test("the command line keeps a parameter and reads it by name, by ARN and by version", { timeout: 90_000 }, async () => {
  await using api = await parametersWorld();
  const made = await api.aws("ssm", "put-parameter", "--name", "/prod/db/host", "--value", "db.local", "--type", "String");
  expect(JSON.parse(made.stdout)).toEqual({ Version: 1, Tier: "Standard" });
  const again = await api.aws("ssm", "put-parameter", "--name", "/prod/db/host", "--value", "other");
  expect(again.stderr).toContain(
    "(ParameterAlreadyExists) when calling the PutParameter operation: The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
  );
  await api.aws("ssm", "put-parameter", "--name", "/prod/db/host", "--value", "db2.local", "--overwrite");
  const ARN = "arn:aws:ssm:us-east-1:123456789012:parameter/prod/db/host";
  for (const [name, value] of [
    ["/prod/db/host", "db2.local"],
    [ARN, "db2.local"],
    ["/prod/db/host:1", "db.local"],
    [`${ARN}:1`, "db.local"],
  ] as const) {
    const { stdout } = await api.aws("ssm", "get-parameter", "--name", name);
    expect(JSON.parse(stdout)).toMatchObject({ Parameter: { Name: "/prod/db/host", Type: "String", Value: value, ARN, DataType: "text" } });
  }
  const missing = await api.aws("ssm", "get-parameter", "--name", "/none");
  expect(missing.stderr).toContain("(ParameterNotFound) when calling the GetParameter operation");
  await expect(api.get("/prod/db/host:9")).rejects.toMatchObject({ name: "ParameterVersionNotFound" });
});

test.each([
  ["name", "/name"],
  ["/name", "name"],
])("%s and %s are one parameter at the root", async (made, asked) => {
  await using api = await parametersWorld();
  await api.put(made, "1", { Type: "SecureString" });
  expect(await api.get(asked, true)).toMatchObject({ Name: made, Value: "1" });
  await expect(api.put(asked, "2")).rejects.toMatchObject({ name: "ParameterAlreadyExists" });
  expect(await api.put(asked, "2", { Overwrite: true, Type: "SecureString" })).toMatchObject({ Version: 2 });
  expect(await api.get(`${asked}:2`, true)).toMatchObject({ Name: made, Value: "2" });
  expect(await api.client.send(new DeleteParametersCommand({ Names: [asked] }))).toMatchObject({ DeletedParameters: [asked] });
  await expect(api.get(made)).rejects.toMatchObject({ name: "ParameterNotFound" });
});

test("below the root, a name without its slash is none", async () => {
  await using api = await parametersWorld();
  await api.put("/a/b", "1");
  await expect(api.get("a/b")).rejects.toMatchObject({ name: "ParameterNotFound" });
});

test("a SecureString is shown in clear only with decryption, and never stored so", async () => {
  await using api = await parametersWorld();
  await api.put("/db/password", "hunter2", { Type: "SecureString" });
  expect((await api.get("/db/password")).Value).not.toContain("hunter2");
  expect((await api.get("/db/password", true)).Value).toBe("hunter2");
  expect(api.journal()).toContain("/db/password");
  expect(api.journal()).not.toMatch(/hunter2|aHVudGVy/);
  const { Parameters } = await api.client.send(new DescribeParametersCommand({}));
  expect(Parameters![0]).toMatchObject({ Name: "/db/password", Type: "SecureString", KeyId: "alias/aws/ssm", Version: 1 });
  await api.put("/db/password", "hunter3", { Type: "SecureString", Overwrite: true });
  const history = await api.client.send(new GetParameterHistoryCommand({ Name: "/db/password", WithDecryption: true }));
  expect(history.Parameters!.map(({ Version, Value }) => [Version, Value])).toEqual([
    [1, "hunter2"],
    [2, "hunter3"],
  ]);
});

test("GetParameters tells which names are none", async () => {
  await using api = await parametersWorld();
  await api.put("a", "1");
  await api.put("/b", "2");
  const { Parameters, InvalidParameters } = await api.client.send(new GetParametersCommand({ Names: ["a", "c", "/b", "a:7"] }));
  expect(Parameters!.map(({ Value }) => Value)).toEqual(["1", "2"]);
  expect(InvalidParameters).toEqual(["c", "a:7"]);
  await expect(api.client.send(new GetParametersCommand({ Names: Array.from({ length: 11 }, (_, at) => `p${at}`) }))).rejects.toMatchObject(
    { name: "ValidationException" },
  );
});

test("a path holds its own level, or all below it, page by page", async () => {
  await using api = await parametersWorld();
  for (const name of ["/app/a", "/app/b", "/app/sub/c", "/application/d", "/app2"]) await api.put(name, name);
  const under = async (input: object) =>
    (await api.client.send(new GetParametersByPathCommand({ Path: "/app", ...input }))).Parameters!.map(({ Name }) => Name);
  expect(await under({})).toEqual(["/app/a", "/app/b"]);
  expect(await under({ Path: "/app/", Recursive: true })).toEqual(["/app/a", "/app/b", "/app/sub/c"]);
  expect(await under({ Path: "/", Recursive: true })).toHaveLength(5);
  const { stdout } = await api.aws(
    "ssm",
    "get-parameters-by-path",
    "--path",
    "/app",
    "--recursive",
    "--page-size",
    "1",
    "--query",
    "Parameters[].Name",
    "--output",
    "json",
  );
  expect(JSON.parse(stdout)).toEqual(["/app/a", "/app/b", "/app/sub/c"]);
  await expect(under({ Path: "app" })).rejects.toThrow('must begin with a forward slash "/"');
  await expect(under({ NextToken: "forged" })).rejects.toMatchObject({ name: "InvalidNextToken" });
});

test("DescribeParameters filters by name, path, type and tag", async () => {
  await using api = await parametersWorld();
  await api.put("/app/a", "1", { Tags: [{ Key: "team", Value: "x" }] });
  await api.put("/app/b/c", "s", { Type: "SecureString" });
  await api.put("plain", "1,2", { Type: "StringList" });
  const names = async (Key: string, Option: string | undefined, ...Values: string[]) =>
    (await api.client.send(new DescribeParametersCommand({ ParameterFilters: [{ Key, Option, Values }] }))).Parameters!.map(
      ({ Name }) => Name,
    );
  expect(await names("Name", "BeginsWith", "/app")).toEqual(["/app/a", "/app/b/c"]);
  expect(await names("Name", "Contains", "lai")).toEqual(["plain"]);
  expect(await names("Path", "Recursive", "/app")).toEqual(["/app/a", "/app/b/c"]);
  expect(await names("Path", undefined, "/app")).toEqual(["/app/a"]);
  expect(await names("Type", undefined, "SecureString", "StringList")).toEqual(["/app/b/c", "plain"]);
  expect(await names("tag:team", undefined, "x")).toEqual(["/app/a"]);
  await expect(names("Colour", undefined, "red")).rejects.toThrow(
    "at 'parameterFilters.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType",
  );
});

test("deleting tells what was there", async () => {
  await using api = await parametersWorld();
  await api.put("a", "1");
  expect(await api.client.send(new DeleteParametersCommand({ Names: ["a", "b"] }))).toMatchObject({
    DeletedParameters: ["a"],
    InvalidParameters: ["b"],
  });
  expect((await api.aws("ssm", "delete-parameter", "--name", "a")).stderr).toContain("ParameterNotFound");
});

test("tags are added, listed and removed", { timeout: 90_000 }, async () => {
  await using api = await parametersWorld();
  await api.put("a", "1");
  await api.aws(
    "ssm",
    "add-tags-to-resource",
    "--resource-type",
    "Parameter",
    "--resource-id",
    "a",
    "--tags",
    "Key=x,Value=1",
    "Key=y,Value=2",
  );
  await api.aws("ssm", "remove-tags-from-resource", "--resource-type", "Parameter", "--resource-id", "a", "--tag-keys", "x");
  const { stdout } = await api.aws("ssm", "list-tags-for-resource", "--resource-type", "Parameter", "--resource-id", "a");
  expect(JSON.parse(stdout)).toEqual({ TagList: [{ Key: "y", Value: "2" }] });
  expect((await api.aws("ssm", "list-tags-for-resource", "--resource-type", "Parameter", "--resource-id", "b")).stderr).toContain(
    "InvalidResourceId",
  );
});

test.each([
  ["a name with a space", { Name: "a b" }, "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"],
  ["a reserved prefix", { Name: "awsome" }, 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'],
  ["a reserved path", { Name: "/aws/x" }, "No access to reserved parameter name: /aws/x."],
  ["a path that begins like a reserved one", { Name: "/aws_test/x" }, "No access to reserved parameter name: /aws_test/x."],
  ["a path without its slash", { Name: "a/b" }, "Parameter name must be a fully qualified name."],
  ["too many levels", { Name: "/x".repeat(16) }, "Hierarchy depth can't be greater than 15."],
  ["no type", { Type: undefined }, "A parameter type is required when you create a parameter."],
  ["a type that is none", { Type: "Text" as never }, "Member must satisfy enum value set: [SecureString, StringList, String]"],
  [
    "a standard value that is too large",
    { Value: "x".repeat(4097) },
    "Standard tier parameters support a maximum parameter value of 4096 characters.",
  ],
  [
    "an advanced value that is too large",
    { Value: "x".repeat(8193), Tier: "Advanced" as const },
    "Advanced tier parameters support a maximum parameter value of 8192 characters.",
  ],
  [
    "a value that does not fit its pattern",
    { AllowedPattern: "^\\d+$" },
    "Parameter value, cannot be validated against allowedPattern: ^\\d+$",
  ],
  ["a data type that is none", { DataType: "json" }, "The following data type is not supported: json (Data type names are all lowercase.)"],
  ["tags with overwrite", { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] }, "tags and overwrite can't be used together"],
])("PutParameter refuses %s", async (_what, input, message) => {
  await using api = await parametersWorld();
  await expect(api.put("p", "hunter", input)).rejects.toThrow(message);
});

test("a larger value goes to the advanced tier where that is left open", async () => {
  await using api = await parametersWorld();
  expect((await api.put("a", "x".repeat(5000), { Tier: "Intelligent-Tiering" })).Tier).toBe("Advanced");
  await expect(api.put("a", "x", { Overwrite: true, Tier: "Standard" })).rejects.toThrow("You can't downgrade a parameter");
});
