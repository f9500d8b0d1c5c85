import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type ListTaskDefinitionsCommandInput,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

const ARN = "arn:aws:ecs:us-east-1:123456789012:task-definition";
const ROLE = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole";
const WEB: ContainerDefinition = { name: "web", image: "nginx", memory: 128 };

function register(changes: Partial<RegisterTaskDefinitionCommandInput> = {}): RegisterTaskDefinitionCommand {
  return new RegisterTaskDefinitionCommand({ family: "web", containerDefinitions: [WEB], ...changes });
}

function container(changes: Partial<ContainerDefinition>): RegisterTaskDefinitionCommand {
  return register({ containerDefinitions: [{ ...WEB, ...changes }] });
}

const FARGATE = { requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512" } as const;
function fargate(changes: Partial<RegisterTaskDefinitionCommandInput> = {}): RegisterTaskDefinitionCommand {
  return register({ ...FARGATE, requiresCompatibilities: ["FARGATE"], ...changes });
}

/** What is not valid on Fargate. Source: Amazon ECS Developer Guide, "Task definition differences for Fargate". */
const NOT_ON_FARGATE: Readonly<Record<string, Partial<ContainerDefinition>>> = {
  disableNetworking: { disableNetworking: true },
  dnsServers: { dnsServers: ["1.2.3.4"] },
  dnsSearchDomains: { dnsSearchDomains: ["corp"] },
  dockerSecurityOptions: { dockerSecurityOptions: ["no-new-privileges"] },
  devices: { linuxParameters: { devices: [{ hostPath: "/dev/null" }] } },
  tmpfs: { linuxParameters: { tmpfs: [{ containerPath: "/t", size: 1 }] } },
  sharedMemorySize: { linuxParameters: { sharedMemorySize: 64 } },
  maxSwap: { linuxParameters: { maxSwap: 0 } },
  swappiness: { linuxParameters: { swappiness: 0 } },
  "privileged containers": { privileged: true },
};

function fargateRefusals(): (readonly [string, RegisterTaskDefinitionCommand])[] {
  return Object.entries(NOT_ON_FARGATE).map(([member, changes]) => [
    `Fargate compatible task definitions do not support ${member}`,
    fargate({ containerDefinitions: [{ ...WEB, ...changes }] }),
  ]);
}

test("a definition is registered with AWS's defaults", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  const healthCheck = { command: ["CMD-SHELL", "true"] };
  const web = { name: "web", image: "nginx", portMappings: [{ containerPort: 80 }], healthCheck };
  const { taskDefinition } = await ecs.send(fargate({ cpu: ".25 vCPU", memory: "0.5GB", containerDefinitions: [web] }));
  expect(taskDefinition).toMatchObject({
    taskDefinitionArn: `${ARN}/web:1`,
    family: "web",
    revision: 1,
    status: "ACTIVE",
    cpu: "256",
    memory: "512",
    networkMode: "awsvpc",
    volumes: [],
    placementConstraints: [],
    requiresCompatibilities: ["FARGATE"],
    compatibilities: ["EC2", "FARGATE"],
    registeredBy: "arn:aws:iam::123456789012:root",
    registeredAt: expect.any(Date),
    containerDefinitions: [
      {
        ...web,
        cpu: 0,
        essential: true,
        environment: [],
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
        portMappings: [{ containerPort: 80, hostPort: 80, protocol: "tcp" }],
        healthCheck: { ...healthCheck, interval: 30, timeout: 5, retries: 3 },
      },
    ],
  });
  expect(taskDefinition?.requiresAttributes).toContainEqual({ name: "ecs.capability.task-eni" });
});

test("on EC2 the network mode stays unsaid, and a dynamic host port is 0", async () => {
  await using api = await apiWorld();
  const { taskDefinition } = await api.client(ECSClient).send(container({ portMappings: [{ containerPort: 80 }] }));
  expect(taskDefinition?.networkMode).toBeUndefined();
  expect(taskDefinition?.compatibilities).toEqual(["EXTERNAL", "EC2"]);
  expect(taskDefinition?.containerDefinitions?.[0]?.portMappings).toEqual([{ containerPort: 80, hostPort: 0, protocol: "tcp" }]);
});

/** Source: reports of users. */
const PARAMETER_NAME =
  "The Systems Manager parameter name specified for secret X is invalid. The parameter name can be up to 2048 characters and include the following letters and symbols: a-zA-Z0-9_.-, and /";
