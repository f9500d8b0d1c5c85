import {
  CreateServiceCommand,
  DescribeTasksCommand,
  ExecuteCommandCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateClusterCommand,
  UpdateServiceCommand,
  type ExecuteCommandCommandInput,
} from "@aws-sdk/client-ecs";
import { ResumeSessionCommand, SSMClient, TerminateSessionCommand } from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import type { ExecRequest, ExecSessions } from "../../ports/exec-sessions.ts";
import { tasks } from "../../state/ecs.ts";
import { ecsWorld } from "../../testing/ecs-world.ts";
import { putRole } from "../../testing/roles.ts";

const CHANNELS = { Effect: "Allow", Action: "ssmmessages:*", Resource: "*" };
const NOT_ENABLED = /^The execute command failed because execute command was not enabled when the task was run/;

/** Sessions of which a test sees what was asked for. */
function noted() {
  const asked: ExecRequest[] = [];
  const ended: string[] = [];
  const sessions: ExecSessions = {
    open(request) {
      asked.push(request);
      return { sessionId: "ecs-execute-command-1", token: "t" };
    },
    join: () => undefined,
    resume: ({ account }, id) => (id === "ecs-execute-command-1" && account === "123456789012" ? "again" : undefined),
    terminate: (_, id) => id === "ecs-execute-command-1" && ended.push(id) > 0,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { asked, ended, sessions };
}

async function world({ allows = [CHANNELS] as readonly object[], logs = {} as Readonly<Record<string, string>> } = {}) {
  const { asked, ended, sessions } = noted();
  const at = await ecsWorld({ execSessions: sessions });
  const taskRoleArn = putRole(at.state, "entered", { allows }).arn;
  const logConfiguration = {
    logDriver: "awslogs" as const,
    options: { "awslogs-region": "us-east-1", "awslogs-stream-prefix": "a", ...logs },
  };
  const definition = (family: string, names: readonly string[], role = {}) =>
    new RegisterTaskDefinitionCommand({
      ...{ family, requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512", ...role },
      containerDefinitions: names.map((name) => ({ name, image: "nginx", ...(logs["awslogs-group"] && { logConfiguration }) })),
    });
  await at.ecs.send(definition("app", ["app"], { taskRoleArn, executionRoleArn: taskRoleArn }));
  await at.ecs.send(definition("two", ["app", "side"], { taskRoleArn, executionRoleArn: taskRoleArn }));
  await at.ecs.send(definition("bare", ["app"], { executionRoleArn: taskRoleArn }));
  const onFargate = { launchType: "FARGATE", networkConfiguration: at.awsvpc } as const;
  const run = async (taskDefinition: string, enableExecuteCommand = true): Promise<string> => {
    const { tasks: ran } = await at.ecs.send(new RunTaskCommand({ ...onFargate, taskDefinition, enableExecuteCommand }));
    const arn = ran?.[0]?.taskArn ?? "";
    const containers = at.state
      .table(tasks)
      .get(arn)!
      .containers.map((one) => ({ ...one, lastStatus: "RUNNING" as const, runtimeId: `id-${one.name}` }));
    at.move(arn, { lastStatus: "RUNNING", startedAt: 7_000, containers });
    return arn;
  };
  const execute = (task: string, more: Partial<ExecuteCommandCommandInput> = {}) =>
    at.ecs.send(new ExecuteCommandCommand({ task, command: "sh -c 'id -u'", interactive: true, ...more }));
  return { ...at, asked, ended, run, execute, onFargate };
}

describe("ExecuteCommand", () => {
  test("opens a session in the container, for its program alone, at the address that the caller used", async () => {
    await using at = await world();
    const task = await at.run("app");
    const { $metadata: _, ...opened } = await at.execute(task);
    expect(at.asked).toEqual([
      { scope: { account: "123456789012", region: "us-east-1" }, runtimeId: "id-app", command: ["sh", "-c", "id -u"] },
    ]);
    expect(opened).toEqual({
      ...{ clusterArn: "arn:aws:ecs:us-east-1:123456789012:cluster/default", containerName: "app", interactive: true, taskArn: task },
      containerArn: at.state.table(tasks).get(task)?.containers[0]?.arn,
      session: {
        ...{ sessionId: "ecs-execute-command-1", tokenValue: "t" },
        streamUrl: `${at.url.replace("http", "ws")}/v1/data-channel/ecs-execute-command-1?role=publish_subscribe`,
      },
    });
  });

  test("asks for what cannot be meant", async () => {
    await using at = await world();
    const [one, two, off] = [await at.run("app"), await at.run("two"), await at.run("app", false)];
    await expect(at.execute(off)).rejects.toThrow(NOT_ENABLED);
    await expect(at.execute(one, { interactive: false })).rejects.toThrow("Interactive is the only mode supported currently.");
    for (const command of ["''\\", "'open"]) await expect(at.execute(one, { command })).rejects.toThrow("command must be a program");
    await expect(at.execute(two)).rejects.toThrow("A container name must be specified for tasks with multiple containers.");
    await expect(at.execute(two, { container: "other" })).rejects.toThrow("The container other was not found in the task.");
    expect((await at.execute(two, { container: "side" })).containerName).toBe("side");
    await expect(at.execute("0".repeat(32))).rejects.toThrow("The referenced task was not found.");
    at.move(one, {
      containers: at.state
        .table(tasks)
        .get(one)!
        .containers.map((container) => ({ ...container, lastStatus: "STOPPED" as const })),
    });
    await expect(at.execute(one)).rejects.toThrow(NOT_ENABLED);
    expect(at.asked.map(({ runtimeId }) => runtimeId)).toEqual(["id-side"]);
  });

  test.each([[[]], [[{ ...CHANNELS, Action: "ssmmessages:Create*" }]]])(
    "does not reach a container whose role may not (%j)",
    async (allows) => {
      await using at = await world({ allows });
      const refused = at.execute(await at.run("app"));
      await expect(refused).rejects.toMatchObject({
        name: "TargetNotConnectedException",
        message: expect.stringContaining("due to an internal error"),
      });
      expect(at.asked).toEqual([]);
    },
  );

  test("logs where the container does, or where the cluster says, if the role may", async () => {
    const allows = [CHANNELS, { Effect: "Allow", Action: "logs:*", Resource: "arn:aws:logs:us-east-1:123456789012:log-group:/a*" }];
    await using at = await world({ allows, logs: { "awslogs-group": "/app" } });
    const task = await at.run("app");
    const groupOf = async (): Promise<string | undefined> => {
      await at.execute(task);
      return at.asked.at(-1)?.log?.group;
    };
    const configure = (executeCommandConfiguration: object) =>
      at.ecs.send(new UpdateClusterCommand({ cluster: "default", configuration: { executeCommandConfiguration } }));
    expect(await groupOf()).toBe("/app");
    await configure({ logging: "OVERRIDE", logConfiguration: { cloudWatchLogGroupName: "/audit" } });
    expect(await groupOf()).toBe("/audit");
    await configure({ logging: "OVERRIDE", logConfiguration: { cloudWatchLogGroupName: "/other" } });
    expect(await groupOf()).toBeUndefined();
    await configure({ logging: "NONE" });
    expect(await groupOf()).toBeUndefined();
    await configure({ logging: "OVERRIDE", logConfiguration: { s3BucketName: "b" } });
    await expect(at.execute(task)).rejects.toThrow("s3BucketName");
    await configure({ logging: "NONE", kmsKeyId: "alias/k" });
    await expect(at.execute(task)).rejects.toThrow("kmsKeyId");
  });
});

test("who wants commands to run in tasks gives them a role", async () => {
  await using at = await world();
  const on = { taskDefinition: "bare", enableExecuteCommand: true, ...at.onFargate };
  await expect(at.ecs.send(new RunTaskCommand(on))).rejects.toThrow("a valid task role is not being used");
  await expect(at.ecs.send(new CreateServiceCommand({ serviceName: "s", desiredCount: 1, ...on }))).rejects.toThrow(
    "The service couldn't be created",
  );
  await at.ecs.send(new CreateServiceCommand({ serviceName: "s", desiredCount: 1, ...on, enableExecuteCommand: false }));
  const update = (more: object) => at.ecs.send(new UpdateServiceCommand({ service: "s", ...more }));
  await expect(update({ enableExecuteCommand: true })).rejects.toThrow(
    "The service couldn't be updated because a valid taskRoleArn is not being used.",
  );
  await update({ enableExecuteCommand: true, taskDefinition: "app" });
  await expect(update({ taskDefinition: "bare" })).rejects.toThrow("The service couldn't be updated");
});

test("the agent is there for as long as the container", async () => {
  await using at = await world();
  const agents = async (task: string) =>
    (await at.ecs.send(new DescribeTasksCommand({ tasks: [task] }))).tasks?.[0]?.containers?.[0]?.managedAgents;
  expect(await agents(await at.run("app"))).toEqual([
    { name: "ExecuteCommandAgent", lastStatus: "RUNNING", lastStartedAt: new Date(7_000) },
  ]);
  expect(await agents(await at.run("app", false))).toBeUndefined();
});

test("a client that lost its connection gets a token anew, where the session is there; and a session can be ended", async () => {
  await using at = await world();
  const ssm = at.client(SSMClient);
  expect(await ssm.send(new ResumeSessionCommand({ SessionId: "ecs-execute-command-1" }))).toMatchObject({
    TokenValue: "again",
    StreamUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/data-channel\/ecs-execute-command-1\?/),
  });
  expect((await ssm.send(new ResumeSessionCommand({ SessionId: "ecs-execute-command-2" }))).TokenValue).toBeUndefined();
  await ssm.send(new TerminateSessionCommand({ SessionId: "ecs-execute-command-1" }));
  await expect(ssm.send(new TerminateSessionCommand({ SessionId: "ecs-execute-command-2" }))).rejects.toMatchObject({
    name: "DoesNotExistException",
  });
  expect(at.ended).toEqual(["ecs-execute-command-1"]);
});
