import { DescribeParametersCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

async function filteredWorld() {
  const api = await apiWorld();
  const client = api.client(SSMClient);
  const put = (Name: string, more: object = {}) => client.send(new PutParameterCommand({ Name, Value: "v", Type: "String", ...more }));
  await put("/app/a", { Tags: [{ Key: "team", Value: "red" }] });
  await put("/app/b", { Type: "SecureString" });
  await put("/app/c/d", { Tier: "Advanced", Tags: [{ Key: "team", Value: "blue" }] });
  await put("plain", { Value: "ami-0123456789abcdef0", DataType: "aws:ec2:image" });
  return { ...api, client };
}

const filter = (Key: string, ...Values: string[]) => ({ Key, Values });

test.each([
  ["a name", filter("Name", "/app/a"), ["/app/a"]],
  ["a name without its slash", filter("Name", "app/a"), ["/app/a"]],
  ["a name with a slash that it has not", filter("Name", "/plain"), ["plain"]],
  ["the beginning of names", { ...filter("Name", "/app/"), Option: "BeginsWith" }, ["/app/a", "/app/b", "/app/c/d"]],
  ["a part of names", { ...filter("Name", "lai"), Option: "Contains" }, ["plain"]],
  ["a path", filter("Path", "/app"), ["/app/a", "/app/b"]],
  ["a path and all below", { ...filter("Path", "/app"), Option: "Recursive" }, ["/app/a", "/app/b", "/app/c/d"]],
  ["the root, where names without a slash are", filter("Path", "/"), ["plain"]],
  ["types", filter("Type", "SecureString", "StringList"), ["/app/b"]],
  ["a key", filter("KeyId", "alias/aws/ssm"), ["/app/b"]],
  ["the beginning of keys", { ...filter("KeyId", "alias/"), Option: "BeginsWith" }, ["/app/b"]],
  ["a tier", filter("Tier", "Advanced"), ["/app/c/d"]],
  ["a data type", filter("DataType", "aws:ec2:image"), ["plain"]],
  ["a tag with a value", filter("tag:team", "blue"), ["/app/c/d"]],
  ["a tag with any value", { Key: "tag:team" }, ["/app/a", "/app/c/d"]],
])("DescribeParameters finds by %s", async (_what, one, names) => {
  await using api = await filteredWorld();
  const { Parameters } = await api.client.send(new DescribeParametersCommand({ ParameterFilters: [one] }));
  expect(Parameters!.map(({ Name }) => Name)).toEqual(names);
});

test("filters of different keys hold together; the older kind of filter works too", async () => {
  await using api = await filteredWorld();
  const both = [filter("Path", "/app"), filter("Type", "String")];
  const { Parameters } = await api.client.send(new DescribeParametersCommand({ ParameterFilters: both }));
  expect(Parameters!.map(({ Name }) => Name)).toEqual(["/app/a"]);
  const older = await api.client.send(new DescribeParametersCommand({ Filters: [{ Key: "Name", Values: ["/app/c"] }] }));
  expect(older.Parameters!.map(({ Name }) => Name)).toEqual(["/app/c/d"]);
});

test.each([
  ["a label", [filter("Label", "x")], "InvalidFilterKey", "Valid filter keys include: [Path, Name, Type, KeyId, Tier]."],
  ["no values", [{ Key: "Name" }], "InvalidFilterValue", "The following filter values are missing : null for filter key Name."],
  [
    "a key twice",
    [filter("Name", "a"), filter("Name", "b")],
    "InvalidFilterKey",
    "The following filter is duplicated in the request: Name.",
  ],
  [
    "a tier that is none",
    [filter("Tier", "Gold")],
    "InvalidFilterOption",
    "Valid values include: [Standard, Advanced, Intelligent-Tiering].",
  ],
  ["a type that is none", [filter("Type", "Text")], "InvalidFilterOption", "Valid values include: [String, StringList, SecureString]."],
  ["a path without its slash", [filter("Path", "app")], "ValidationException", 'must begin with a forward slash "/"'],
  ["a path of AWS's", [filter("Path", "/aws/x")], "ValidationException", "Filters for common parameters can't be prefixed"],
  [
    "an option of another key",
    [{ ...filter("Path", "/a"), Option: "Equals" }],
    "InvalidFilterOption",
    "The following filter option is not valid: Equals. Valid options include: [Recursive, OneLevel].",
  ],
  ["an option that is none", [{ ...filter("Type", "String"), Option: "Contains" }], "InvalidFilterOption", "[BeginsWith, Equals]"],
])("DescribeParameters refuses %s", async (_what, ParameterFilters, name, message) => {
  await using api = await filteredWorld();
  const refused = api.client.send(new DescribeParametersCommand({ ParameterFilters }));
  await expect(refused).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
});

test.each(["Name", "Path", "Tier"])("GetParametersByPath has no filter by %s", async (key) => {
  await using api = await filteredWorld();
  const refused = api.client.send(new GetParametersByPathCommand({ Path: "/app", ParameterFilters: [filter(key, "/x")] }));
  await expect(refused).rejects.toThrow(`The following filter key is not valid: ${key}. Valid filter keys include: [Type, KeyId].`);
});
