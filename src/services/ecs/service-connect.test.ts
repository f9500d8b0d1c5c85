import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  ListServicesByNamespaceCommand,
  RegisterTaskDefinitionCommand,
  UpdateClusterCommand,
  UpdateServiceCommand,
  type CreateServiceCommandInput,
  type ServiceConnectConfiguration,
  type ServiceConnectService,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { carryOut } from "../../control/services/carry-out.ts";
import { discoveryServices } from "../../state/cloud-map.ts";
import { services, type ServiceRecord } from "../../state/ecs.ts";
import { connectAddresses } from "../../state/ecs-connect.ts";
import { ecsWorld, type EcsWorld } from "../../testing/ecs-world.ts";
import { putDiscoveryService } from "../../testing/discovery-service.ts";

/** The namespace `shop` is the cluster's; the definition `mesh` has the ports `web` (http), `calls` (grpc), `raw`, and `news`, which is UDP. */
async function connectWorld(): Promise<EcsWorld & { readonly namespace: string }> {
  const world = await ecsWorld();
  const { cluster } = await world.ecs.send(new UpdateClusterCommand({ cluster: "default", serviceConnectDefaults: { namespace: "shop" } }));
  await world.ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "mesh", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512" },
      containerDefinitions: [
        {
          ...{ name: "app", image: "app" },
          portMappings: [
            { containerPort: 80, name: "web", appProtocol: "http" },
            { containerPort: 81, name: "calls", appProtocol: "grpc" },
            { containerPort: 82, name: "raw" },
            { containerPort: 83, name: "news", protocol: "udp" },
          ],
        },
      ],
    }),
  );
  return { ...world, namespace: cluster?.serviceConnectDefaults?.namespace ?? "" };
}

const create = (
  world: EcsWorld,
  serviceName: string,
  configuration: ServiceConnectConfiguration,
  changes: Partial<CreateServiceCommandInput> = {},
) =>
  world.ecs.send(
    new CreateServiceCommand({
      ...{ serviceName, taskDefinition: "mesh", launchType: "FARGATE", desiredCount: 1, networkConfiguration: world.awsvpc },
      ...{ serviceConnectConfiguration: configuration, ...changes },
    }),
  );

const offering = (...offered: ServiceConnectService[]): ServiceConnectConfiguration => ({ enabled: true, services: offered });
const WEB: ServiceConnectService = { portName: "web", clientAliases: [{ port: 8080, dnsName: "backend" }] };

function record(world: EcsWorld, name: string): ServiceRecord {
  const found = [...world.state.table(services).values()].find((service) => service.name === name);
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}

test("a service is offered by an alias, with a Cloud Map service, and shown with both", async () => {
  await using world = await connectWorld();
  const timeout = { idleTimeoutSeconds: 60, perRequestTimeoutSeconds: 0 };
  const configuration = offering(
    { ...WEB, discoveryName: "api", timeout, ingressPortOverride: 9000 },
    { portName: "raw", clientAliases: [{ port: 6379 }] },
  );
  const { service } = await create(world, "backend", configuration);
  const [deployment] = service?.deployments ?? [];
  expect(deployment?.serviceConnectConfiguration).toEqual(configuration);
  const made = world.state.table(discoveryServices);
  const resources = deployment?.serviceConnectResources ?? [];
  expect(resources.map(({ discoveryName }) => discoveryName)).toEqual(["api", "raw"]);
  expect(resources.map(({ discoveryArn = "" }) => made.get(discoveryArn.split("/").at(-1) ?? "")?.name)).toEqual(["api", "raw"]);
  const serviceRevisionArns = [service?.currentServiceRevisions?.[0]?.arn ?? ""];
  const { serviceRevisions } = await world.ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }));
  expect(serviceRevisions?.[0]?.serviceConnectConfiguration).toEqual(configuration);
  const { connect } = record(world, "backend");
  expect(connect?.endpoints).toMatchObject([
    {
      containerName: "app",
      containerPort: 80,
      ingressPort: 9000,
      protocol: "http",
      alias: { dnsName: "backend", port: 8080 },
      idleTimeout: 60,
      requestTimeout: 0,
    },
    { containerPort: 82, protocol: "tcp", alias: { dnsName: "raw.shop", port: 6379 }, idleTimeout: 3600, requestTimeout: 0 },
  ]);
  // Its own tasks know it, too.
  expect(connect?.names.map(({ hostname }) => hostname)).toEqual(["backend", "raw.shop"]);
});

