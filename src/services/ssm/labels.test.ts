import {
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  LabelParameterVersionCommand,
  PutParameterCommand,
  SSMClient,
  UnlabelParameterVersionCommand,
} from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

/** A world with the parameter `/app/db`, whose values are the numbers of its versions. */
async function versionedWorld(versions: number) {
  const api = await apiWorld();
  const client = api.client(SSMClient);
  const put = (value: number) =>
    client.send(new PutParameterCommand({ Name: "/app/db", Value: String(value), Type: "String", Overwrite: true }));
  for (let version = 1; version <= versions; version++) await put(version);
  return {
    ...api,
    client,
    put,
    label: (ParameterVersion: number | undefined, ...Labels: string[]) =>
      client.send(new LabelParameterVersionCommand({ Name: "/app/db", ParameterVersion, Labels })),
    unlabel: (ParameterVersion: number, ...Labels: string[]) =>
      client.send(new UnlabelParameterVersionCommand({ Name: "/app/db", ParameterVersion, Labels })),
    value: async (selector: string) => (await client.send(new GetParameterCommand({ Name: `/app/db:${selector}` }))).Parameter!,
    labels: async () =>
      (await client.send(new GetParameterHistoryCommand({ Name: "/app/db" }))).Parameters!.map(({ Labels }) => Labels!.join(" ")),
  };
}

test("a label names a version, and moves to another one", async () => {
  await using api = await versionedWorld(3);
  expect(await api.label(1, "prod", "blue")).toMatchObject({ InvalidLabels: [], ParameterVersion: 1 });
  expect(await api.value("prod")).toMatchObject({ Value: "1", Version: 1, Selector: ":prod", Name: "/app/db" });
  expect(await api.label(undefined, "prod")).toMatchObject({ ParameterVersion: 3 });
  expect(await api.labels()).toEqual(["blue", "", "prod"]);
  expect((await api.value("prod")).Value).toBe("3");
  await expect(api.value("green")).rejects.toThrow(
    "Systems Manager could not find version green of /app/db. Verify the version and try again.",
  );
});

test("labels that are none are told and not attached", async () => {
  await using api = await versionedWorld(1);
  const { InvalidLabels } = await api.label(1, "good", "1st", "AWS-x", "ssm", "a b");
  expect(InvalidLabels).toEqual(["1st", "AWS-x", "ssm", "a b"]);
  expect(await api.labels()).toEqual(["good"]);
});

test("labels are taken away, from the version that has them only", async () => {
  await using api = await versionedWorld(2);
  await api.label(1, "a", "b");
  expect(await api.unlabel(1, "a", "z")).toMatchObject({ RemovedLabels: ["a"], InvalidLabels: ["z"] });
  expect(await api.unlabel(2, "b")).toMatchObject({ RemovedLabels: [], InvalidLabels: ["b"] });
  expect(await api.labels()).toEqual(["b", ""]);
});

test("a version has ten labels at most", async () => {
  await using api = await versionedWorld(1);
  await api.label(1, ..."abcdefghi");
  await api.label(1, "a", "j");
  await expect(api.label(1, "k")).rejects.toMatchObject({ name: "ParameterVersionLabelLimitExceeded" });
});

test.each([
  ["a parameter that is none", { Name: "/none" }, "ParameterNotFound"],
  ["a version that is none", { ParameterVersion: 9 }, "ParameterVersionNotFound"],
  ["no label", { Labels: [] }, "ValidationException"],
  ["a label that is too long", { Labels: ["x".repeat(101)] }, "ValidationException"],
])("labelling refuses %s", async (_what, input, name) => {
  await using api = await versionedWorld(1);
  const whole = { Name: "/app/db", Labels: ["x"], ...input };
  await expect(api.client.send(new LabelParameterVersionCommand(whole))).rejects.toMatchObject({ name });
  await expect(api.client.send(new UnlabelParameterVersionCommand({ ParameterVersion: 1, ...whole }))).rejects.toMatchObject({ name });
});

test("of a path, the versions that have a label", async () => {
  await using api = await versionedWorld(3);
  await api.client.send(new PutParameterCommand({ Name: "/app/other", Value: "x", Type: "String" }));
  await api.label(2, "prod");
  const { Parameters } = await api.client.send(
    new GetParametersByPathCommand({ Path: "/app", ParameterFilters: [{ Key: "Label", Values: ["prod"] }] }),
  );
  expect(Parameters!.map(({ Name, Version, Value }) => [Name, Version, Value])).toEqual([["/app/db", 2, "2"]]);
});

test("a hundred versions are kept; the oldest goes, unless it has a label", { timeout: 30_000 }, async () => {
  await using api = await versionedWorld(101);
  await expect(api.value("1")).rejects.toMatchObject({ name: "ParameterVersionNotFound" });
  expect((await api.value("2")).Value).toBe("2");
  await api.label(2, "keep");
  await expect(api.put(102)).rejects.toThrow(
    "You attempted to create a new version of /app/db by calling the PutParameter API with the overwrite flag. Version 2, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.",
  );
  await expect(api.put(102)).rejects.toMatchObject({ name: "ParameterMaxVersionLimitExceeded" });
  await api.label(101, "keep");
  expect((await api.put(102)).Version).toBe(102);
  expect((await api.value("keep")).Value).toBe("101");
});

test("the command line labels a version and reads by the label", { timeout: 60_000 }, async () => {
  await using api = await versionedWorld(2);
  const labelled = await api.aws("ssm", "label-parameter-version", "--name", "/app/db", "--parameter-version", "1", "--labels", "prod");
  expect(JSON.parse(labelled.stdout)).toEqual({ InvalidLabels: [], ParameterVersion: 1 });
  const read = await api.aws("ssm", "get-parameter", "--name", "/app/db:prod", "--query", "Parameter.[Value,Selector]", "--output", "text");
  expect(read.stdout.trim()).toBe("1\t:prod");
  const removed = await api.aws("ssm", "unlabel-parameter-version", "--name", "/app/db", "--parameter-version", "1", "--labels", "prod");
  expect(JSON.parse(removed.stdout)).toEqual({ RemovedLabels: ["prod"], InvalidLabels: [] });
});
