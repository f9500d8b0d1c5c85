import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
  type RegisterTaskDefinitionCommandInput,
  type Task,
} from "@aws-sdk/client-ecs";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { PutRolePolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole, ensureTaskRole } from "../../src/testing/roles.ts";

const LOCAL = "airfield-test/roles:v1";
const CLUSTER = "roles";
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
/** What a program of this host needs to run in a container that has nothing of it. */
const PROGRAM_FOLDERS = [...new Set([PROJECT, "/usr", "/lib", "/lib64", dirname(dirname(process.execPath))])].filter((folder) =>
  existsSync(folder),
);
let airfield: AirfieldProcess;
let image: string;
let subnets: string[];
let executionRoleArn: string;
let taskRoleArn: string;

beforeAll(async () => {
  const environment = { AIRFIELD_PRIVILEGED_ACCOUNTS: "123456789012", AIRFIELD_HOST_PATHS: PROGRAM_FOLDERS.join(",") };
  airfield = await airfieldProcess({ environment });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "roles" }));
  await airfield.client(ECSClient).send(new CreateClusterCommand({ clusterName: CLUSTER }));
  await airfield.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: "/ecs/roles" }));
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  subnets = Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  executionRoleArn = await ensureExecutionRole(airfield);
  taskRoleArn = await ensureTaskRole(airfield, "app");
  // The first process of a container gets no signal that it does not ask for: the shell asks.
  await buildImage({ name: LOCAL, instructions: ['CMD ["sh", "-c", "trap \\"exit 0\\" TERM; sleep 100000 & wait"]'] });
  image = await pushImage(airfield, LOCAL, "roles", "v1");
});

afterAll(async () => {
  await removeImage(image);
  await removeImage(LOCAL);
  await airfield[Symbol.asyncDispose]();
});

type Definition = Partial<RegisterTaskDefinitionCommandInput>;
const FARGATE: Definition = { networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512" };
const BRIDGE: Definition = { networkMode: "bridge", requiresCompatibilities: ["EC2"] };
const HOST: Definition = { networkMode: "host", requiresCompatibilities: ["EC2"] };

async function run(task: Definition, container: object = {}): Promise<string> {
  const ecs = airfield.client(ECSClient);
  const containerDefinitions = [{ name: "app", image, essential: true, memory: 64, stopTimeout: 2, ...container }];
  const definition = { family: "roles", containerDefinitions, ...task } as RegisterTaskDefinitionCommandInput;
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(definition));
  const network = task.networkMode === "awsvpc" ? { networkConfiguration: { awsvpcConfiguration: { subnets } } } : {};
  const launchType = task.requiresCompatibilities?.includes("FARGATE") ? "FARGATE" : "EC2";
  const { tasks = [] } = await ecs.send(
    new RunTaskCommand({ cluster: CLUSTER, taskDefinition: taskDefinition?.taskDefinitionArn, launchType, ...network }),
  );
  return tasks[0]?.taskArn ?? "";
}

async function describeTask(arn: string): Promise<Task> {
  const { tasks: [task] = [] } = await airfield.client(ECSClient).send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [arn] }));
  if (!task) throw new Error(`${arn} is not there`);
  return task;
}

const waiting = () => ({ client: airfield.client(ECSClient), maxWaitTime: 60, minDelay: 1, maxDelay: 1 });

/** A running task, and a way to run shell lines in its container. */
interface Running {
  readonly arn: string;
  readonly id: string;
  sh(line: string): Promise<string>;
  stop(): Promise<void>;
}

async function running(task: Definition, container: object = {}): Promise<Running> {
  const arn = await run({ executionRoleArn, ...task }, container);
  await waitUntilTasksRunning(waiting(), { cluster: CLUSTER, tasks: [arn] });
  const { containers: [first] = [] } = await describeTask(arn);
  return {
    arn,
    id: arn.slice(arn.lastIndexOf("/") + 1),
    async sh(line) {
      const { stdout, stderr } = await runCommand("docker", ["exec", first?.runtimeId ?? "", "sh", "-c", line], process.env);
      return stdout + stderr;
    },
    async stop() {
      await airfield.client(ECSClient).send(new StopTaskCommand({ cluster: CLUSTER, task: arn }));
      await waitUntilTasksStopped(waiting(), { cluster: CLUSTER, tasks: [arn] });
    },
  };
}

