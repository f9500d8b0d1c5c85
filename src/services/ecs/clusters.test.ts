import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  ECSClient,
  ListClustersCommand,
  PutClusterCapacityProvidersCommand,
  UpdateClusterCommand,
  UpdateClusterSettingsCommand,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { putDiscoveryService } from "../../testing/discovery-service.ts";
import { apiWorld } from "../../testing/api-world.ts";

const ARN = "arn:aws:ecs:us-east-1:123456789012:cluster";

test("a cluster is created, described, listed and deleted with the command line", async () => {
  await using api = await apiWorld();
  const created = await api.aws("ecs", "create-cluster", "--cluster-name", "production", "--tags", "key=team,value=web");
  expect(JSON.parse(created.stdout)).toMatchObject({
    cluster: { clusterArn: `${ARN}/production`, status: "ACTIVE", tags: [{ key: "team", value: "web" }] },
  });
  const described = await api.aws("ecs", "describe-clusters", "--clusters", "production", "gone", "--include", "STATISTICS");
  const { clusters, failures } = JSON.parse(described.stdout);
  expect(clusters[0]).toMatchObject({
    runningTasksCount: 0,
    activeServicesCount: 0,
    settings: [{ name: "containerInsights", value: "disabled" }],
  });
  expect(clusters[0].statistics).toContainEqual({ name: "runningFargateTasksCount", value: "0" });
  expect(failures).toEqual([{ arn: `${ARN}/gone`, reason: "MISSING" }]);
  expect((await api.aws("ecs", "list-clusters", "--query", "clusterArns[0]", "--output", "text")).stdout).toBe(`${ARN}/production\n`);
  const deleted = await api.aws("ecs", "delete-cluster", "--cluster", "production", "--query", "cluster.status", "--output", "text");
  expect(deleted.stdout).toBe("INACTIVE\n");
  expect(api.defects).toEqual([]);
});

test("creating a cluster again gives the same one; the default name is default", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  const first = await ecs.send(new CreateClusterCommand({}));
  const second = await ecs.send(new CreateClusterCommand({ clusterName: "default" }));
  expect(first.cluster?.clusterArn).toBe(`${ARN}/default`);
  expect(second.cluster).toEqual(first.cluster);
  await expect(ecs.send(new CreateClusterCommand({ capacityProviders: ["FARGATE"] }))).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
  });
  await expect(ecs.send(new CreateClusterCommand({ clusterName: "no spaces" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("clusters are listed in pages, those of another region apart", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  for (const clusterName of ["a", "b", "c"]) await ecs.send(new CreateClusterCommand({ clusterName }));
  const page = await ecs.send(new ListClustersCommand({ maxResults: 2 }));
  expect(page.clusterArns).toEqual([`${ARN}/a`, `${ARN}/b`]);
  const rest = await ecs.send(new ListClustersCommand({ maxResults: 2, nextToken: page.nextToken }));
  expect(rest).toMatchObject({ clusterArns: [`${ARN}/c`] });
  expect(rest.nextToken).toBeUndefined();
  expect((await api.client(ECSClient, "eu-west-1").send(new ListClustersCommand({}))).clusterArns).toEqual([]);
  await expect(ecs.send(new ListClustersCommand({ nextToken: "forged" }))).rejects.toMatchObject({ message: "Invalid token." });
});

test("a deleted cluster is still described, and can be made again", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "a" }));
  await ecs.send(new DeleteClusterCommand({ cluster: "a" }));
  const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: [`${ARN}/a`] }));
  expect(clusters?.[0]?.status).toBe("INACTIVE");
  await expect(
    ecs.send(new UpdateClusterSettingsCommand({ cluster: "a", settings: [{ name: "containerInsights", value: "enabled" }] })),
  ).rejects.toMatchObject({
    name: "ClusterNotFoundException",
  });
  expect((await ecs.send(new CreateClusterCommand({ clusterName: "a" }))).cluster?.status).toBe("ACTIVE");
  await expect(ecs.send(new DeleteClusterCommand({ cluster: "b" }))).rejects.toMatchObject({
    name: "ClusterNotFoundException",
    message: "Cluster not found.",
  });
});

test("a cluster's settings and capacity providers can be changed", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "a" }));
  const settings = [{ name: "containerInsights" as const, value: "enabled" }];
  expect((await ecs.send(new UpdateClusterSettingsCommand({ cluster: "a", settings }))).cluster?.settings).toEqual(settings);
  const defaultCapacityProviderStrategy = [{ capacityProvider: "FARGATE", weight: 1, base: 1 }];
  const put = await ecs.send(
    new PutClusterCapacityProvidersCommand({
      cluster: "a",
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategy,
    }),
  );
  expect(put.cluster).toMatchObject({ capacityProviders: ["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy });
  const wrong = new PutClusterCapacityProvidersCommand({ cluster: "a", capacityProviders: [], defaultCapacityProviderStrategy });
  await expect(ecs.send(wrong)).rejects.toMatchObject({ name: "InvalidParameterException" });
  const described = await ecs.send(new DescribeCapacityProvidersCommand({ capacityProviders: ["FARGATE", "mine"] }));
  expect(described.capacityProviders).toMatchObject([{ name: "FARGATE", status: "ACTIVE" }]);
  expect(described.failures).toMatchObject([{ reason: "MISSING" }]);
});

test("a cluster's namespace that is there is of no use yet, and refused so", async () => {
  await using api = await apiWorld();
  const { namespaceId } = putDiscoveryService(api.state);
  const namespace = `arn:aws:servicediscovery:us-east-1:123456789012:namespace/${namespaceId}`;
  const given = api.client(ECSClient).send(new CreateClusterCommand({ serviceConnectDefaults: { namespace } }));
  await expect(given).rejects.toMatchObject({ name: "UnsupportedFeatureException" });
});

test.each([
  ["arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-aaaaaaaaaaaaaaaa", "NamespaceNotFoundException", "wasn't found"],
  ["web", "UnsupportedFeatureException", "does not support Service Connect"],
])("a cluster's namespace that is not there is refused: %s", async (namespace, name, message) => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  const refused = { name, message: expect.stringContaining(message) as string };
  await expect(ecs.send(new CreateClusterCommand({ serviceConnectDefaults: { namespace } }))).rejects.toMatchObject(refused);
  expect((await ecs.send(new ListClustersCommand({}))).clusterArns).toEqual([]);
  await ecs.send(new CreateClusterCommand({}));
  const update = new UpdateClusterCommand({ cluster: "default", serviceConnectDefaults: { namespace } });
  await expect(ecs.send(update)).rejects.toMatchObject(refused);
  const { cluster } = await ecs.send(new UpdateClusterCommand({ cluster: "default", serviceConnectDefaults: { namespace: "" } }));
  expect(cluster).not.toHaveProperty("serviceConnectDefaults");
});
