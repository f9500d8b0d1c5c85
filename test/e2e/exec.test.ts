import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  ExecuteCommandCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from "@aws-sdk/client-ecs";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { cliEnvironment } from "../../src/testing/aws-cli.ts";
import { TEST_KEYS } from "../../src/testing/api-world.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole, ensureTaskRole } from "../../src/testing/roles.ts";
import { sessionManagerPlugin } from "../../src/testing/session-manager-plugin.ts";

// Amazon's own client of Session Manager, unmodified, in a terminal, through `aws ecs execute-command`.

const plugin = await sessionManagerPlugin();
const missing = plugin === undefined ? " (neither session-manager-plugin nor Go is here)" : "";

let airfield: AirfieldProcess;
let local: string;
let image: string;
let taskArn: string;

beforeAll(async () => {
  airfield = await airfieldProcess();
  local = `airfield-test-${airfield.port}/exec:1`;
  await buildImage({ name: local, files: {}, instructions: ['CMD ["sh", "-c", "trap \'exit 0\' TERM; sleep 2147483647 & wait"]'] });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "exec" }));
  image = await pushImage(airfield, local, "exec", "1");
  const ecs = airfield.client(ECSClient);
  const executionRoleArn = await ensureExecutionRole(airfield);
  const taskRoleArn = await ensureTaskRole(airfield, "entered");
  const Statement = [{ Effect: "Allow", Action: ["ssmmessages:*", "logs:*"], Resource: "*" }];
  await airfield.client(IAMClient).send(
    new PutRolePolicyCommand({
      RoleName: "entered",
      PolicyName: "exec",
      PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
    }),
  );
  await airfield.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: "/audit" }));
  const executeCommandConfiguration = { logging: "OVERRIDE" as const, logConfiguration: { cloudWatchLogGroupName: "/audit" } };
  await ecs.send(new CreateClusterCommand({ clusterName: "default", configuration: { executeCommandConfiguration } }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{
        family: "exec",
        networkMode: "awsvpc",
        requiresCompatibilities: ["FARGATE"],
        cpu: "256",
        memory: "512",
        executionRoleArn,
        taskRoleArn,
      },
      containerDefinitions: [{ name: "app", image, stopTimeout: 2, environment: [{ name: "GREETING", value: "hello" }], user: "1000" }],
    }),
  );
  const { Subnets } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const { tasks } = await ecs.send(
    new RunTaskCommand({
      ...{ taskDefinition: "exec", launchType: "FARGATE", enableExecuteCommand: true },
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets?.[0]?.SubnetId ?? ""] } },
    }),
  );
  taskArn = tasks?.[0]?.taskArn ?? "";
  for (;;) {
    const found = await ecs.send(new DescribeTasksCommand({ tasks: [taskArn] }));
    if (found.tasks?.[0]?.lastStatus === "RUNNING") break;
    await pause(100);
  }
});

afterAll(async () => {
  await airfield[Symbol.asyncDispose]();
  for (const one of [local, image]) await removeImage(one);
});

/** Runs the command in a terminal of its own, and types what is given when the text before it has appeared. */
async function inTerminal(command: string, ...typing: readonly (readonly [after: string, keys: string])[]): Promise<string> {
  return await terminal(`aws ecs execute-command --task ${taskArn} --interactive --command ${JSON.stringify(command)}`, typing);
}

/** The same without a command line of AWS's before it, which takes a second of its own. */
async function byPlugin(command: string): Promise<string> {
  const { session } = await airfield.client(ECSClient).send(new ExecuteCommandCommand({ task: taskArn, interactive: true, command }));
  const { sessionId: SessionId, streamUrl: StreamUrl, tokenValue: TokenValue } = session ?? {};
  const words = [
    JSON.stringify({ SessionId, StreamUrl, TokenValue }),
    "us-east-1",
    "StartSession",
    "",
    '{"Target":"ecs:task"}',
    airfield.url,
  ];
  return await terminal(["session-manager-plugin", ...words.map((word) => `'${word}'`)].join(" "), []);
}

