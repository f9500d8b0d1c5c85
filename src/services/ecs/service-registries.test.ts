import {
  CreateServiceCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  UpdateServiceCommand,
  type ServiceRegistry,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { DiscoveryServiceRecord } from "../../state/cloud-map.ts";
import { putDiscoveryService } from "../../testing/discovery-service.ts";
import { ecsWorld, type EcsWorld } from "../../testing/ecs-world.ts";

const create = (world: EcsWorld, serviceRegistries: ServiceRegistry[], changes: object = {}) =>
  world.ecs.send(
    new CreateServiceCommand({
      ...{ serviceName: "web", taskDefinition: "web", launchType: "FARGATE", desiredCount: 1, networkConfiguration: world.awsvpc },
      ...{ serviceRegistries, ...changes },
    }),
  );

test("a service is registered with Cloud Map, by a revision of its own where that changes", async () => {
  await using world = await ecsWorld();
  const { arn: registryArn } = putDiscoveryService(world.state);
  const other = putDiscoveryService(world.state, { id: "srv-other" }).arn;
  const { service } = await create(world, [{ registryArn }]);
  expect(service?.serviceRegistries).toEqual([{ registryArn }]);
  const [first] = service?.deployments ?? [];
  const update = (serviceRegistries: ServiceRegistry[]) => world.ecs.send(new UpdateServiceCommand({ service: "web", serviceRegistries }));
  expect((await update([{ registryArn }])).service?.deployments?.map(({ id }) => id)).toEqual([first?.id]);
  const changed = (await update([{ registryArn: other, port: 80 }])).service;
  expect(changed).toMatchObject({ serviceRegistries: [{ registryArn: other, port: 80 }], deployments: [{}, { id: first?.id }] });
  const serviceRevisionArns = [changed?.currentServiceRevisions?.[0]?.arn ?? ""];
  const { serviceRevisions } = await world.ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }));
  expect(serviceRevisions?.[0]?.serviceRegistries).toEqual([{ registryArn: other, port: 80 }]);
  expect((await update([])).service).toMatchObject({ serviceRegistries: [], deployments: [{}, {}, {}] });
  const { services } = await world.ecs.send(new DescribeServicesCommand({ services: ["web"] }));
  expect(services?.[0]?.serviceRegistries).toEqual([]);
});

test("it is registered once", async () => {
  await using world = await ecsWorld();
  const { arn: registryArn } = putDiscoveryService(world.state);
  await expect(create(world, [{ registryArn }, { registryArn }])).rejects.toThrow("at most 1 item");
});

const dns = (type: "SRV" | "CNAME" | "AAAA"): Partial<DiscoveryServiceRecord> => ({
  dns: { routingPolicy: "WEIGHTED", records: [{ type, ttl: 1 }] },
});

test.each<[string, ServiceRegistry, Partial<DiscoveryServiceRecord>, object?]>([
  ["does not exist", { registryArn: "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-gone" }, {}],
  ["registryArn cannot be empty", { port: 80 }, {}],
  ["does not exist", {}, { account: "210987654321" }],
  ["does not exist", {}, { region: "eu-west-1" }],
  ["a port, or a containerName with a containerPort, must be specified", {}, dns("SRV")],
  ["not both", { port: 80, containerName: "web", containerPort: 80 }, {}],
  ["must be specified together", { containerName: "web" }, {}],
  ["must be between 1 and 65535", { port: 65_536 }, {}],
  ["The container db does not exist in the task definition.", { containerName: "db", containerPort: 80 }, {}],
  ["did not have a container port 81 defined", { containerName: "web", containerPort: 81 }, {}],
  ["has records of type CNAME", {}, dns("CNAME")],
  ["has records of type AAAA", {}, dns("AAAA")],
  ["with HealthCheckConfig are refused", {}, { healthCheck: { type: "TCP", failureThreshold: 1 } }],
  ["awsvpc network mode", {}, {}, { taskDefinition: "host", launchType: "EC2", networkConfiguration: undefined }],
])("it is refused where %s", async (message, registry, discovery, changes) => {
  await using world = await ecsWorld();
  const { arn } = putDiscoveryService(world.state, discovery);
  const given = message.includes("cannot be empty") ? registry : { registryArn: arn, ...registry };
  await expect(create(world, [given], changes)).rejects.toThrow(message);
});
