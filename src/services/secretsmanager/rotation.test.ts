import { ECSClient, CreateClusterCommand, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
  type RotateSecretCommandInput,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { findSecret, secrets } from "../../state/secrets.ts";
import { HERE, secretsWorld, type SecretsWorld } from "../../testing/secrets-world.ts";

const TOKEN = "t".repeat(32);
const DAY = 86_400_000;
const FUNCTION = "arn:aws:ecs:us-east-1:123456789012:task-definition/rotate";

/** A secret `s` with the value `1`, a cluster `default` and a task definition `rotate`. No loop runs. */
async function rotationWorld(): Promise<SecretsWorld> {
  const api = await secretsWorld();
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({}));
  await ecs.send(
    new RegisterTaskDefinitionCommand({ family: "rotate", containerDefinitions: [{ name: "rotate", image: "rotate", memory: 64 }] }),
  );
  await api.secret("s", "1");
  return api;
}

const rotate = (api: SecretsWorld, input: Partial<RotateSecretCommandInput> = {}) =>
  api.root.send(new RotateSecretCommand({ SecretId: "s", RotationLambdaARN: FUNCTION, ClientRequestToken: TOKEN, ...input }));
const described = (api: SecretsWorld) => api.root.send(new DescribeSecretCommand({ SecretId: "s" }));
const record = (api: SecretsWorld) => findSecret(api.state, HERE, "s", 0);
/** Control gives up. */
const giveUp = (api: SecretsWorld): void =>
  void api.state.commit(() =>
    api.state.table(secrets).update(record(api)?.arn ?? "", (secret) => {
      const { run: _run, ...rotation } = secret.rotation ?? { enabled: true, functionArn: FUNCTION, rules: {} };
      return { ...secret, rotation };
    }),
  );