const CREDENTIALS =
  "The repository credentials parameter specified for container 'web' is invalid. Parameter names can include up to 255 (uppercase and lowercase), numbers, hyphens, and underscores are allowed. Spaces are not allowed.";

test("a definition of more than 64 KiB is refused", async () => {
  await using api = await apiWorld();
  const environment = [{ name: "A", value: "x".repeat(65_536) }];
  await expect(api.client(ECSClient).send(container({ environment }))).rejects.toMatchObject({
    name: "ClientException",
    message: expect.stringMatching(/^Actual length: '65\d{3}'\. Max allowed length is '65536' bytes\.$/),
  });
});

describe("a definition is refused", () => {
  const sidecar: ContainerDefinition = { name: "sidecar", image: "busybox", memory: 32, essential: false };
  const log = { logDriver: "awslogs", options: { "awslogs-group": "g", "awslogs-region": "r" } } as const;
  const logging = (more: Record<string, string> = {}) => ({ logConfiguration: { ...log, options: { ...log.options, ...more } } });
  test.each<readonly [string, RegisterTaskDefinitionCommand]>([
    ["Family contains invalid characters.", register({ family: "a b" })],
    ["Container list cannot be empty.", register({ containerDefinitions: [] })],
    ["Container.name should not be null or empty.", container({ name: "" })],
    ["Container.name contains invalid characters.", container({ name: "a.b" })],
    ["Container.image should not be null or empty.", container({ image: undefined })],
    ["Container names must be unique within a Task Definition.", register({ containerDefinitions: [WEB, WEB] })],
    ["Task definition doesn't have any essential container.", container({ essential: false })],
    [
      "Invalid setting for container 'web'. At least one of 'memory' or 'memoryReservation' must be specified.",
      container({ memory: undefined }),
    ],
    ["The 'memory' setting for container 'web' is greater than for the task.", register({ memory: "64" })],
    ["Fargate only supports network mode ‘awsvpc’.", fargate({ networkMode: "bridge" })],
    ["Fargate requires that 'cpu' be defined at the task level.", fargate({ cpu: undefined })],
    ["Fargate requires that 'memory' be defined at the task level.", fargate({ memory: undefined })],
    [
      "No Fargate configuration exists for given values: 512 CPU, 512 memory. See the Amazon ECS documentation for the valid values.",
      fargate({ cpu: "512" }),
    ],
    [
      "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
      fargate({ containerDefinitions: [{ ...WEB, logConfiguration: log }] }),
    ],
    ["Fargate compatible task definitions do not support sourcePath", fargate({ volumes: [{ name: "v", host: { sourcePath: "/x" } }] })],
    ...fargateRefusals(),
    [
      "Fargate compatible task definitions do not support constraints",
      fargate({ placementConstraints: [{ type: "memberOf", expression: "a" }] }),
    ],
    [
      "Fargate compatible task definitions do not support dockerVolumeConfiguration",
      fargate({ volumes: [{ name: "v", dockerVolumeConfiguration: { scope: "task" } }] }),
    ],
    [
      "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.",
      fargate({ pidMode: "host" }),
    ],
    [
      "Airfield does not support the dockerSecurityOptions value 'credentialspec:x' of container 'web'.",
      container({ dockerSecurityOptions: ["credentialspec:x"] }),
    ],
    [
      "The systemControls namespace 'kernel.core_pattern' of container 'web' is not supported: it is no parameter of a namespace.",
      container({ systemControls: [{ namespace: "kernel.core_pattern", value: "|/x" }] }),
    ],
    [
      "The systemControls namespace 'net.core.somaxconn' of container 'web' is not supported when networkMode=host.",
      register({
        networkMode: "host",
        containerDefinitions: [{ ...WEB, systemControls: [{ namespace: "net.core.somaxconn", value: "1" }] }],
      }),
    ],
    [
      "The systemControls namespace 'kernel.sem' of container 'web' is not supported when ipcMode=host.",
      register({ ipcMode: "host", containerDefinitions: [{ ...WEB, systemControls: [{ namespace: "kernel.sem", value: "1" }] }] }),
    ],
    [
      "The maxSwap of container 'web' needs a value for 'memory', of the container or of the task.",
      container({ memory: undefined, memoryReservation: 8, linuxParameters: { maxSwap: 1 } }),
    ],
    [
      "Private repository authentication requires that the task definition specify a value for executionRoleArn.",
      container({ repositoryCredentials: { credentialsParameter: "a" } }),
    ],
    [
      "Container dependencies and links together should not have a cycle",
      register({
        containerDefinitions: [
          { ...WEB, links: ["sidecar"] },
          { ...sidecar, dependsOn: [{ containerName: "web", condition: "START" }] },
        ],
      }),
    ],
    ["Tasks using the Fargate launch type do not support ipcMode.", fargate({ ipcMode: "task" })],
    ["Too many containers.", register({ containerDefinitions: Array.from({ length: 11 }, (_, at) => ({ ...WEB, name: `c${at}` })) })],
    ["Tags can not be empty.", register({ tags: [] })],
    ["Role is not valid", register({ executionRoleArn: "arn:aws:ecs:us-east-1:123456789012:cluster/c" })],
    ...["arn:aws:ssm:us-east-1::parameter/x", "arn:aws:ssm:us-east-1:123456789012:x", "a b", "arn:aws:s3:::x"].map(
      (valueFrom) => [PARAMETER_NAME, container({ secrets: [{ name: "X", valueFrom }] })] as const,
    ),
    ...["", "a b", "arn:aws:secretsmanager:us-east-1:123456789012:secret:a:b"].map(
      (credentialsParameter) => [CREDENTIALS, container({ repositoryCredentials: { credentialsParameter } })] as const,
    ),
    ["Container.image contains invalid characters.", container({ image: "$REGISTRY/app:1" })],
    ["Container.image contains invalid characters.", container({ image: "<IMAGE>" })],
    ["Container.image contains invalid characters.", container({ image: "https://registry.example/app" })],
    ["Container.image contains invalid characters.", container({ image: "a".repeat(64) })],
    ["Container.image contains invalid characters.", container({ image: `sha256:${"a".repeat(64)}` })],
    ["Container.image contains invalid characters.", container({ image: "../../containers/json?x=" })],
    ["Container.image should be 255 characters or less.", container({ image: "a".repeat(256) })],
    ["Log driver awslogs requires options: awslogs-region, awslogs-group", container({ logConfiguration: { logDriver: "awslogs" } })],
    ["Log driver awslogs option 'awslogs-group' should not be null or empty.", container(logging({ "awslogs-group": "" }))],
    ["Log driver awslogs disallows options: log_key", container(logging({ log_key: "log" }))],
    ["Log driver awslogs disallows options: awslogs-stream, tag", container(logging({ "awslogs-stream": "s", tag: "t" }))],
    [
      "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
      container(logging({ "awslogs-create-group": "false" })),
    ],
    [
      "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
      fargate({ executionRoleArn: "arn:aws:iam::123456789012:role/exec", containerDefinitions: [{ ...WEB, ...logging() }] }),
    ],
    [
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
      container({ secrets: [{ name: "A", valueFrom: "b" }] }),
    ],
    [
      "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
      register({ networkMode: "awsvpc", containerDefinitions: [{ ...WEB, portMappings: [{ containerPort: 80, hostPort: 8080 }] }] }),
    ],
    ["Invalid 'containerPort' setting for container 'web'.", container({ portMappings: [{ containerPort: 70_000 }] })],
    [
      "TCP host port '80' is mapped multiple times in task.",
      container({
        portMappings: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 80 },
        ],
      }),
    ],
    ["Unknown volume 'data'.", container({ mountPoints: [{ sourceVolume: "data", containerPath: "/data" }] })],
    [
      "Cannot depend on container + 'db' because it does not exist",
      container({ dependsOn: [{ containerName: "db", condition: "START" }] }),
    ],
    [
      "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
      register({
        containerDefinitions: [
          { ...WEB, dependsOn: [{ containerName: "db", condition: "SUCCESS" }] },
          { ...sidecar, name: "db", essential: true },
        ],
      }),
    ],
    [
      "Container dependencies should not have a cycle",
      register({
        containerDefinitions: [
          { ...WEB, dependsOn: [{ containerName: "sidecar", condition: "START" }] },
          { ...sidecar, dependsOn: [{ containerName: "web", condition: "START" }] },
        ],
      }),
    ],
    [
      "Health check interval of container 'web' must be between 5 and 300.",
      container({ healthCheck: { command: ["CMD", "x"], interval: 1 } }),
    ],
  ])("%s", async (message, command) => {
    await using api = await apiWorld();
    await expect(api.client(ECSClient).send(command)).rejects.toMatchObject({ name: "ClientException", message });
    expect(api.defects).toEqual([]);
  });
});