async function terminal(execute: string, typing: readonly (readonly [after: string, keys: string])[]): Promise<string> {
  const environment = cliEnvironment({ url: airfield.url, ...TEST_KEYS, home: airfield.dataDirectory });
  const child = spawn("script", ["--quiet", "--return", "--command", execute, "/dev/null"], {
    env: { ...environment, PATH: `${plugin}${delimiter}${environment["PATH"]}`, SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  let waiting = [...typing];
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    while (waiting[0] && shown.includes(waiting[0][0])) {
      child.stdin.write(waiting[0][1]);
      waiting = waiting.slice(1);
    }
  });
  await new Promise((resolve) => child.once("close", resolve));
  // Two terminals, each of which ends its lines.
  return shown.replaceAll(/\r+\n/g, "\n");
}

test.skipIf(plugin === undefined)(
  `a shell is entered as root, with the container's environment${missing}`,
  { timeout: 60_000 },
  async () => {
    const shown = await inTerminal(
      "/bin/sh",
      ["# ", "echo $GREETING $((40 + 2)); id -u\r"],
      ["hello 42", "sh -c 'echo begun; sleep 1000'\r"],
      ["begun\r", "\u0003"],
      ["^C", "exit 3\r"],
    );
    expect(shown).toContain("hello 42");
    expect(shown).toMatch(/^0$/m);
    expect(shown).toMatch(/Exiting session with sessionId: ecs-execute-command-[a-z0-9]+\./);
    const logs = airfield.client(CloudWatchLogsClient);
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: "/audit" }));
    const stream = logStreams?.[0]?.logStreamName ?? "";
    expect(shown).toContain(stream);
    const { events } = await logs.send(new GetLogEventsCommand({ logGroupName: "/audit", logStreamName: stream }));
    expect(events?.map(({ message }) => message).join("\n")).toContain("hello 42");
  },
);

test.skipIf(plugin === undefined)(`ten megabytes of output come whole${missing}`, { timeout: 90_000 }, async () => {
  const shown = await inTerminal("sh -c 'seq 1 1200000; echo the end'");
  const numbers = shown.split("\n").filter((line) => /^\d+$/.test(line));
  expect(numbers).toHaveLength(1_200_000);
  expect(numbers.at(-1)).toBe("1200000");
  expect(shown).toContain("the end");
});

test.skipIf(plugin === undefined)(
  `twenty sessions go on at once, and what is not there is told${missing}`,
  { timeout: 90_000 },
  async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => byPlugin(`sh -c 'echo session ${at}; sleep 1; echo done ${at}'`)));
    for (const [at, shown] of all.entries()) expect(shown).toMatch(new RegExp(`session ${at}\\n(?:.*\\n)*?done ${at}\\b`));
    expect(await inTerminal("/bin/nope")).toContain(
      "Unable to start command: Failed to start pty: fork/exec /bin/nope: no such file or directory",
    );
  },
);

test("who has no good token hears nothing", async () => {
  const { session } = await airfield.client(ECSClient).send(new ExecuteCommandCommand({ task: taskArn, interactive: true, command: "sh" }));
  const { default: WebSocket } = await import("ws");
  const heard = async (url: string, token: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.on("open", () => socket.send(JSON.stringify({ MessageSchemaVersion: "1.0", TokenValue: token })));
      socket.on("message", () => {
        resolve("a message");
        socket.terminate();
      });
      socket.on("close", (code) => resolve(`closed ${code}`));
      socket.on("error", ({ message }) => resolve(message));
    });
  const url = session?.streamUrl ?? "";
  expect(await heard(url, "guessed")).toBe("closed 1008");
  expect(await heard(url.replace("ecs-execute-command-", "ecs-execute-command-0"), session?.tokenValue ?? "")).toBe("closed 1008");
  expect(await heard(url, session?.tokenValue ?? "")).toBe("a message");
  expect(await heard(url, session?.tokenValue ?? "")).toBe("closed 1008");
});
