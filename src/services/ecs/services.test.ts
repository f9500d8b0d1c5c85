import {
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  ListServicesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  type CreateServiceCommandInput,
  type UpdateServiceCommandInput,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { clusters, services, taskDefinitions, tasks, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { listeners, targetGroups } from "../../state/elb.ts";
import { newTask } from "../../state/new-task.ts";
import { ecsWorld, SCOPE, type EcsWorld } from "../../testing/ecs-world.ts";

const ARN = "arn:aws:ecs:us-east-1:123456789012:service/default/web";

function create(world: EcsWorld, changes: Partial<CreateServiceCommandInput> = {}) {
  const usual = {
    serviceName: "web",
    taskDefinition: "web",
    desiredCount: 2,
    launchType: "FARGATE",
    networkConfiguration: world.awsvpc,
  } as const;
  return world.ecs.send(new CreateServiceCommand({ ...usual, ...changes }));
}

async function update(world: EcsWorld, changes: Partial<UpdateServiceCommandInput>) {
  return (await world.ecs.send(new UpdateServiceCommand({ service: "web", ...changes }))).service;
}

function change(world: EcsWorld, changes: Partial<ServiceRecord>): void {
  world.state.commit(() => world.state.table(services).update(ARN, (service) => ({ ...service, ...changes })));
}

/** Stands in for control: a task of the service's deployment, as it would be by now. */
function addTask(world: EcsWorld, deploymentId: string | undefined, changes: Partial<TaskRecord>): void {
  const { state, platform } = world;
  const cluster = state.table(clusters).get(ARN.replace("service/default/web", "cluster/default"));
  const definition = state.table(taskDefinitions).get(ARN.replace("service/default/web", "task-definition/web:1"));
  if (!cluster || !definition) throw new Error("the world has a cluster and a definition");
  const task = newTask(
    { cluster, definition, launchType: "FARGATE", serviceArn: ARN, deploymentId: deploymentId ?? "" },
    platform.ids,
    Date.now(),
  );
  state.commit(() => state.table(tasks).put({ ...task, ...changes }));
}

function addTargetGroup(world: EcsWorld, name: string, targetType: "ip" | "instance", listened: boolean): string {
  const arn = `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/1`;
  const healthCheck = {
    enabled: true,
    protocol: "HTTP",
    port: "traffic-port",
    interval: 30,
    timeout: 5,
    healthyThreshold: 5,
    unhealthyThreshold: 2,
  } as const;
  world.state.commit(() => {
    world.state
      .table(targetGroups)
      .put({ ...SCOPE, arn, name, targetType, ipAddressType: "ipv4", healthCheck, attributes: {}, tags: [], createdAt: 0 });
    const listener = { ...SCOPE, protocol: "HTTP", port: 80, certificates: [], attributes: {}, tags: [], createdAt: 0 } as const;
    if (listened)
      world.state
        .table(listeners)
        .put({ ...listener, arn: `${arn}/listener`, loadBalancerArn: "lb", defaultActions: [{ Type: "forward", TargetGroupArn: arn }] });
  });
  return arn;
}

test("a service is created and deleted with the command line, and its waiters return", async () => {
  await using world = await ecsWorld();
  const network = `awsvpcConfiguration={subnets=[${world.network.subnets.map((subnet) => subnet.id).join(",")}],securityGroups=[${world.network.securityGroup.id}],assignPublicIp=ENABLED}`;
  const configuration = "maximumPercent=200,minimumHealthyPercent=100,deploymentCircuitBreaker={enable=true,rollback=true}";
  const created = await world.aws(
    "ecs",
    "create-service",
    "--service-name",
    "web",
    "--task-definition",
    "web:1",
    "--desired-count",
    "1",
    "--launch-type",
    "FARGATE",
    "--network-configuration",
    network,
    "--deployment-configuration",
    configuration,
  );
  expect(JSON.parse(created.stdout).service).toMatchObject({
    serviceArn: ARN,
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
  const { services: [service] = [] } = await world.ecs.send(new DescribeServicesCommand({ services: ["web"] }));
  addTask(world, service?.deployments?.[0]?.id, { lastStatus: "RUNNING" });
  expect(await world.aws("ecs", "wait", "services-stable", "--services", "web")).toMatchObject({ code: 0, stderr: "" });
  const deleted = await world.aws(
    "ecs",
    "delete-service",
    "--service",
    "web",
    "--force",
    "--query",
    "service.[status,desiredCount]",
    "--output",
    "text",
  );
  expect(deleted.stdout).toBe("DRAINING\t0\n");
  change(world, { status: "INACTIVE", deployments: [] });
  expect(await world.aws("ecs", "wait", "services-inactive", "--services", "web")).toMatchObject({ code: 0, stderr: "" });
  expect(world.defects).toEqual([]);
});

test("a service begins with one deployment and AWS's defaults", async () => {
  await using world = await ecsWorld();
  const { service } = await create(world, { tags: [{ key: "a", value: "b" }] });
  expect(service).toMatchObject({
    serviceArn: ARN,
    status: "ACTIVE",
    desiredCount: 2,
    runningCount: 0,
    pendingCount: 0,
    launchType: "FARGATE",
    platformVersion: "LATEST",
    platformFamily: "Linux",
    taskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
    deploymentConfiguration: {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      deploymentCircuitBreaker: { enable: false, rollback: false },
    },
    schedulingStrategy: "REPLICA",
    deploymentController: { type: "ECS" },
    propagateTags: "NONE",
    taskSets: [],
    events: [],
    loadBalancers: [],
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: "DISABLED" } },
    tags: [{ key: "a", value: "b" }],
    createdBy: "arn:aws:iam::123456789012:root",
  });
  expect(service?.deployments).toMatchObject([
    {
      id: expect.stringMatching(/^ecs-svc\/\d{19}$/),
      status: "PRIMARY",
      desiredCount: 2,
      failedTasks: 0,
      rolloutState: "IN_PROGRESS",
      platformVersion: "1.4.0",
    },
  ]);
  const described = await world.ecs.send(new DescribeServicesCommand({ services: [ARN, "gone"] }));
  expect(described.services?.[0]?.tags).toBeUndefined();
  // A bare name comes back without the cluster.
  expect(described.failures).toEqual([{ arn: ARN.replace("default/web", "gone"), reason: "MISSING" }]);
});

test("tasks are counted for the service and for each deployment", async () => {
  await using world = await ecsWorld();
  const first = (await create(world)).service?.deployments?.[0]?.id;
  const second = (await update(world, { forceNewDeployment: true }))?.deployments?.[0]?.id;
  addTask(world, first, { lastStatus: "RUNNING" });
  addTask(world, first, { lastStatus: "RUNNING", desiredStatus: "STOPPED" });
  addTask(world, second, { lastStatus: "PENDING" });
  addTask(world, second, { lastStatus: "STOPPED", desiredStatus: "STOPPED" });
  const { services: [service] = [] } = await world.ecs.send(new DescribeServicesCommand({ services: ["web"] }));
  expect(service).toMatchObject({ runningCount: 1, pendingCount: 1 });
  expect(service?.deployments).toMatchObject([
    { id: second, status: "PRIMARY", runningCount: 0, pendingCount: 1 },
    { id: first, status: "ACTIVE", runningCount: 1, pendingCount: 0 },
  ]);
  expect((await world.ecs.send(new ListTasksCommand({ serviceName: "web" }))).taskArns).toHaveLength(2);
});

describe("creating a service is refused", () => {
  test.each<[string, Partial<CreateServiceCommandInput>, string?]>([
    ["Name contains invalid characters.", { serviceName: "a b" }],
    ["TaskDefinition not found.", { taskDefinition: "gone" }, "ClientException"],
    ["You cannot specify an IAM role for services that require a service linked role.", { role: "ecsServiceRole" }],
    ["Placement strategies are not supported with FARGATE launch type.", { placementStrategy: [{ type: "random" }] }],
    ["Placement constraints are not supported with FARGATE launch type.", { placementConstraints: [{ type: "distinctInstance" }] }],
    ["Desired count exceeds limit.", { desiredCount: 5001 }],
    ["Cluster not found.", { cluster: "gone" }, "ClusterNotFoundException"],
    ["desiredCount must be specified for a service with the REPLICA scheduling strategy.", { desiredCount: undefined }],
    ["Network Configuration must be provided when networkMode 'awsvpc' is specified.", { networkConfiguration: undefined }],
    ["Task definition does not support launch_type FARGATE.", { taskDefinition: "host" }],
    [
      "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
      { deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 100 } },
    ],
    [
      "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
      { schedulingStrategy: "DAEMON", taskDefinition: "host", launchType: "EC2", networkConfiguration: undefined },
    ],
    [
      "Airfield does not support the deployment controller CODE_DEPLOY yet; use ECS.",
      { deploymentController: { type: "CODE_DEPLOY" } },
      "UnsupportedFeatureException",
    ],
    [
      "The container db does not exist in the task definition.",
      { loadBalancers: [{ targetGroupArn: "tg", containerName: "db", containerPort: 80 }] },
    ],
    [
      "The container web did not have a container port 81 defined.",
      { loadBalancers: [{ targetGroupArn: "tg", containerName: "web", containerPort: 81 }] },
    ],
  ])("%s", async (message, changes, name = "InvalidParameterException") => {
    await using world = await ecsWorld();
    await expect(create(world, changes)).rejects.toMatchObject({ name, message });
    expect((await world.ecs.send(new ListServicesCommand({}))).serviceArns).toEqual([]);
  });
});

test("a target group must be listened for, and take the targets that the network mode gives", async () => {
  await using world = await ecsWorld();
  const behind = (targetGroupArn: string) =>
    create(world, { loadBalancers: [{ targetGroupArn, containerName: "web", containerPort: 80 }] });
  const lonely = addTargetGroup(world, "lonely", "ip", false);
  await expect(behind(lonely)).rejects.toThrow(`The target group with targetGroupArn ${lonely} does not have an associated load balancer.`);
  const instances = addTargetGroup(world, "instances", "instance", true);
  await expect(behind(instances)).rejects.toThrow("has target type instance, which is incompatible with the awsvpc network mode");
  const { service } = await behind(addTargetGroup(world, "good", "ip", true));
  expect(service).toMatchObject({ loadBalancers: [{ containerName: "web", containerPort: 80 }], healthCheckGracePeriodSeconds: 0 });
});

test("a name is taken while its service lives, and drains; a client token makes a retry safe", async () => {
  await using world = await ecsWorld();
  const first = await create(world, { clientToken: "t" });
  expect((await create(world, { clientToken: "t" })).service).toEqual(first.service);
  await expect(create(world, { clientToken: "t", desiredCount: 5 })).rejects.toThrow("Creation of service was not idempotent.");
  await expect(create(world)).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: "Creation of service was not idempotent.",
  });
  await world.ecs.send(new DeleteServiceCommand({ service: "web", force: true }));
  await expect(create(world)).rejects.toThrow("Unable to Start a service that is still Draining.");
  change(world, { status: "INACTIVE", deployments: [] });
  expect((await create(world)).service?.status).toBe("ACTIVE");
});