/** As SDKs put it together: another Airfield on this machine may have port 80. */
const CREDENTIALS = "${AWS_CONTAINER_CREDENTIALS_FULL_URI:-http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}";

interface Credentials {
  readonly RoleArn: string;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
}

async function credentialsIn(task: Running): Promise<Credentials> {
  return JSON.parse(await task.sh(`wget -qO- "${CREDENTIALS}"`)) as Credentials;
}

async function callerOf({ AccessKeyId, SecretAccessKey, Token }: Credentials): Promise<string | undefined> {
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  const sts = new STSClient({ endpoint: airfield.url, region: "us-east-1", credentials, maxAttempts: 1 });
  return (await sts.send(new GetCallerIdentityCommand({}))).Arn;
}

describe("a task finds the credentials of its role", () => {
  test.each([
    ["awsvpc", FARGATE],
    ["bridge", BRIDGE],
    ["host", HOST],
  ])("in network mode %s, and only that task", async (_mode, definition) => {
    const mine = await running({ ...definition, taskRoleArn });
    const stranger = await running(FARGATE);
    const neighbour = await running(BRIDGE);
    const found = await credentialsIn(mine);
    expect(found.RoleArn).toBe(taskRoleArn);
    expect(await callerOf(found)).toBe(`arn:aws:sts::123456789012:assumed-role/app/${mine.id}`);

    const url = (await mine.sh(`echo "${CREDENTIALS}"`)).trim();
    for (const other of [stranger, neighbour]) {
      expect(await other.sh("env")).not.toContain("AWS_CONTAINER_CREDENTIALS");
      expect(await other.sh(`wget -qO- "${url}"`)).toContain("403 Forbidden");
    }
    expect(JSON.stringify(await describeTask(mine.arn))).not.toContain("169.254.170.2");
    await mine.stop();
    expect(await stranger.sh(`wget -qO- "${url}"`)).toContain("404 Not Found");
    await Promise.all([stranger.stop(), neighbour.stop()]);
  });

  test("also after the control plane was killed and came back", async () => {
    const task = await running({ ...FARGATE, taskRoleArn });
    await airfield.kill();
    airfield = await airfield.restart();
    expect(await callerOf(await credentialsIn(task))).toBe(`arn:aws:sts::123456789012:assumed-role/app/${task.id}`);
    await task.stop();
  });

  test("and its metadata", async () => {
    const task = await running(FARGATE);
    const metadata = async (part: string): Promise<unknown> =>
      JSON.parse(await task.sh(`wget -qO- "$ECS_CONTAINER_METADATA_URI_V4${part}"`));
    expect(await metadata("")).toMatchObject({ Name: "app", KnownStatus: "RUNNING", Image: image });
    expect(await metadata("/task")).toMatchObject({
      TaskARN: task.arn,
      Family: "roles",
      LaunchType: "FARGATE",
      Containers: [{ Name: "app" }],
    });
    await task.stop();
  });

  test("and an SDK in the container uses them, and reaches Airfield, without being told anything", async () => {
    // The SDK of this project, with the programs of this host: an image with Node in it would have to come from elsewhere.
    const script = [
      'import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";',
      'import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";',
      "const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));",
      // As on AWS, without a public address it reaches what its VPC has an endpoint for.
      "const denied = await new ECSClient({}).send(new ListClustersCommand({})).catch((error) => error.message);",
      "console.log(JSON.stringify({ Arn, denied }));",
    ].join("\n");
    const arn = await run(
      {
        networkMode: "awsvpc",
        requiresCompatibilities: ["EC2"],
        executionRoleArn,
        taskRoleArn,
        volumes: PROGRAM_FOLDERS.map((sourcePath, at) => ({ name: `folder${at}`, host: { sourcePath } })),
      },
      {
        memory: 256,
        command: ["sh", "-c", `cd '${PROJECT}' && exec '${process.execPath}' --input-type=module -e '${script}'`],
        environment: [{ name: "AWS_REGION", value: "us-east-1" }],
        mountPoints: PROGRAM_FOLDERS.map((containerPath, at) => ({ sourceVolume: `folder${at}`, containerPath, readOnly: true })),
        logConfiguration: {
          logDriver: "awslogs",
          options: { "awslogs-group": "/ecs/roles", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "sdk" },
        },
      },
    );
    await waitUntilTasksStopped(waiting(), { cluster: CLUSTER, tasks: [arn] });
    const id = arn.slice(arn.lastIndexOf("/") + 1);
    const { events = [] } = await airfield
      .client(CloudWatchLogsClient)
      .send(new GetLogEventsCommand({ logGroupName: "/ecs/roles", logStreamName: `sdk/app/${id}` }));
    const said = events.map(({ message = "" }) => message).find((line) => line.startsWith("{"));
    const session = `arn:aws:sts::123456789012:assumed-role/app/${id}`;
    const denied = `User: ${session} is not authorized to perform: ecs:ListClusters on resource: * because no identity-based policy allows the ecs:ListClusters action`;
    expect(JSON.parse(said ?? JSON.stringify(events))).toEqual({ Arn: session, denied });
  });
});