test("what is described registers again, as deploy actions do", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  const containerDefinitions: ContainerDefinition[] = [
    {
      ...WEB,
      portMappings: [{ containerPort: 80, name: "http", appProtocol: "http" }],
      logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p" } },
      secrets: [{ name: "TOKEN", valueFrom: "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" }],
      healthCheck: { command: ["CMD-SHELL", "true"] },
      ulimits: [{ name: "nofile", softLimit: 1024, hardLimit: 4096 }],
    },
  ];
  await ecs.send(fargate({ executionRoleArn: ROLE, containerDefinitions, volumes: [{ name: "scratch" }] }));
  const described = await api.aws("ecs", "describe-task-definition", "--task-definition", "web", "--query", "taskDefinition");
  const first = JSON.parse(described.stdout);
  const { taskDefinition: second } = await ecs.send(new RegisterTaskDefinitionCommand(first));
  expect(second?.revision).toBe(2);
  expect(second?.containerDefinitions).toEqual(first.containerDefinitions);
  expect(second).toMatchObject({ cpu: "256", executionRoleArn: ROLE, volumes: [{ name: "scratch" }] });
});

test("a family, a revision and an ARN each name a definition", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  for (let revision = 1; revision <= 3; revision++) await ecs.send(register({ tags: [{ key: "n", value: `${revision}` }] }));
  await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "web:3" }));
  const revisionOf = async (taskDefinition: string) =>
    (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition?.revision;
  expect(await revisionOf("web")).toBe(2);
  expect(await revisionOf("web:3")).toBe(3);
  expect(await revisionOf(`${ARN}/web:1`)).toBe(1);
  expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: "web:1", include: ["TAGS"] }))).tags).toEqual([
    { key: "n", value: "1" },
  ]);
  for (const missing of ["gone", "web:9", `${ARN.replace("123456789012", "210987654321")}/web:1`, "a b"])
    await expect(revisionOf(missing)).rejects.toMatchObject({ name: "ClientException", message: "Unable to describe task definition." });
});