describe("an update", () => {
  test("of the task definition begins a deployment beside the old one", async () => {
    await using world = await ecsWorld();
    await create(world);
    const { registeredAt: _at, ...definition } = {
      registeredAt: 0,
      family: "web",
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
    } as const;
    await world.ecs.send(new RegisterTaskDefinitionCommand({ ...definition, containerDefinitions: [{ name: "web", image: "nginx:2" }] }));
    const service = await update(world, { taskDefinition: "web" });
    expect(service?.taskDefinition).toMatch(/web:2$/);
    expect(service?.deployments).toMatchObject([
      { status: "PRIMARY", taskDefinition: expect.stringMatching(/web:2$/), rolloutState: "IN_PROGRESS" },
      { status: "ACTIVE", taskDefinition: expect.stringMatching(/web:1$/) },
    ]);
  });

  test.each<[string, Partial<UpdateServiceCommandInput>, number]>([
    ["of the desired count keeps the deployment", { desiredCount: 5 }, 1],
    ["of the deployment configuration keeps it", { deploymentConfiguration: { minimumHealthyPercent: 50 } }, 1],
    ["of the grace period keeps it", { healthCheckGracePeriodSeconds: 30 }, 1],
    ["to the same task definition keeps it", { taskDefinition: "web:1" }, 1],
    ["of the platform version begins one", { platformVersion: "1.4.0" }, 2],
    ["that is forced begins one", { forceNewDeployment: true }, 2],
  ])("%s", async (_what, changes, deployments) => {
    await using world = await ecsWorld();
    await create(world);
    const service = await update(world, changes);
    expect(service?.deployments).toHaveLength(deployments);
    const { taskDefinition: _definition, forceNewDeployment: _force, ...shown } = changes;
    expect(service).toMatchObject(shown);
  });

  test("of a service on Fargate takes no placement rules", async () => {
    await using world = await ecsWorld();
    await create(world);
    await expect(update(world, { placementStrategy: [{ type: "random" }] })).rejects.toMatchObject({
      message: "Placement strategies are not supported with FARGATE launch type.",
    });
    await expect(update(world, { desiredCount: 5001 })).rejects.toMatchObject({ message: "Desired count exceeds limit." });
    expect((await update(world, { placementStrategy: [] }))?.placementStrategy).toEqual([]);
  });

  test("of the subnets begins a deployment in them", async () => {
    await using world = await ecsWorld();
    await create(world);
    const subnets = world.awsvpc.awsvpcConfiguration.subnets.slice(0, 1);
    const service = await update(world, { networkConfiguration: { awsvpcConfiguration: { subnets } } });
    expect(service?.deployments?.map((deployment) => deployment.networkConfiguration?.awsvpcConfiguration?.subnets?.length)).toEqual([
      1, 6,
    ]);
  });

  test("after a rollback starts from what runs again", async () => {
    await using world = await ecsWorld();
    await create(world);
    await world.ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "web",
        networkMode: "awsvpc",
        cpu: "256",
        memory: "512",
        containerDefinitions: [{ name: "web", image: "broken" }],
      }),
    );
    const subnets = world.awsvpc.awsvpcConfiguration.subnets.slice(0, 1);
    const failed = await update(world, { taskDefinition: "web:2", networkConfiguration: { awsvpcConfiguration: { subnets } } });
    const before = world.state.table(services).get(ARN)?.deployments[1];
    if (!before) throw new Error("the service has two deployments");
    change(world, { deployments: [{ ...before, status: "PRIMARY", rollbackOf: failed?.deployments?.[0]?.id ?? "" }] });
    const service = await update(world, { desiredCount: 3 });
    expect(service).toMatchObject({
      taskDefinition: expect.stringMatching(/web:1$/),
      networkConfiguration: world.awsvpc,
      deployments: [{ id: before.id }],
    });
    expect((await update(world, { taskDefinition: "web:2" }))?.deployments).toHaveLength(2);
  });

  test("is refused for a service that is not there or goes", async () => {
    await using world = await ecsWorld();
    await expect(update(world, {})).rejects.toMatchObject({ name: "ServiceNotFoundException", message: "Service not found." });
    await create(world, { desiredCount: 0 });
    await world.ecs.send(new DeleteServiceCommand({ service: "web" }));
    await expect(update(world, {})).rejects.toMatchObject({ name: "ServiceNotActiveException", message: "Service was not ACTIVE." });
  });
});

