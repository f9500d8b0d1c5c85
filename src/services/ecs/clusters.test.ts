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
import { namespaceOfArn } from "../../state/cloud-map.ts";
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

test("a cluster has a namespace for the services in it: one that is there, by its name or ARN, or one that is made", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  const { namespaceId } = putDiscoveryService(api.state);
  const arn = `arn:aws:servicediscovery:us-east-1:123456789012:namespace/${namespaceId}`;
  const made = async (clusterName: string, namespace: string) => {
    const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName, serviceConnectDefaults: { namespace } }));
    return cluster?.serviceConnectDefaults?.namespace;
  };
  expect(await made("by-arn", arn)).toBe(arn);
  expect(await made("by-name", "svc.local")).toBe(arn);
  const fresh = await made("made", "shop");
  expect(namespaceOfArn(api.state, fresh ?? "")).toMatchObject({ name: "shop", type: "HTTP", tags: [{ Key: "AmazonECSManaged" }] });
  expect(await made("again", "shop")).toBe(fresh);

  const update = async (namespace: string) => {
    const { cluster } = await ecs.send(new UpdateClusterCommand({ cluster: "made", serviceConnectDefaults: { namespace } }));
    return cluster?.serviceConnectDefaults?.namespace;
  };
  expect(await update(arn)).toBe(arn);
  const { cluster } = await ecs.send(new UpdateClusterCommand({ cluster: "made" }));
  expect(cluster?.serviceConnectDefaults).toEqual({ namespace: arn });
  expect(await update("")).toBeUndefined();
  expect(namespaceOfArn(api.state, fresh ?? "")).toBeDefined();
});

test("no namespace is made beyond the quota of Cloud Map", async () => {
  await using api = await apiWorld();
  const ecs = api.client(ECSClient);
  const make = (at: number) =>
    ecs.send(new CreateClusterCommand({ clusterName: `c${at}`, serviceConnectDefaults: { namespace: `shop${at}` } }));
  for (let at = 0; at < 50; at += 1) await make(at);
  await expect(make(50)).rejects.toThrow("quota of 50");
});

test.each([
  ["arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-aaaaaaaaaaaaaaaa", "NamespaceNotFoundException", "wasn't found"],
  ["arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-0123456789abcdef", "NamespaceNotFoundException", "wasn't found"],
  ["arn:aws:servicediscovery:us-east-1:210987654321:namespace/ns-0123456789abcdef", "NamespaceNotFoundException", "wasn't found"],
  ["a/b", "InvalidParameterException", "namespace name is invalid"],
  ["a b", "InvalidParameterException", "namespace name is invalid"],
  ["\u00e9", "InvalidParameterException", "namespace name is invalid"],
])("a cluster's namespace that cannot be is refused, and no cluster made: %s", async (namespace, name, message) => {
  await using api = await apiWorld();
  putDiscoveryService(api.state);
  const ecs = api.client(ECSClient);
  const refused = { name, message: expect.stringContaining(message) as string };
  await expect(ecs.send(new CreateClusterCommand({ serviceConnectDefaults: { namespace } }))).rejects.toMatchObject(refused);
  expect((await ecs.send(new ListClustersCommand({}))).clusterArns).toEqual([]);
  await ecs.send(new CreateClusterCommand({}));
  const update = new UpdateClusterCommand({ cluster: "default", serviceConnectDefaults: { namespace } });
  await expect(ecs.send(update)).rejects.toMatchObject(refused);
});