describe("RotateSecret", () => {
  test("begins with an empty version that has AWSPENDING, and tells its id", async () => {
    await using api = await rotationWorld();
    const answer = await rotate(api, { RotationRules: { AutomaticallyAfterDays: 30 } });
    expect(answer).toMatchObject({ Name: "s", VersionId: TOKEN });
    const secret = await described(api);
    expect(secret).toMatchObject({ RotationEnabled: true, RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 30 } });
    expect(secret.VersionIdsToStages?.[TOKEN]).toEqual(["AWSPENDING"]);
    expect(secret.LastRotatedDate).toBeUndefined();
    expect((secret.NextRotationDate?.getTime() ?? 0) - Date.now()).toBeGreaterThan(29 * DAY);
    expect(record(api)?.rotation?.run).toEqual({ token: TOKEN, step: "createSecret", trial: false, attempt: 1 });
    for (const which of [{ VersionId: TOKEN }, { VersionStage: "AWSPENDING" }, { VersionId: TOKEN, VersionStage: "AWSPENDING" }])
      await expect(api.root.send(new GetSecretValueCommand({ SecretId: "s", ...which }))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
      });
  });

  test("gives the version to its function, which fills it and makes it the current one", async () => {
    await using api = await rotationWorld();
    const before = Object.keys((await described(api)).VersionIdsToStages ?? {})[0] ?? "";
    await rotate(api);
    await expect(
      api.root.send(
        new UpdateSecretVersionStageCommand({
          SecretId: "s",
          VersionStage: "AWSCURRENT",
          MoveToVersionId: TOKEN,
          RemoveFromVersionId: before,
        }),
      ),
    ).rejects.toMatchObject({ name: "InvalidParameterException", message: expect.stringContaining("has no value") as string });
    await api.root.send(
      new PutSecretValueCommand({ SecretId: "s", SecretString: "2", ClientRequestToken: TOKEN, VersionStages: ["AWSPENDING"] }),
    );
    expect([await api.value("s"), await api.value("s", { VersionId: TOKEN, VersionStage: "AWSPENDING" })]).toEqual(["1", "2"]);
    await api.root.send(
      new UpdateSecretVersionStageCommand({
        SecretId: "s",
        VersionStage: "AWSCURRENT",
        MoveToVersionId: TOKEN,
        RemoveFromVersionId: before,
      }),
    );
    expect([await api.value("s"), await api.value("s", { VersionStage: "AWSPREVIOUS" })]).toEqual(["2", "1"]);
  });

  test("that is repeated with its token changes nothing", async () => {
    await using api = await rotationWorld();
    const first = await rotate(api);
    const before = record(api);
    expect(await rotate(api)).toMatchObject({ ARN: first.ARN, VersionId: TOKEN });
    expect(record(api)).toBe(before);
  });

  test("refuses while a rotation is not complete, and tries that one again where it was given up", async () => {
    await using api = await rotationWorld();
    await rotate(api);
    const again = { ClientRequestToken: "u".repeat(32) };
    const refusal = { name: "InvalidRequestException", message: "A previous rotation isn't complete. That rotation will be reattempted." };
    await expect(rotate(api, again)).rejects.toMatchObject(refusal);
    giveUp(api);
    await expect(rotate(api, again)).rejects.toMatchObject(refusal);
    expect(record(api)?.rotation?.run).toEqual({ token: TOKEN, step: "createSecret", trial: false, attempt: 1 });
    expect(Object.keys((await described(api)).VersionIdsToStages ?? {})).toHaveLength(2);
  });

  test("that shall not rotate immediately tries testSecret alone", async () => {
    await using api = await rotationWorld();
    const answer = await rotate(api, {
      RotateImmediately: false,
      RotationRules: { ScheduleExpression: "cron(0 16 1,15 * ? *)", Duration: "2h" },
    });
    expect(answer.VersionId).toBeUndefined();
    expect(record(api)?.rotation?.run).toMatchObject({ step: "testSecret", trial: true });
    const { NextRotationDate, RotationRules } = await described(api);
    expect(NextRotationDate?.toISOString()).toMatch(/-(01|15)T17:59:59/);
    expect(RotationRules).toEqual({ ScheduleExpression: "cron(0 16 1,15 * ? *)", Duration: "2h" });
  });

  test("keeps function and rules that a later request does not name", async () => {
    await using api = await rotationWorld();
    await rotate(api, { RotationRules: { AutomaticallyAfterDays: 7 } });
    giveUp(api);
    await api.root.send(new UpdateSecretVersionStageCommand({ SecretId: "s", VersionStage: "AWSPENDING", RemoveFromVersionId: TOKEN }));
    await api.root.send(new RotateSecretCommand({ SecretId: "s" }));
    expect(await described(api)).toMatchObject({ RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 7 } });
  });

  test.each<[string, Partial<RotateSecretCommandInput>, string, string]>([
    [
      "no function",
      { RotationLambdaARN: undefined },
      "InvalidRequestException",
      "No Lambda rotation function ARN is associated with this secret.",
    ],
    [
      "a Lambda function",
      { RotationLambdaARN: "arn:aws:lambda:us-east-1:123456789012:function:rotate" },
      "InvalidParameterException",
      "must be the ARN of an Amazon ECS task definition",
    ],
    ["a definition that there is not", { RotationLambdaARN: `${FUNCTION}:9` }, "InvalidParameterException", "does not exist"],
    [
      "a definition of another region",
      { RotationLambdaARN: FUNCTION.replace("us-east-1", "eu-west-1") },
      "InvalidParameterException",
      "in the account and region of the secret",
    ],
    ["a short token", { ClientRequestToken: "x" }, "InvalidParameterException", "ClientRequestToken must be 32-64 characters long."],
    ["no day", { RotationRules: { AutomaticallyAfterDays: 0 } }, "InvalidParameterException", "must be within 1-1000"],
    [
      "two schedules",
      { RotationRules: { AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)" } },
      "InvalidParameterException",
      "both",
    ],
    [
      "a schedule with strange characters",
      { RotationRules: { ScheduleExpression: "rate(1 day)!" } },
      "ValidationException",
      "scheduleExpression",
    ],
    ["a window in minutes", { RotationRules: { ScheduleExpression: "rate(1 day)", Duration: "90m" } }, "ValidationException", "duration"],
    ["a secret that there is not", { SecretId: "none" }, "ResourceNotFoundException", "can't find"],
  ])("refuses %s", async (_what, input, name, message) => {
    await using api = await rotationWorld();
    await expect(rotate(api, input)).rejects.toMatchObject({ name, message: expect.stringContaining(message) as string });
    expect(record(api)?.rotation).toBeUndefined();
    expect(record(api)?.versions).toHaveLength(1);
  });

  test("refuses a secret that waits for its deletion", async () => {
    await using api = await rotationWorld();
    await api.root.send(new DeleteSecretCommand({ SecretId: "s" }));
    await expect(rotate(api)).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  test("needs the right to run what it names, and may be bound to it by conditions", async () => {
    await using api = await rotationWorld();
    const may = (Action: string, more: object = {}) => ({ Effect: "Allow", Action, Resource: "*", ...more });
    const input = { SecretId: "s", RotationLambdaARN: FUNCTION };
    const without = api.caller("without", may("secretsmanager:*"));
    await expect(without.send(new RotateSecretCommand(input))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(`ecs:RunTask on resource: ${FUNCTION}:1 `) as string,
    });
    const bound = api.caller(
      "bound",
      may("ecs:RunTask"),
      may("secretsmanager:RotateSecret", { Condition: { StringEquals: { "secretsmanager:RotationLambdaARN": `${FUNCTION}:1` } } }),
    );
    await expect(bound.send(new RotateSecretCommand(input))).rejects.toMatchObject({ name: "AccessDeniedException" });
    await bound.send(new RotateSecretCommand({ ...input, RotationLambdaARN: `${FUNCTION}:1` }));
  });

  test("needs the right to pass the roles of what it names", async () => {
    await using api = await rotationWorld();
    const role = "arn:aws:iam::123456789012:role/admin";
    const containerDefinitions = [{ name: "rotate", image: "rotate", memory: 64 }];
    await api.client(ECSClient).send(new RegisterTaskDefinitionCommand({ family: "rotate", containerDefinitions, taskRoleArn: role }));
    const input = { SecretId: "s", RotationLambdaARN: FUNCTION };
    const may = (...Action: readonly string[]) => ({ Effect: "Allow", Action, Resource: "*" });
    const without = api.caller("without", may("secretsmanager:RotateSecret", "ecs:RunTask"));
    await expect(without.send(new RotateSecretCommand(input))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(`iam:PassRole on resource: ${role} `) as string,
    });
    await api.caller("with", may("secretsmanager:RotateSecret", "ecs:RunTask", "iam:PassRole")).send(new RotateSecretCommand(input));
  });
});