describe("what the execution role may not stops the task, and says so", () => {
  const log = {
    logDriver: "awslogs",
    options: { "awslogs-group": "/ecs/roles", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "x" },
  };
  const PULL = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
  const cases: readonly (readonly [string, readonly string[], object, string])[] = [
    ["a token of the registry", [], {}, "unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: User: {user} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action"],
    ["the image", ["ecr:GetAuthorizationToken"], {}, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: pulling from host"],
    ["the secret", PULL, { secrets: [{ name: "S", valueFrom: "{secret}" }] }, "failed to fetch secret {secret} from secrets manager: AccessDeniedException: User: {user} is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret} because no identity-based policy allows the secretsmanager:GetSecretValue action"],
    ["the log stream", PULL, { logConfiguration: log }, "failed to create Cloudwatch log stream: AccessDeniedException: User: {user} is not authorized to perform: logs:CreateLogStream on resource: "],
  ]; // prettier-ignore

  let secret: string;
  beforeAll(async () => {
    secret = (await airfield.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "roles", SecretString: "x" }))).ARN ?? "";
  });

  test.each(cases)("%s", async (what, actions, container, reason) => {
    const RoleName = `poor-${what.replaceAll(" ", "-")}`;
    const poor = await ensureTaskRole(airfield, RoleName);
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] });
    if (actions.length > 0)
      await airfield.client(IAMClient).send(new PutRolePolicyCommand({ RoleName, PolicyName: "some", PolicyDocument }));
    const filled = JSON.parse(JSON.stringify(container).replaceAll("{secret}", secret)) as object;
    const arn = await run({ ...FARGATE, executionRoleArn: poor }, filled);
    await waitUntilTasksStopped(waiting(), { cluster: CLUSTER, tasks: [arn] });
    const task = await describeTask(arn);
    const user = `arn:aws:sts::123456789012:assumed-role/${RoleName}/${arn.slice(arn.lastIndexOf("/") + 1)}`;
    const expected = reason.replaceAll("{user}", user).replaceAll("{secret}", secret).replaceAll("{image}", image);
    expect(task).toMatchObject({ stopCode: "TaskFailedToStart", stoppedReason: expect.stringContaining(expected) });
  });

  test("a role that is not there: the run is refused", async () => {
    await expect(run({ ...FARGATE, executionRoleArn: "arn:aws:iam::123456789012:role/nobody" })).rejects.toMatchObject({
      name: "ClientException",
      message: expect.stringMatching(
        /^ECS was unable to assume the role 'arn:aws:iam::123456789012:role\/nobody' that was provided for this task\./,
      ),
    });
  });
});