test("a service that is scaled up is deleted by force only", async () => {
  await using world = await ecsWorld();
  await create(world);
  const remove = (force: boolean) => world.ecs.send(new DeleteServiceCommand({ service: "web", force }));
  await expect(remove(false)).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: "The service cannot be stopped while it is scaled above 0.",
  });
  await expect(world.ecs.send(new DeleteClusterCommand({ cluster: "default" }))).rejects.toMatchObject({
    name: "ClusterContainsServicesException",
  });
  expect((await remove(true)).service).toMatchObject({ status: "DRAINING", desiredCount: 0 });
  expect((await remove(true)).service?.status).toBe("DRAINING");
});

test("services are listed by launch type and strategy, in pages", async () => {
  await using world = await ecsWorld();
  for (const serviceName of ["a", "b"]) await create(world, { serviceName });
  await create(world, { serviceName: "c", taskDefinition: "host", launchType: "EC2", networkConfiguration: undefined });
  const list = (input: object) => world.ecs.send(new ListServicesCommand(input));
  const names = async (input: object) => (await list(input)).serviceArns?.map((arn) => arn.split("/").at(-1));
  expect(await names({})).toEqual(["a", "b", "c"]);
  expect(await names({ launchType: "EC2" })).toEqual(["c"]);
  expect(await names({ schedulingStrategy: "DAEMON" })).toEqual([]);
  const { nextToken } = await list({ maxResults: 2 });
  expect(await names({ maxResults: 2, nextToken })).toEqual(["c"]);
});
