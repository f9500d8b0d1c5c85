import {
  CreateClusterCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type ListTasksCommandInput,
  type RunTaskCommandInput,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { localContainerInstanceArn } from "../../state/local-host.ts";
import { compareKeys } from "../pagination.ts";
import { ecsWorld, SCOPE, type EcsWorld } from "../../testing/ecs-world.ts";

const HOUR = 60 * 60 * 1000;

function run(world: EcsWorld, changes: Partial<RunTaskCommandInput> = {}) {
  const onFargate = { taskDefinition: "web", launchType: "FARGATE", networkConfiguration: world.awsvpc } as const;
  return world.ecs.send(new RunTaskCommand({ ...onFargate, ...changes }));
}

test("tasks are run, described and stopped with the command line", async () => {
  await using world = await ecsWorld();
  const network = `awsvpcConfiguration={subnets=[${world.network.subnets[0]?.id}],securityGroups=[${world.network.securityGroup.id}],assignPublicIp=ENABLED}`;
  const ran = await world.aws(
    "ecs",
    "run-task",
    "--task-definition",
    "web:1",
    "--launch-type",
    "FARGATE",
    "--network-configuration",
    network,
    "--query",
    "tasks[0].taskArn",
    "--output",
    "text",
  );
  const arn = ran.stdout.trim();
  expect(arn).toMatch(/^arn:aws:ecs:us-east-1:123456789012:task\/default\/[0-9a-f]{32}$/);
  const stopped = await world.aws("ecs", "stop-task", "--task", arn, "--reason", "enough");
  expect(JSON.parse(stopped.stdout).task).toMatchObject({ desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "enough" });
  world.move(arn, { lastStatus: "STOPPED", stoppedAt: Date.now() });
  const waited = await world.aws("ecs", "wait", "tasks-stopped", "--tasks", arn);
  expect(waited).toMatchObject({ code: 0, stderr: "" });
  expect(world.defects).toEqual([]);
});

test("all containers of a task are named among its overrides, in the order of the definition", async () => {
  await using world = await ecsWorld();
  const containerDefinitions = ["web", "side"].map((name) => ({ name, image: "nginx" }));
  await world.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "two",
      containerDefinitions,
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      requiresCompatibilities: ["FARGATE"],
    }),
  );
  const side = { name: "side", command: ["sh"] };
  const { tasks: [plain] = [] } = await run(world, { taskDefinition: "two" });
  expect(plain?.overrides?.containerOverrides).toEqual([{ name: "web" }, { name: "side" }]);
  const { tasks: [changed] = [] } = await run(world, { taskDefinition: "two", overrides: { containerOverrides: [side] } });
  expect(changed?.overrides?.containerOverrides).toEqual([{ name: "web" }, side]);
});

test("a task begins in PROVISIONING with all that was asked for", async () => {
  await using world = await ecsWorld();
  const overrides = { containerOverrides: [{ name: "web", command: ["sh"], environment: [{ name: "A", value: "1" }] }] };
  const { tasks = [], failures } = await run(world, {
    count: 2,
    overrides,
    startedBy: "me",
    tags: [{ key: "own", value: "1" }],
    propagateTags: "TASK_DEFINITION",
    enableECSManagedTags: true,
  });
  expect(failures).toEqual([]);
  expect(tasks).toHaveLength(2);
  expect(tasks[0]).toMatchObject({
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    launchType: "FARGATE",
    platformVersion: "1.4.0",
    platformFamily: "Linux",
    group: "family:web",
    startedBy: "me",
    cpu: "256",
    memory: "512",
    healthStatus: "UNKNOWN",
    attachments: [],
    attributes: [{ name: "ecs.cpu-architecture", value: "x86_64" }],
    ephemeralStorage: { sizeInGiB: 20 },
    overrides: { ...overrides, inferenceAcceleratorOverrides: [] },
    containers: [{ name: "web", image: "nginx", lastStatus: "PENDING", networkBindings: [], networkInterfaces: [] }],
  });
  expect(tasks[0]?.tags).toEqual([
    { key: "aws:ecs:clusterName", value: "default" },
    { key: "from", value: "definition" },
    { key: "own", value: "1" },
  ]);
  expect(tasks[0]?.taskArn).not.toBe(tasks[1]?.taskArn);
});