test("what is not said about time is as on AWS", async () => {
  await using world = await connectWorld();
  await create(
    world,
    "backend",
    offering(WEB, { portName: "calls", clientAliases: [{ port: 1 }] }, { portName: "raw", clientAliases: [{ port: 2 }] }),
  );
  expect(record(world, "backend").connect?.endpoints).toMatchObject([
    { protocol: "http", idleTimeout: 300, requestTimeout: 15 },
    { protocol: "grpc", idleTimeout: 300, requestTimeout: 15 },
    { protocol: "tcp", idleTimeout: 3600, requestTimeout: 0 },
  ]);
});

test("a client's tasks know what the namespace has when their deployment begins, at addresses that stay", async () => {
  await using world = await connectWorld();
  await create(world, "backend", offering(WEB));
  await create(world, "client", { enabled: true });
  const first = record(world, "client").connect?.names;
  expect(first).toEqual(record(world, "backend").connect?.names);
  await create(world, "cache", offering({ portName: "raw", clientAliases: [{ port: 6379, dnsName: "cache" }] }));
  expect(record(world, "client").connect?.names).toEqual(first);
  await world.ecs.send(new UpdateServiceCommand({ service: "client", forceNewDeployment: true }));
  expect(record(world, "client").deployments[0]?.connect?.names).toEqual([
    ...(first ?? []),
    expect.objectContaining({ hostname: "cache" }),
  ]);
  const addresses = [...world.state.table(connectAddresses).values()].map(({ address }) => address);
  expect(new Set(addresses).size).toBe(2);
  for (const address of addresses) expect(address).toMatch(/^2(4\d|5[0-4])\./);
  const { serviceArns = [] } = await world.ecs.send(new ListServicesByNamespaceCommand({ namespace: "shop" }));
  expect(serviceArns.map((arn) => arn.split("/").at(-1))).toEqual(["backend", "cache", "client"]);
  const page = await world.ecs.send(new ListServicesByNamespaceCommand({ namespace: world.namespace, maxResults: 2 }));
  const rest = await world.ecs.send(new ListServicesByNamespaceCommand({ namespace: world.namespace, nextToken: page.nextToken }));
  expect([...(page.serviceArns ?? []), ...(rest.serviceArns ?? [])]).toEqual(serviceArns);
  await expect(world.ecs.send(new ListServicesByNamespaceCommand({ namespace: "other" }))).rejects.toMatchObject({
    name: "NamespaceNotFoundException",
  });
});

test("a change begins a deployment, the same again does not, and what is left out stays", async () => {
  await using world = await connectWorld();
  await create(world, "backend", offering(WEB));
  const update = async (serviceConnectConfiguration?: ServiceConnectConfiguration) => {
    const { service } = await world.ecs.send(new UpdateServiceCommand({ service: "backend", serviceConnectConfiguration }));
    return service?.deployments?.map((deployment) => deployment.serviceConnectConfiguration);
  };
  expect(await update(offering(WEB))).toEqual([offering(WEB)]);
  expect(await update()).toEqual([offering(WEB)]);
  const other = offering({ ...WEB, clientAliases: [{ port: 80, dnsName: "backend" }] });
  expect(await update(other)).toEqual([other, offering(WEB)]);
  expect(await update({ enabled: false })).toEqual([{ enabled: false }, other, offering(WEB)]);
  const { services: shown } = await world.ecs.send(new DescribeServicesCommand({ services: ["backend"] }));
  expect(shown?.[0]?.deployments?.[0]).not.toHaveProperty("serviceConnectResources");
});

test("what was made for a service goes with what it offers, and with the service", async () => {
  await using world = await connectWorld();
  const { state, platform } = world;
  await create(world, "backend", offering({ ...WEB, discoveryName: "api" }));
  const names = () => [...state.table(discoveryServices).values()].map(({ name }) => name);
  await world.ecs.send(
    new UpdateServiceCommand({ service: "backend", serviceConnectConfiguration: offering({ ...WEB, discoveryName: "newer" }) }),
  );
  expect(names()).toEqual(["api", "newer"]);
  const { arn, deployments } = record(world, "backend");
  carryOut(state, arn, [{ kind: "remove-deployment", deploymentId: deployments[1]?.id ?? "" }], platform.ids, 0);
  expect(names()).toEqual(["newer"]);
  await world.ecs.send(new DeleteServiceCommand({ service: "backend", force: true }));
  expect(names()).toEqual(["newer"]);
  carryOut(state, arn, [{ kind: "complete-deletion" }], platform.ids, 0);
  expect(names()).toEqual([]);
});

