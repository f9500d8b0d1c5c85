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
import { services, type DeploymentRecord } from "../../state/ecs.ts";
import { ecsWorld, type EcsWorld } from "../../testing/ecs-world.ts";

const ARN = "arn:aws:ecs:us-east-1:123456789012:service/default/web";

async function create(world: EcsWorld): Promise<void> {
  const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };
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

test("a rollback shows until it is done, and stays in the history", async () => {
  await using world = await ecsWorld();
  await create(world);
  decide(world, { rolloutState: "COMPLETED" });
  const failed = (await redeploy(world)).service?.deployments?.[0]?.id ?? "";
  decide(
    world,
    { status: "ACTIVE", rolloutState: "FAILED", rolloutStateReason: "tasks failed to start." },
    { status: "PRIMARY", rolloutState: "IN_PROGRESS", rollbackOf: failed },
  );
  const [rolling, first] = await history(world);
  expect(rolling?.status).toBe("ROLLBACK_IN_PROGRESS");
  const { serviceDeployments } = await world.ecs.send(
    new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [rolling?.serviceDeploymentArn ?? ""] }),
  );
  expect(serviceDeployments).toMatchObject([
    {
      rollback: { reason: "tasks failed to start.", serviceRevisionArn: first?.targetServiceRevisionArn },
      deploymentCircuitBreaker: { status: "TRIGGERED" },
    },
  ]);
  decide(world, undefined, { rolloutState: "COMPLETED" });
  expect((await history(world))[0]?.status).toBe("ROLLBACK_SUCCESSFUL");
  await world.ecs.send(new DeleteServiceCommand({ service: "web", force: true }));
  expect((await history(world)).map(({ status }) => status)).toEqual(["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]);
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
