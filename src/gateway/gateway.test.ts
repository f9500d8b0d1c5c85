import { ECSClient, ListDaemonsCommand } from "@aws-sdk/client-ecs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { apiWorld } from "../testing/api-world.ts";

test("an SDK client is answered, and told who it is", async () => {
  await using api = await apiWorld();
  const identity = await api.client(STSClient).send(new GetCallerIdentityCommand());
  expect(identity).toMatchObject({ Account: "123456789012", Arn: "arn:aws:iam::123456789012:root" });
  expect(api.defects).toEqual([]);
});

test("the aws command line is answered", async () => {
  await using api = await apiWorld();
  const { code, stdout, stderr } = await api.aws("sts", "get-caller-identity", "--query", "Account", "--output", "text");
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "123456789012\n", stderr: "" });
});

test("an operation that AWS has and Airfield does not yet says so", async () => {
  await using api = await apiWorld();
  await expect(api.client(ECSClient).send(new ListDaemonsCommand())).rejects.toMatchObject({ name: "NotImplemented" });
});