test.each<[string, string, ServiceConnectConfiguration, Partial<CreateServiceCommandInput>?]>([
  ["NamespaceNotFoundException", "wasn't found", { enabled: true, namespace: "other" }],
  [
    "NamespaceNotFoundException",
    "wasn't found",
    { enabled: true, namespace: "arn:aws:servicediscovery:us-east-1:210987654321:namespace/ns-1" },
  ],
  ["InvalidParameterException", "The portName http must match", offering({ ...WEB, portName: "http" })],
  ["InvalidParameterException", "does not support the protocol UDP", offering({ ...WEB, portName: "news" })],
  ["InvalidParameterException", "must have a client alias with a port", offering({ portName: "web" })],
  ["InvalidParameterException", "at most 1 item", offering({ portName: "web", clientAliases: [{ port: 1 }, { port: 2 }] })],
  ["InvalidParameterException", "discoveryName -api is invalid", offering({ ...WEB, discoveryName: "-api" })],
  [
    "InvalidParameterException",
    "dnsName Backend of the client alias",
    offering({ portName: "web", clientAliases: [{ port: 1, dnsName: "Backend" }] }),
  ],
  [
    "InvalidParameterException",
    "dnsName localhost of the",
    offering({ portName: "web", clientAliases: [{ port: 1, dnsName: "localhost" }] }),
  ],
  [
    "InvalidParameterException",
    "dnsName 10.0.0.1 of the",
    offering({ portName: "web", clientAliases: [{ port: 1, dnsName: "10.0.0.1" }] }),
  ],
  [
    "InvalidParameterException",
    "can only be set if",
    offering({ portName: "raw", clientAliases: [{ port: 1 }], timeout: { perRequestTimeoutSeconds: 1 } }),
  ],
  ["InvalidParameterException", "must be between 0 and", offering({ ...WEB, timeout: { idleTimeoutSeconds: 2_147_484 } })],
  [
    "InvalidParameterException",
    "discoveryName web is used more than once",
    offering(WEB, { portName: "web", clientAliases: [{ port: 1 }] }),
  ],
  ["InvalidParameterException", "client alias backend:8080 is used more than once", offering(WEB, { ...WEB, discoveryName: "other" })],
  ["UnsupportedFeatureException", "access logs of Service Connect", { ...offering(WEB), accessLogConfiguration: { format: "JSON" } }],
  ["UnsupportedFeatureException", "(tls)", offering({ ...WEB, tls: { issuerCertificateAuthority: {} } })],
  [
    "UnsupportedFeatureException",
    "bridge network mode",
    { enabled: true },
    { taskDefinition: "host", launchType: "EC2", networkConfiguration: undefined },
  ],
])("%s: %s", async (name, message, configuration, changes) => {
  await using world = await connectWorld();
  const before = [...world.state.table(discoveryServices).values()];
  await expect(create(world, "backend", configuration, changes)).rejects.toMatchObject({
    name,
    message: expect.stringContaining(message) as string,
  });
  expect([...world.state.table(services).values()]).toEqual([]);
  expect([...world.state.table(discoveryServices).values()]).toEqual(before);
});

test("names are one service's alone, and what is spoken stays what it is", async () => {
  await using world = await connectWorld();
  await create(world, "backend", offering(WEB));
  const taken = create(world, "other", offering({ ...WEB, discoveryName: "other" }));
  await expect(taken).rejects.toThrow("The client alias backend:8080 is already in use in the namespace shop");
  const stable = "The following config cannot be changed for a SC service.";
  await expect(create(world, "other", offering({ portName: "web", clientAliases: [{ port: 1 }] }))).rejects.toThrow(stable);
  const spoken = new UpdateServiceCommand({
    service: "backend",
    serviceConnectConfiguration: offering({ ...WEB, portName: "calls", discoveryName: "web" }),
  });
  await expect(world.ecs.send(spoken)).rejects.toThrow("Previous config: ScServiceStableConfig(applicationProtocol=http,");
  const { namespaceId } = putDiscoveryService(world.state);
  const namespace = `arn:aws:servicediscovery:us-east-1:123456789012:namespace/${namespaceId}`;
  const strange = create(world, "other", { ...offering({ ...WEB, discoveryName: "backend" }), namespace });
  await expect(strange).rejects.toThrow("wasn't made by Service Connect");
  // In another namespace the alias is another one.
  expect((await create(world, "other", { ...offering(WEB), namespace })).service?.status).toBe("ACTIVE");
});

test("without a namespace of its own or of its cluster, a service is refused", async () => {
  await using world = await connectWorld();
  await world.ecs.send(new UpdateClusterCommand({ cluster: "default", serviceConnectDefaults: { namespace: "" } }));
  await expect(create(world, "backend", offering(WEB))).rejects.toThrow("A namespace must be specified");
});
