import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  ListServiceDeploymentsCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { carryOut } from "../../control/services/carry-out.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { services, type DeploymentRecord } from "../../state/ecs.ts";
import { ecsWorld, type EcsWorld } from "../../testing/ecs-world.ts";

const ARN = "arn:aws:ecs:us-east-1:123456789012:service/default/web";

async function create(world: EcsWorld, rollback = true): Promise<void> {
  const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback } };
  await world.ecs.send(
    new CreateServiceCommand({
      serviceName: "web",
      taskDefinition: "web",
      desiredCount: 1,
      launchType: "FARGATE",
      networkConfiguration: world.awsvpc,
      deploymentConfiguration,
    }),
  );
}

const redeploy = (world: EcsWorld) => world.ecs.send(new UpdateServiceCommand({ service: "web", forceNewDeployment: true }));

/** Stands in for control: changes the deployments of the service, newest first; `undefined` removes one. */
function decide(world: EcsWorld, ...changes: readonly (Partial<DeploymentRecord> | undefined)[]): void {
  world.state.commit(() =>
    world.state.table(services).update(ARN, (service) => ({
      ...service,
      deployments: service.deployments.flatMap((deployment, at) => {
        const change = changes[at];
        return change ? [{ ...deployment, ...change }] : [];
      }),
    })),
  );
}

async function history(world: EcsWorld) {
  const { serviceDeployments = [] } = await world.ecs.send(new ListServiceDeploymentsCommand({ service: "web" }));
  return serviceDeployments;
}

test("a deployment is in progress until the scheduler completes it", async () => {
  await using world = await ecsWorld();
  await create(world);
  const [first] = await history(world);
  expect(first).toMatchObject({ status: "IN_PROGRESS", serviceArn: ARN });
  expect(first?.serviceDeploymentArn).toMatch(/:service-deployment\/default\/web\/[A-Za-z0-9]{21}$/);
  const described = await world.ecs.send(new DescribeServicesCommand({ services: ["web"] }));
  expect(described.services).toMatchObject([
    {
      currentServiceDeployment: first?.serviceDeploymentArn,
      currentServiceRevisions: [{ arn: first?.targetServiceRevisionArn, requestedTaskCount: 1 }],
    },
  ]);
  decide(world, { rolloutState: "COMPLETED" });
  expect(await history(world)).toMatchObject([{ status: "SUCCESSFUL", finishedAt: expect.any(Date) }]);
});

test("a later deployment names the revision before it, and closes an unfinished one", async () => {
  await using world = await ecsWorld();
  await create(world);
  decide(world, { rolloutState: "COMPLETED" });
  await redeploy(world);
  await redeploy(world);
  const [third, second, first] = await history(world);
  expect([third?.status, second?.status, first?.status]).toEqual(["IN_PROGRESS", "STOPPED", "SUCCESSFUL"]);
  const arns = [second?.serviceDeploymentArn ?? "", "arn:aws:ecs:us-east-1:123456789012:service-deployment/default/web/gone"];
  const { serviceDeployments, failures } = await world.ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: arns }));
  expect(serviceDeployments).toMatchObject([
    {
      sourceServiceRevisions: [{ arn: first?.targetServiceRevisionArn }],
      targetServiceRevision: { arn: second?.targetServiceRevisionArn },
      deploymentConfiguration: { strategy: "ROLLING" },
    },
  ]);
  expect(failures).toEqual([{ arn: arns[1], reason: "MISSING" }]);
  const only = await world.ecs.send(new ListServiceDeploymentsCommand({ service: "web", status: ["SUCCESSFUL"] }));
  expect(only.serviceDeployments).toHaveLength(1);
});

/** The circuit breaker's step, as control carries it out. */
function rollBack(world: EcsWorld, failed: string, failedTasks: number, at: number): void {
  const service = world.state.table(services).get(ARN)!;
  const restored = service.deployments.find(({ id }) => id !== failed)!;
  const step = {
    kind: "rollback",
    failed: { kind: "update-deployment", deploymentId: failed, changes: { status: "ACTIVE", rolloutState: "FAILED", failedTasks } },
    restored: {
      kind: "update-deployment",
      deploymentId: restored.id,
      changes: { status: "PRIMARY", rolloutState: "IN_PROGRESS", failedTasks: 0 },
    },
    taskDefinitionArn: restored.taskDefinitionArn,
  } as const;
  carryOut(world.state, ARN, [step], systemIds, at);
}

const BREAKER_REASON = "Service deployment rolled back because the circuit breaker threshold was exceeded.";

test("a rollback tells what the circuit breaker counted, also when it is done and when others came after it", async () => {
  await using world = await ecsWorld();
  await create(world);
  decide(world, { rolloutState: "COMPLETED" });
  const failed = (await redeploy(world)).service?.deployments?.[0]?.id ?? "";
  const at = Date.now();
  rollBack(world, failed, 3, at);
  const [rolling, first] = await history(world);
  expect(rolling).toMatchObject({ status: "ROLLBACK_IN_PROGRESS", statusReason: BREAKER_REASON });
  const described = async () => {
    const serviceDeploymentArns = [rolling?.serviceDeploymentArn ?? ""];
    return (await world.ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }))).serviceDeployments;
  };
  const told = {
    statusReason: BREAKER_REASON,
    rollback: {
      reason: BREAKER_REASON,
      startedAt: new Date(at),
      serviceRevisionArn: first?.targetServiceRevisionArn,
    },
    deploymentCircuitBreaker: { status: "TRIGGERED", failureCount: 3, threshold: 3 },
  };
  expect(await described()).toMatchObject([{ status: "ROLLBACK_IN_PROGRESS", ...told }]);
  decide(world, undefined, { rolloutState: "COMPLETED" });
  expect(await described()).toMatchObject([{ status: "ROLLBACK_SUCCESSFUL", ...told }]);
  await redeploy(world);
  expect(await described()).toMatchObject([{ status: "ROLLBACK_SUCCESSFUL", ...told }]);
  await world.ecs.send(new DeleteServiceCommand({ service: "web", force: true }));
  expect((await history(world)).map(({ status }) => status)).toEqual(["STOPPED", "ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]);
});

test.each([
  [true, "ROLLBACK_FAILED", "No rollback candidate was found to run the rollback."],
  [false, "STOPPED", "ECS deployment circuit breaker: tasks failed to start."],
])("a first deployment that the circuit breaker ended, with rollback %j, is %s", async (rollback, status, statusReason) => {
  await using world = await ecsWorld();
  await create(world, rollback);
  decide(world, { rolloutState: "FAILED", rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.", failedTasks: 4 });
  const serviceDeploymentArns = [(await history(world))[0]?.serviceDeploymentArn ?? ""];
  const told = { status, statusReason, deploymentCircuitBreaker: { status: "TRIGGERED", failureCount: 4 } };
  const described = () => world.ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }));
  expect((await described()).serviceDeployments).toMatchObject([told]);
  await redeploy(world);
  expect((await described()).serviceDeployments).toMatchObject([told]);
});

test("a revision tells what its tasks are made of", async () => {
  await using world = await ecsWorld();
  await create(world);
  const serviceRevisionArns = [(await history(world))[0]?.targetServiceRevisionArn ?? ""];
  const { serviceRevisions } = await world.ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }));
  expect(serviceRevisions).toMatchObject([
    {
      serviceArn: ARN,
      launchType: "FARGATE",
      platformVersion: "1.4.0",
      containerImages: [{ containerName: "web", image: "nginx" }],
      taskDefinition: expect.stringMatching(/web:1$/),
    },
  ]);
});
