import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  waitUntilTasksStopped,
  type ContainerDefinition,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureTaskRole, EXECUTION_POLICY } from "../../src/testing/roles.ts";

const LOCAL = "airfield-test/reasons:v1";
const EXECUTION_ROLE = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole";
let airfield: AirfieldProcess;
let image: string;

beforeAll(async () => {
  airfield = await airfieldProcess();
  // What the tests ask of the role; that it may not is tried in task-roles.test.ts.
  await ensureTaskRole(airfield, "ecsTaskExecutionRole", [EXECUTION_POLICY, "arn:aws:iam::aws:policy/SecretsManagerReadWrite"]);
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "reasons" }));
  await airfield.client(ECSClient).send(new CreateClusterCommand({ clusterName: "reasons" }));
  await buildImage({ name: LOCAL, instructions: ['CMD ["sleep", "600"]'] });
  image = await pushImage(airfield, LOCAL, "reasons", "v1");
});

afterAll(async () => {
  await removeImage(image);
  await removeImage(LOCAL);
  await airfield[Symbol.asyncDispose]();
});

const FARGATE: Partial<RegisterTaskDefinitionCommandInput> = {
  networkMode: "awsvpc",
  requiresCompatibilities: ["FARGATE"],
  cpu: "256",
  memory: "512",
  executionRoleArn: EXECUTION_ROLE,
};
const BRIDGE: Partial<RegisterTaskDefinitionCommandInput> = { networkMode: "bridge", requiresCompatibilities: ["EC2"] };

/** Runs a task of one container to its end; gives what `aws ecs describe-tasks` tells of it. */
async function ended(container: Partial<ContainerDefinition>, task: Partial<RegisterTaskDefinitionCommandInput> = FARGATE) {
  const ecs = airfield.client(ECSClient);
  const definition = { family: "reasons", ...task, containerDefinitions: [{ name: "app", image, essential: true, ...container }] };
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(definition as RegisterTaskDefinitionCommandInput));
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const subnets = Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  const network = task.networkMode === "awsvpc" ? { networkConfiguration: { awsvpcConfiguration: { subnets } } } : {};
  const launchType = task.networkMode === "awsvpc" ? "FARGATE" : "EC2";
  const { tasks: [started] = [] } = await ecs.send(
    new RunTaskCommand({ cluster: "reasons", taskDefinition: taskDefinition?.taskDefinitionArn, launchType, ...network }),
  );
  const arn = started?.taskArn ?? "";
  await waitUntilTasksStopped({ client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { cluster: "reasons", tasks: [arn] });
  const { stdout } = await airfield.aws("ecs", "describe-tasks", "--cluster", "reasons", "--tasks", arn, "--query", "tasks[0]");
  return JSON.parse(stdout) as {
    stopCode: string;
    stoppedReason: string;
    lastStatus: string;
    containers: { exitCode?: number; reason?: string; lastStatus: string }[];
  };
}

describe("describe-tasks tells why a task stopped, as AWS does", () => {
  test("its process ended", async () => {
    const task = await ended({ command: ["sh", "-c", "exit 3"] });
    expect(task).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: [{ exitCode: 3, lastStatus: "STOPPED" }],
    });
  });

  test.each([
    ["repository", "nowhere:v1"],
    ["tag", "reasons:v404"],
  ])("its image's %s does not exist", async (_, name) => {
    const task = await ended({ image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/${name}` });
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(task.stoppedReason).toContain("CannotPullContainerError");
    expect(task.stoppedReason).toContain(name);
  });

  test("its port is taken by another program", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port: hostPort } = server.address() as AddressInfo;
    const task = await ended({ memory: 64, portMappings: [{ containerPort: 80, hostPort }] }, BRIDGE);
    server.close();
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(task.containers[0]?.reason).toMatch(/^CannotStartContainerError: .*(address already in use|port is already allocated)/s);
  });

  test("its memory is exceeded", async () => {
    const fill = "x=a; while true; do x=$x$x; done";
    const task = await ended({ memory: 16, command: ["sh", "-c", fill] });
    expect(task).toMatchObject({
      stopCode: "EssentialContainerExited",
      containers: [{ exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" }],
    });
  });

  test("its secret does not exist", async () => {
    const missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing-AbCdEf";
    const task = await ended({ secrets: [{ name: "PASSWORD", valueFrom: missing }] });
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(task.stoppedReason).toContain("ResourceInitializationError: unable to pull secrets or registry auth");
    expect(task.stoppedReason).toContain(missing);
    expect(task.stoppedReason).toContain("ResourceNotFoundException: Secrets Manager can't find the specified secret.");
  });

  test("its log group does not exist", async () => {
    const options = { "awslogs-group": "/nowhere", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs" };
    const task = await ended({ logConfiguration: { logDriver: "awslogs", options } });
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(task.stoppedReason).toContain("ResourceInitializationError: failed to validate logger args");
    expect(task.stoppedReason).toContain("The specified log group does not exist.");
  });

  test("its executable does not exist", async () => {
    const task = await ended({ command: ["/bin/nothing"] });
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(task.containers[0]?.reason).toMatch(/^CannotStartContainerError: .*(executable file not found|no such file or directory)/s);
  });
});