test("what runs is shown with its interface, and with tags where asked for", async () => {
  await using world = await ecsWorld();
  const { tasks: [task] = [] } = await run(world, { tags: [{ key: "a", value: "b" }] });
  const subnet = world.network.subnets[0];
  const networkInterface = {
    attachmentId: "0c6c",
    networkInterfaceId: "eni-1",
    subnetId: subnet?.id ?? "",
    vpcId: world.network.vpc.id,
    vpcCidr: world.network.vpc.cidrBlock,
    availabilityZone: "us-east-1a",
    privateIpv4Address: "172.31.0.9",
    macAddress: "02:00:00:00:00:01",
    privateDnsName: "ip-172-31-0-9.ec2.internal",
    securityGroups: [],
  };
  world.move(task?.taskArn, { lastStatus: "RUNNING", networkInterface });
  const { tasks: [plain] = [] } = await world.ecs.send(new DescribeTasksCommand({ tasks: [task?.taskArn ?? ""] }));
  expect(plain).toMatchObject({
    lastStatus: "RUNNING",
    tags: [],
    containers: [{ networkInterfaces: [{ attachmentId: "0c6c", privateIpv4Address: "172.31.0.9" }] }],
  });
  expect(plain?.attachments).toEqual([
    {
      id: "0c6c",
      type: "ElasticNetworkInterface",
      status: "ATTACHED",
      details: [
        { name: "subnetId", value: subnet?.id },
        { name: "networkInterfaceId", value: "eni-1" },
        { name: "macAddress", value: "02:00:00:00:00:01" },
        { name: "privateDnsName", value: "ip-172-31-0-9.ec2.internal" },
        { name: "privateIPv4Address", value: "172.31.0.9" },
      ],
    },
  ]);
  const id = task?.taskArn?.split("/").at(-1) ?? "";
  const described = await world.ecs.send(new DescribeTasksCommand({ cluster: "default", tasks: [id, "gone"], include: ["TAGS"] }));
  expect(described.tasks).toMatchObject([{ tags: [{ key: "a", value: "b" }] }]);
  expect(described.failures).toEqual([{ arn: "arn:aws:ecs:us-east-1:123456789012:task/default/gone", reason: "MISSING" }]);
});

describe("a run is refused", () => {
  const NETWORK_MISSING = "Network Configuration must be provided when networkMode 'awsvpc' is specified.";
  test.each<[string, Partial<RunTaskCommandInput>, string?]>([
    [NETWORK_MISSING, { networkConfiguration: undefined }],
    [
      "Network Configuration is not valid for the given networkMode of this task definition.",
      { taskDefinition: "host", launchType: "EC2" },
    ],
    ["Task definition does not support launch_type FARGATE.", { taskDefinition: "host" }],
    ["TaskDefinition not found.", { taskDefinition: "gone" }, "ClientException"],
    ["TaskDefinition is inactive", { taskDefinition: "host:1", launchType: "EC2", networkConfiguration: undefined }],
    ["Placement strategies are not supported with FARGATE launch type.", { placementStrategy: [{ type: "random" }] }],
    ["Placement constraints are not supported with FARGATE launch type.", { placementConstraints: [{ type: "distinctInstance" }] }],
    ["Cluster not found.", { cluster: "gone" }, "ClusterNotFoundException"],
    ["count must be between 1 and 10.", { count: 11 }],
    ["Override for container named db is not a container in the TaskDefinition.", { overrides: { containerOverrides: [{ name: "db" }] } }],
    ["The specified platform does not exist.", { platformVersion: "9.9.9" }, "PlatformUnknownException"],
    ["The platform version must be null when specifying an EC2 launch type.", { launchType: "EC2", platformVersion: "LATEST" }],
    [
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
      { capacityProviderStrategy: [{ capacityProvider: "FARGATE" }] },
    ],
    ["subnets can not be empty.", { networkConfiguration: { awsvpcConfiguration: { subnets: [] } } }],
    [
      "Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
      { networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } },
    ],
  ])("%s", async (message, changes, name = "InvalidParameterException") => {
    await using world = await ecsWorld();
    if (message.includes("inactive")) await world.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: "host:1" }));
    await expect(run(world, changes)).rejects.toMatchObject({ name, message });
    expect((await world.ecs.send(new ListTasksCommand({}))).taskArns).toEqual([]);
  });
});

test("a security group that does not exist, and one of another VPC, are refused", async () => {
  await using world = await ecsWorld();
  const { subnets } = world.awsvpc.awsvpcConfiguration;
  const withGroup = (group: string) => run(world, { networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups: [group] } } });
  await expect(withGroup("sg-1")).rejects.toThrow("The security group 'sg-1' does not exist (ErrorCode: InvalidGroup.NotFound)");
});