test("definitions and families are listed by status, either way round, in pages", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  for (const family of ["web", "api", "web", "web2"]) await ecs.send(register({ family }));
  const list = async (input: ListTaskDefinitionsCommandInput) => await ecs.send(new ListTaskDefinitionsCommand(input));
  expect((await list({})).taskDefinitionArns).toEqual([`${ARN}/api:1`, `${ARN}/web:1`, `${ARN}/web:2`, `${ARN}/web2:1`]);
  expect((await list({ familyPrefix: "web" })).taskDefinitionArns).toEqual([`${ARN}/web:1`, `${ARN}/web:2`]);
  const page = await list({ familyPrefix: "web", sort: "DESC", maxResults: 1 });
  expect(page.taskDefinitionArns).toEqual([`${ARN}/web:2`]);
  const next = await list({ familyPrefix: "web", sort: "DESC", maxResults: 1, nextToken: page.nextToken });
  expect(next).toMatchObject({ taskDefinitionArns: [`${ARN}/web:1`] });
  await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "api:1" }));
  expect((await list({ status: "INACTIVE" })).taskDefinitionArns).toEqual([`${ARN}/api:1`]);
  const families = async (status: "ACTIVE" | "INACTIVE" | "ALL") =>
    (await ecs.send(new ListTaskDefinitionFamiliesCommand({ status }))).families;
  expect(await families("ACTIVE")).toEqual(["web", "web2"]);
  expect(await families("INACTIVE")).toEqual(["api"]);
  expect(await families("ALL")).toEqual(["api", "web", "web2"]);
});

test("only an inactive definition can be deleted", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  await ecs.send(register());
  const deletion = new DeleteTaskDefinitionsCommand({ taskDefinitions: ["web:1", "web:2"] });
  expect((await ecs.send(deletion)).failures).toMatchObject([
    { arn: `${ARN}/web:1`, reason: "TASK_DEFINITION_ACTIVE" },
    { arn: `${ARN}/web:2` },
  ]);
  await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "web:1" }));
  expect((await ecs.send(deletion)).taskDefinitions).toMatchObject([{ status: "DELETE_IN_PROGRESS", deleteRequestedAt: expect.any(Date) }]);
  // The number of a revision is never given again.
  expect((await ecs.send(register())).taskDefinition?.revision).toBe(2);
  await expect(ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "web" }))).rejects.toMatchObject({ name: "ClientException" });
});