describe("CancelRotateSecret", () => {
  test("turns rotation off, and leaves what is there", async () => {
    await using api = await rotationWorld();
    await rotate(api, { RotationRules: { AutomaticallyAfterDays: 7 } });
    expect((await api.root.send(new CancelRotateSecretCommand({ SecretId: "s" }))).VersionId).toBe(TOKEN);
    const secret = await described(api);
    expect(secret).toMatchObject({ RotationEnabled: false, RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 7 } });
    expect(secret.NextRotationDate).toBeUndefined();
    expect(secret.VersionIdsToStages?.[TOKEN]).toEqual(["AWSPENDING"]);
  });

  test("refuses a secret that never rotated", async () => {
    await using api = await rotationWorld();
    await expect(api.root.send(new CancelRotateSecretCommand({ SecretId: "s" }))).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringContaining("doesn't already have a Lambda function ARN configured") as string,
    });
  });
});

test("a value that is set by hand counts as a rotation where days are counted", async () => {
  await using api = await rotationWorld();
  await rotate(api, { RotationRules: { AutomaticallyAfterDays: 7 } });
  giveUp(api);
  const past = { start: 5 * DAY, end: 6 * DAY };
  api.state.commit(() =>
    api.state
      .table(secrets)
      .update(record(api)?.arn ?? "", (secret) =>
        secret.rotation ? { ...secret, rotation: { ...secret.rotation, window: past } } : secret,
      ),
  );
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "x", VersionStages: ["OTHER"] }));
  expect(record(api)?.rotation?.window).toEqual(past);
  await api.root.send(new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }));
  expect((record(api)?.rotation?.window?.start ?? 0) - Date.now()).toBeGreaterThan(5 * DAY);
});

test("the command line turns rotation on", { timeout: 60_000 }, async () => {
  await using api = await rotationWorld();
  const made = await api.aws(
    ...["secretsmanager", "rotate-secret", "--secret-id", "s", "--rotation-lambda-arn", FUNCTION],
    ...["--rotation-rules", '{"ScheduleExpression":"rate(10 days)","Duration":"3h"}'],
  );
  expect(JSON.parse(made.stdout)).toMatchObject({ Name: "s", VersionId: expect.stringMatching(/^[\w-]{36}$/) as string });
});