test("the same client token gives the same tasks, for another request a conflict", async () => {
  await using world = await ecsWorld();
  const first = await run(world, { clientToken: "t", count: 2 });
  const again = await run(world, { clientToken: "t", count: 2 });
  const arns = first.tasks?.map((task) => task.taskArn);
  expect(again.tasks?.map((task) => task.taskArn)).toEqual(arns);
  await expect(run(world, { clientToken: "t", count: 1 })).rejects.toMatchObject({ name: "ConflictException", resourceIds: arns });
  expect((await world.ecs.send(new ListTasksCommand({}))).taskArns).toHaveLength(2);
});

test("a host port has room for one task", async () => {
  await using world = await ecsWorld();
  const onEc2 = { taskDefinition: "host", launchType: "EC2", networkConfiguration: undefined } as const;
  const failure = { arn: localContainerInstanceArn(SCOPE, "default"), reason: "RESOURCE:PORTS" };
  const first = await run(world, { ...onEc2, count: 2 });
  expect(first).toMatchObject({ tasks: [{ launchType: "EC2", containerInstanceArn: failure.arn }], failures: [failure] });
  expect(await run(world, onEc2)).toMatchObject({ tasks: [], failures: [failure] });
  world.move(first.tasks?.[0]?.taskArn, { lastStatus: "STOPPED", stoppedAt: Date.now() });
  expect((await run(world, onEc2)).tasks).toHaveLength(1);
});

test("without a launch type the cluster's default strategy decides, base before weight", async () => {
  await using world = await ecsWorld();
  await world.ecs.send(
    new CreateClusterCommand({
      clusterName: "spot",
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategy: [
        { capacityProvider: "FARGATE", base: 1, weight: 1 },
        { capacityProvider: "FARGATE_SPOT", weight: 3 },
      ],
    }),
  );
  const { tasks = [] } = await run(world, { cluster: "spot", launchType: undefined, count: 5 });
  const spot = tasks.filter((task) => task.capacityProviderName === "FARGATE_SPOT");
  expect(tasks.every((task) => task.launchType === "FARGATE")).toBe(true);
  expect(spot).toHaveLength(3);
  await expect(run(world, { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: "FARGATE" }] })).rejects.toThrow(
    "not associated with the cluster",
  );
});

test("a task is stopped once; one that does not exist cannot be", async () => {
  await using world = await ecsWorld();
  const { tasks: [task] = [] } = await run(world);
  const stop = (reason: string) => world.ecs.send(new StopTaskCommand({ task: task?.taskArn, reason }));
  const first = await stop("first");
  expect((await stop("second")).task).toEqual(first.task);
  await expect(world.ecs.send(new StopTaskCommand({ task: "gone" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: "The referenced task was not found.",
  });
});

test("tasks are listed by status, family, starter and launch type, in pages", async () => {
  await using world = await ecsWorld();
  const { tasks: [first, second, third] = [] } = await run(world, { count: 3, startedBy: "me" });
  world.move(third?.taskArn, { desiredStatus: "STOPPED", lastStatus: "STOPPED", stoppedAt: Date.now() - 1 });
  const list = async (input: ListTasksCommandInput) => (await world.ecs.send(new ListTasksCommand(input))).taskArns;
  const running = [first?.taskArn ?? "", second?.taskArn ?? ""].sort(compareKeys);
  expect(await list({})).toEqual(running);
  expect(await list({ family: "web", startedBy: "me", launchType: "FARGATE" })).toEqual(running);
  expect(await list({ family: "we" })).toEqual([]);
  expect(await list({ startedBy: "you" })).toEqual([]);
  expect(await list({ desiredStatus: "STOPPED" })).toEqual([third?.taskArn]);
  const page = await world.ecs.send(new ListTasksCommand({ maxResults: 1 }));
  expect(await list({ maxResults: 1, nextToken: page.nextToken })).toEqual([running[1]]);
  await expect(list({ serviceName: "gone" })).rejects.toMatchObject({ name: "ServiceNotFoundException" });
});

test("an hour after it stopped a task is gone", async () => {
  await using world = await ecsWorld();
  const { tasks: [task] = [] } = await run(world);
  world.move(task?.taskArn, { desiredStatus: "STOPPED", lastStatus: "STOPPED", stoppedAt: Date.now() - HOUR });
  const described = await world.ecs.send(new DescribeTasksCommand({ tasks: [task?.taskArn ?? ""] }));
  expect(described).toMatchObject({ tasks: [], failures: [{ reason: "MISSING" }] });
  expect((await world.ecs.send(new ListTasksCommand({ desiredStatus: "STOPPED" }))).taskArns).toEqual([]);
});
