import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  ChangeResourceRecordSetsCommand,
  DeleteHealthCheckCommand,
  DeleteHostedZoneCommand,
  ListHealthChecksCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import {
  CreateHttpNamespaceCommand,
  CreatePrivateDnsNamespaceCommand,
  CreatePublicDnsNamespaceCommand,
  CreateServiceCommand,
  DeleteNamespaceCommand,
  DeleteServiceAttributesCommand,
  DeleteServiceCommand,
  DeregisterInstanceCommand,
  DiscoverInstancesCommand,
  DiscoverInstancesRevisionCommand,
  GetInstanceCommand,
  GetInstancesHealthStatusCommand,
  GetNamespaceCommand,
  GetOperationCommand,
  GetServiceAttributesCommand,
  GetServiceCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListOperationsCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateInstanceCustomHealthStatusCommand,
  UpdatePrivateDnsNamespaceCommand,
  UpdateServiceAttributesCommand,
  UpdateServiceCommand,
  type CreateServiceCommandInput,
} from "@aws-sdk/client-servicediscovery";
import { describe, expect, test } from "vitest";
import { instances, operationRecords } from "../../state/cloud-map.ts";
import { healthStatuses } from "../../state/route53-health.ts";
import { recordSets } from "../../state/route53.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { INSTANCES_BY_SERVICE, NAMESPACES_BY_REGION } from "./quotas.ts";

const cloudMap = (api: ApiWorld, keys?: Keys): ServiceDiscoveryClient => api.client(ServiceDiscoveryClient, "us-east-1", keys);

async function defaultVpc(api: ApiWorld): Promise<string> {
  const { Vpcs } = await api.client(EC2Client).send(new DescribeVpcsCommand({}));
  return Vpcs?.[0]?.VpcId ?? "";
}

type Made = Promise<{ OperationId?: string | undefined }>;

async function namespaceOf(api: ApiWorld, made: Made): Promise<string> {
  const { Operation } = await cloudMap(api).send(new GetOperationCommand({ OperationId: (await made).OperationId }));
  return Operation?.Targets?.NAMESPACE ?? "";
}

const http = (api: ApiWorld, Name = "mesh"): Promise<string> =>
  namespaceOf(api, cloudMap(api).send(new CreateHttpNamespaceCommand({ Name })));
const publicOne = (api: ApiWorld, Name = "example.com"): Promise<string> =>
  namespaceOf(api, cloudMap(api).send(new CreatePublicDnsNamespaceCommand({ Name })));
const privateOne = async (api: ApiWorld, Name = "svc.local"): Promise<string> =>
  namespaceOf(api, cloudMap(api).send(new CreatePrivateDnsNamespaceCommand({ Name, Vpc: await defaultVpc(api) })));

async function serviceOf(api: ApiWorld, NamespaceId: string, input: Partial<CreateServiceCommandInput> = {}): Promise<string> {
  const { Service } = await cloudMap(api).send(new CreateServiceCommand({ Name: "backend", NamespaceId, ...input }));
  return Service?.Id ?? "";
}

const A = (TTL = 10) => ({ DnsRecords: [{ Type: "A" as const, TTL }] });
const address = (AWS_INSTANCE_IPV4: string, more: Record<string, string> = {}): Record<string, string> => ({ AWS_INSTANCE_IPV4, ...more });

const register = (api: ApiWorld, ServiceId: string, InstanceId: string, Attributes: Record<string, string>) =>
  cloudMap(api).send(new RegisterInstanceCommand({ ServiceId, InstanceId, Attributes }));

/** The records of a namespace's zone, but for those of each zone. */
async function recordsOf(api: ApiWorld, namespaceId: string): Promise<readonly string[]> {
  const { Namespace } = await cloudMap(api).send(new GetNamespaceCommand({ Id: namespaceId }));
  const HostedZoneId = Namespace?.Properties?.DnsProperties?.HostedZoneId;
  const { ResourceRecordSets = [] } = await api.client(Route53Client).send(new ListResourceRecordSetsCommand({ HostedZoneId }));
  return ResourceRecordSets.filter(({ Type }) => Type !== "NS" && Type !== "SOA").map(
    ({ Name, Type, TTL, SetIdentifier, Weight, MultiValueAnswer, ResourceRecords = [] }) =>
      [
        ...[Name, TTL, Type, ResourceRecords.map(({ Value }) => Value).join()],
        ...[SetIdentifier, Weight === undefined ? undefined : `weight ${Weight}`, MultiValueAnswer && "multivalue"],
      ]
        .filter((part) => part !== undefined)
        .join(" "),
  );
}

const refusal = (given: Promise<unknown>): Promise<string> =>
  given.then(
    () => "taken",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

describe("a namespace", () => {
  test("of HTTP is found by its operation, and described", async () => {
    await using api = await apiWorld();
    const id = await http(api);
    expect(id).toMatch(/^ns-[a-z0-9]{16}$/);
    const { Namespace } = await cloudMap(api).send(new GetNamespaceCommand({ Id: id }));
    expect(Namespace).toMatchObject({
      ...{ Id: id, Arn: `arn:aws:servicediscovery:us-east-1:123456789012:namespace/${id}`, Name: "mesh", Type: "HTTP", ServiceCount: 0 },
      ...{ ResourceOwner: "123456789012", Properties: { HttpProperties: { HttpName: "mesh" } } },
    });
    const { Operations } = await cloudMap(api).send(
      new ListOperationsCommand({
        Filters: [
          { Name: "NAMESPACE_ID", Values: [id] },
          { Name: "TYPE", Values: ["CREATE_NAMESPACE"] },
        ],
      }),
    );
    expect(Operations).toMatchObject([{ Status: "SUCCESS" }]);
  });

  test("of DNS has a hosted zone that nobody else changes or deletes, and takes it along", async () => {
    await using api = await apiWorld();
    const id = await privateOne(api);
    const { Namespace } = await cloudMap(api).send(new GetNamespaceCommand({ Id: id }));
    const { HostedZoneId, SOA } = Namespace?.Properties?.DnsProperties ?? {};
    expect(SOA).toEqual({ TTL: 15 });
    const zones = api.client(Route53Client);
    const found = await zones.send(new GetHostedZoneCommand({ Id: HostedZoneId }));
    expect(found.HostedZone).toMatchObject({
      ...{ Name: "svc.local.", Config: { PrivateZone: true } },
      LinkedService: { ServicePrincipal: "servicediscovery.amazonaws.com", Description: Namespace?.Arn },
    });
    expect(found.VPCs).toEqual([{ VPCRegion: "us-east-1", VPCId: await defaultVpc(api) }]);
    const denied = `AccessDenied: The resource hostedzone/${HostedZoneId} can only be managed through AWS Cloud Map (${Namespace?.Arn})`;
    expect(await refusal(zones.send(new DeleteHostedZoneCommand({ Id: HostedZoneId })))).toBe(denied);
    const ResourceRecordSet = {
      Name: "a.svc.local",
      Type: "A",
      TTL: 1,
      ResourceRecords: [{ Value: "192.0.2.1" }],
    } satisfies ResourceRecordSet;
    const change = { HostedZoneId, ChangeBatch: { Changes: [{ Action: "CREATE" as const, ResourceRecordSet }] } };
    expect(await refusal(zones.send(new ChangeResourceRecordSetsCommand(change)))).toBe(denied);
    await cloudMap(api).send(new DeleteNamespaceCommand({ Id: id }));
    expect(await refusal(zones.send(new GetHostedZoneCommand({ Id: HostedZoneId })))).toContain("NoSuchHostedZone");
  });

  test("takes another TTL of its SOA, and another description", async () => {
    await using api = await apiWorld();
    const id = await privateOne(api);
    const change = { Description: "ours", Properties: { DnsProperties: { SOA: { TTL: 60 } } } };
    await cloudMap(api).send(new UpdatePrivateDnsNamespaceCommand({ Id: id, Namespace: change }));
    const { Namespace } = await cloudMap(api).send(new GetNamespaceCommand({ Id: id }));
    expect(Namespace).toMatchObject({ Description: "ours", Properties: { DnsProperties: { SOA: { TTL: 60 } } } });
    const HostedZoneId = Namespace?.Properties?.DnsProperties?.HostedZoneId;
    const { ResourceRecordSets } = await api.client(Route53Client).send(new ListResourceRecordSetsCommand({ HostedZoneId }));
    expect(ResourceRecordSets?.find(({ Type }) => Type === "SOA")?.TTL).toBe(60);
  });

  test("of a name that there is already is refused, and one of another kind has another HTTP name", async () => {
    await using api = await apiWorld();
    const id = await http(api, "example.com");
    const again = cloudMap(api).send(new CreateHttpNamespaceCommand({ Name: "example.com" }));
    await expect(again).rejects.toMatchObject({ name: "NamespaceAlreadyExists", NamespaceId: id });
    const other = await publicOne(api);
    const { Namespace } = await cloudMap(api).send(new GetNamespaceCommand({ Id: other }));
    expect(Namespace?.Properties?.HttpProperties?.HttpName).toMatch(/^example\.com-[0-9a-f]{8}$/);
  });

  test("asked for twice with one request id is one, and with another name is refused", async () => {
    await using api = await apiWorld();
    const ask = (Name: string) => cloudMap(api).send(new CreateHttpNamespaceCommand({ Name, CreatorRequestId: "one" }));
    const first = await ask("mesh");
    expect((await ask("mesh")).OperationId).toBe(first.OperationId);
    await expect(ask("other")).rejects.toMatchObject({ name: "DuplicateRequest", DuplicateOperationId: first.OperationId });
    await cloudMap(api).send(new DeleteNamespaceCommand({ Id: await namespaceOf(api, Promise.resolve(first)) }));
    expect((await ask("mesh")).OperationId).not.toBe(first.OperationId);
  });

  test("a public one fails where no public zone may be", async () => {
    await using api = await apiWorld();
    const made = await cloudMap(api).send(new CreatePublicDnsNamespaceCommand({ Name: "us-east-1.elb.localhost" }));
    const { Operation } = await cloudMap(api).send(new GetOperationCommand(made as { OperationId: string }));
    expect(Operation).toMatchObject({ Status: "FAIL", ErrorCode: "CANNOT_CREATE_HOSTED_ZONE" });
  });

  test.each([
    ["in a VPC that is not there", async () => "vpc-0123456789abcdef0"],
    ["in a VPC that sees that name already", defaultVpc],
  ])("%s fails, as its operation tells", async (_, vpc) => {
    await using api = await apiWorld();
    await publicOne(api);
    const zones = api.client(Route53Client);
    const { CreateHostedZoneCommand } = await import("@aws-sdk/client-route-53");
    const VPC = { VPCId: await defaultVpc(api), VPCRegion: "us-east-1" } as const;
    await zones.send(new CreateHostedZoneCommand({ Name: "svc.local", CallerReference: "1", VPC }));
    const made = await cloudMap(api).send(new CreatePrivateDnsNamespaceCommand({ Name: "svc.local", Vpc: await vpc(api) }));
    const { Operation } = await cloudMap(api).send(new GetOperationCommand(made as { OperationId: string }));
    expect(Operation).toMatchObject({ Status: "FAIL", ErrorCode: "CANNOT_CREATE_HOSTED_ZONE" });
    expect((await cloudMap(api).send(new ListNamespacesCommand({}))).Namespaces).toHaveLength(1);
  });

  test("is one of the latest thousand operations that are told of", async () => {
    await using api = await apiWorld();
    const old = { account: "123456789012", region: "us-east-1", type: "UPDATE_NAMESPACE", targets: {}, namespaceId: "ns-1" } as const;
    api.state.commit(() => {
      for (let at = 0; at < 1000; at++) api.state.table(operationRecords).insert({ ...old, id: `o${at}`, createdAt: at });
    });
    await http(api);
    expect(api.state.table(operationRecords).size).toBe(901);
    expect(api.state.table(operationRecords).has("o0")).toBe(false);
  });

  test("of the root of all names is refused: it would shadow every name in its VPC", async () => {
    await using api = await apiWorld();
    expect(await refusal(privateOne(api, "."))).toContain("InvalidInput");
  });

  test("with services is not deleted", async () => {
    await using api = await apiWorld();
    const id = await http(api);
    await serviceOf(api, id);
    expect(await refusal(cloudMap(api).send(new DeleteNamespaceCommand({ Id: id })))).toContain("ResourceInUse");
  });

  test("more than the quota is refused", async () => {
    await using api = await apiWorld();
    for (let at = 0; at < NAMESPACES_BY_REGION; at++) await cloudMap(api).send(new CreateHttpNamespaceCommand({ Name: `n${at}` }));
    expect(await refusal(cloudMap(api).send(new CreateHttpNamespaceCommand({ Name: "more" })))).toContain("ResourceLimitExceeded");
  });

  test.each([
    [{ Name: "TYPE", Values: ["HTTP"] } as const, ["mesh"]],
    [{ Name: "NAME", Values: ["svc"], Condition: "BEGINS_WITH" } as const, ["svc.local"]],
    [{ Name: "HTTP_NAME", Values: ["example.com"] } as const, ["example.com"]],
    [{ Name: "RESOURCE_OWNER", Values: ["OTHER_ACCOUNTS"] } as const, []],
    [{ Name: "NAME", Values: ["a", "b"] } as const, "InvalidInput"],
    [{ Name: "NAME", Values: ["a"], Condition: "BETWEEN" } as const, "InvalidInput"],
  ])("is listed by %j: %j", async (filter, expected) => {
    await using api = await apiWorld();
    await Promise.all([http(api), privateOne(api), publicOne(api)]);
    const command = new ListNamespacesCommand({ Filters: [{ ...filter, Values: [...filter.Values] }] });
    const listed = cloudMap(api)
      .send(command)
      .then(
        ({ Namespaces }) => Namespaces?.map(({ Name }) => Name),
        ({ name }: Error) => name,
      );
    expect(await listed).toEqual(expected);
  });

  test("is another account's: not there, neither by id nor by ARN, nor are its services and operations", async () => {
    await using api = await apiWorld();
    const made = await cloudMap(api).send(new CreateHttpNamespaceCommand({ Name: "mesh" }));
    const id = await namespaceOf(api, Promise.resolve(made));
    const service = await serviceOf(api, id);
    const others = cloudMap(api, FOREIGN_KEYS);
    const arn = `arn:aws:servicediscovery:us-east-1:123456789012:`;
    const asked = [
      new GetNamespaceCommand({ Id: id }),
      new DeleteNamespaceCommand({ Id: `${arn}namespace/${id}` }),
      new CreateServiceCommand({ Name: "x", NamespaceId: `${arn}namespace/${id}` }),
      new GetServiceCommand({ Id: service }),
      new RegisterInstanceCommand({ ServiceId: `${arn}service/${service}`, InstanceId: "i", Attributes: {} }),
      new GetOperationCommand({ OperationId: made.OperationId }),
      new DiscoverInstancesCommand({ NamespaceName: "mesh", ServiceName: "backend", OwnerAccount: "123456789012" }),
      new TagResourceCommand({ ResourceARN: `${arn}service/${service}`, Tags: [{ Key: "a", Value: "b" }] }),
    ];
    for (const command of asked) expect(await refusal(others.send(command as GetNamespaceCommand))).toMatch(/NotFound|AccessDenied/);
    expect((await others.send(new ListNamespacesCommand({}))).Namespaces).toEqual([]);
  });
});

describe("a service", () => {
  test("is described with its records, and found by name in its namespace", async () => {
    await using api = await apiWorld();
    const NamespaceId = await privateOne(api);
    const id = await serviceOf(api, NamespaceId, { DnsConfig: A(), HealthCheckCustomConfig: { FailureThreshold: 1 } });
    const { Service } = await cloudMap(api).send(new GetServiceCommand({ Id: id }));
    expect(Service).toMatchObject({
      ...{ Id: id, Name: "backend", NamespaceId, Type: "DNS_HTTP", InstanceCount: 0, HealthCheckCustomConfig: { FailureThreshold: 1 } },
      DnsConfig: { RoutingPolicy: "MULTIVALUE", NamespaceId, DnsRecords: [{ Type: "A", TTL: 10 }] },
    });
    const Filters = [{ Name: "NAMESPACE_ID" as const, Values: [NamespaceId] }];
    expect((await cloudMap(api).send(new ListServicesCommand({ Filters }))).Services).toMatchObject([{ Id: id }]);
    const again = cloudMap(api).send(new CreateServiceCommand({ Name: "BACKEND", NamespaceId, DnsConfig: A() }));
    await expect(again).rejects.toMatchObject({ name: "ServiceAlreadyExists", ServiceId: id });
  });

  const CNAME = { DnsRecords: [{ Type: "CNAME" as const, TTL: 1 }] };
  test.each<readonly [string, "http" | "private" | "public", Partial<CreateServiceCommandInput>]>([
    ["with records in an HTTP namespace", "http", { DnsConfig: A() }],
    ["of the type HTTP with records", "public", { Type: "HTTP", DnsConfig: A() }],
    ["with a name for others that all answer", "public", { DnsConfig: { ...CNAME, RoutingPolicy: "MULTIVALUE" } }],
    ["with records that do not go together", "public", { DnsConfig: { DnsRecords: [...CNAME.DnsRecords, { Type: "A", TTL: 1 }] } }],
    ["with two checks", "public", { HealthCheckConfig: { Type: "HTTP" }, HealthCheckCustomConfig: {} }],
    ["with a check from outside of a VPC", "private", { DnsConfig: A(), HealthCheckConfig: { Type: "HTTP" } }],
    [
      "with a check of a name for another",
      "public",
      { DnsConfig: { ...CNAME, RoutingPolicy: "WEIGHTED" }, HealthCheckConfig: { Type: "HTTP" } },
    ],
    ["with a path to a port alone", "public", { DnsConfig: A(), HealthCheckConfig: { Type: "TCP", ResourcePath: "/" } }],
    ["of two namespaces", "public", { DnsConfig: { ...A(), NamespaceId: "ns-aaaaaaaaaaaaaaaa" } }],
  ])("%s is refused", async (_, kind, input) => {
    await using api = await apiWorld();
    const id = await { http, private: privateOne, public: publicOne }[kind](api);
    expect(await refusal(serviceOf(api, id, input))).toContain("InvalidInput");
  });

  test("changes the TTL of what its instances are in the DNS, and loses records that a change leaves out", async () => {
    await using api = await apiWorld();
    const namespace = await privateOne(api);
    const id = await serviceOf(api, namespace, { DnsConfig: A() });
    await register(api, id, "one", address("10.0.0.1"));
    await cloudMap(api).send(new UpdateServiceCommand({ Id: id, Service: { DnsConfig: A(99) } }));
    expect(await recordsOf(api, namespace)).toEqual(["backend.svc.local. 99 A 10.0.0.1 one multivalue"]);
    const other = { DnsConfig: { DnsRecords: [{ Type: "SRV" as const, TTL: 1 }] } };
    expect(await refusal(cloudMap(api).send(new UpdateServiceCommand({ Id: id, Service: other })))).toContain("InvalidInput");
    await cloudMap(api).send(new UpdateServiceCommand({ Id: id, Service: { Description: "quiet" } }));
    expect(await recordsOf(api, namespace)).toEqual([]);
    expect((await cloudMap(api).send(new GetServiceCommand({ Id: id }))).Service).toMatchObject({ Type: "HTTP", Description: "quiet" });
  });

  test("has attributes and tags of its own", async () => {
    await using api = await apiWorld();
    const ServiceId = await serviceOf(api, await http(api), { Tags: [{ Key: "team", Value: "web" }] });
    const client = cloudMap(api);
    await client.send(new UpdateServiceAttributesCommand({ ServiceId, Attributes: { a: "1", b: "2" } }));
    await client.send(new DeleteServiceAttributesCommand({ ServiceId, Attributes: ["a"] }));
    const { ServiceAttributes } = await client.send(new GetServiceAttributesCommand({ ServiceId }));
    expect(ServiceAttributes?.Attributes).toEqual({ b: "2" });
    const ResourceARN = ServiceAttributes?.ServiceArn;
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`k${at}`, "v"]));
    const beyond = client.send(new UpdateServiceAttributesCommand({ ServiceId, Attributes: many }));
    expect(await refusal(beyond)).toContain("ServiceAttributesLimitExceeded");
    await client.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "stage", Value: "" }] }));
    await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["team"] }));
    expect((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual([{ Key: "stage", Value: "" }]);
  });
});

describe("an instance", () => {
  test("is in the DNS as long as it is registered, by its latest attributes", async () => {
    await using api = await apiWorld();
    const namespace = await privateOne(api);
    const id = await serviceOf(api, namespace, { DnsConfig: A() });
    await register(api, id, "one", address("10.0.0.1", { version: "1" }));
    await register(api, id, "two", address("10.0.0.2"));
    await register(api, id, "one", address("10.0.0.3", { version: "2" }));
    expect(await recordsOf(api, namespace)).toEqual([
      "backend.svc.local. 10 A 10.0.0.3 one multivalue",
      "backend.svc.local. 10 A 10.0.0.2 two multivalue",
    ]);
    const { Instance } = await cloudMap(api).send(new GetInstanceCommand({ ServiceId: id, InstanceId: "one" }));
    expect(Instance?.Attributes).toEqual(address("10.0.0.3", { version: "2" }));
    expect(await refusal(cloudMap(api).send(new DeleteServiceCommand({ Id: id })))).toContain("ResourceInUse");
    for (const InstanceId of ["one", "two"]) await cloudMap(api).send(new DeregisterInstanceCommand({ ServiceId: id, InstanceId }));
    expect(await recordsOf(api, namespace)).toEqual([]);
    await cloudMap(api).send(new DeleteServiceCommand({ Id: id }));
    await cloudMap(api).send(new DeleteNamespaceCommand({ Id: namespace }));
  });

  test("of an SRV record leads to an address of its own name", async () => {
    await using api = await apiWorld();
    const namespace = await privateOne(api);
    const id = await serviceOf(api, namespace, {
      Name: "_web._tcp",
      DnsConfig: { DnsRecords: [{ Type: "SRV", TTL: 5 }], RoutingPolicy: "WEIGHTED" },
    });
    await register(api, id, "one", address("10.0.0.1", { AWS_INSTANCE_PORT: "8080" }));
    expect(await recordsOf(api, namespace)).toEqual([
      "_web._tcp.svc.local. 5 SRV 1 1 8080 one._web._tcp.svc.local. one weight 1",
      "one._web._tcp.svc.local. 5 A 10.0.0.1",
    ]);
    expect(await refusal(register(api, id, "a/b", address("10.0.0.1", { AWS_INSTANCE_PORT: "8080" })))).toContain("InvalidInput");
  });

  test("that is not healthy is not in the DNS, unless none is", async () => {
    await using api = await apiWorld();
    const namespace = await privateOne(api);
    const ServiceId = await serviceOf(api, namespace, { DnsConfig: A(), HealthCheckCustomConfig: {} });
    const client = cloudMap(api);
    const names = async (): Promise<string> => (await recordsOf(api, namespace)).map((text) => text.split(" ")[4]).join();
    const put = (InstanceId: string, Status: "HEALTHY" | "UNHEALTHY") =>
      client.send(new UpdateInstanceCustomHealthStatusCommand({ ServiceId, InstanceId, Status }));
    await register(api, ServiceId, "a", address("10.0.0.1", { AWS_INIT_HEALTH_STATUS: "UNHEALTHY" }));
    expect(await names()).toBe("a");
    await register(api, ServiceId, "b", address("10.0.0.2"));
    await register(api, ServiceId, "c", address("10.0.0.3", { AWS_INIT_HEALTH_STATUS: "UNHEALTHY" }));
    expect(await names()).toBe("b");
    await put("b", "UNHEALTHY");
    expect(await names()).toBe("a,b,c");
    await put("c", "HEALTHY");
    expect(await names()).toBe("c");
    expect((await client.send(new GetInstancesHealthStatusCommand({ ServiceId }))).Status).toEqual({
      a: "UNHEALTHY",
      b: "UNHEALTHY",
      c: "HEALTHY",
    });
    await client.send(new DeregisterInstanceCommand({ ServiceId, InstanceId: "c" }));
    expect(await names()).toBe("a,b");
    await put("a", "HEALTHY");
    expect(await names()).toBe("a");
  });

  test.each<readonly [string, Partial<CreateServiceCommandInput>, Record<string, string>]>([
    ["without its address", { DnsConfig: A() }, {}],
    ["with an address that is none", { DnsConfig: A() }, address("10.0.0.256")],
    ["without its port", { DnsConfig: { DnsRecords: [{ Type: "SRV", TTL: 1 }] } }, address("10.0.0.1")],
    ["with a port that is none", {}, { AWS_INSTANCE_PORT: "65536" }],
    ["as an alias where all answer", { DnsConfig: A() }, { AWS_ALIAS_DNS_NAME: "web.elb.localhost" }],
    ["with a reserved name", {}, { AWS_INSTANCE: "x" }],
    ["with a health that nobody tells", {}, { AWS_INIT_HEALTH_STATUS: "HEALTHY" }],
    ["with a health that is none", { HealthCheckCustomConfig: {} }, { AWS_INIT_HEALTH_STATUS: "WELL" }],
    ["with too many attributes", {}, Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`k${at}`, "v"]))],
    ["with too much in them", {}, Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`k${at}`, "v".repeat(1000)]))],
    ["by its machine", {}, { AWS_EC2_INSTANCE_ID: "i-0123456789abcdef0" }],
  ])("%s is refused", async (_, service, attributes) => {
    await using api = await apiWorld();
    const namespace = service.DnsConfig ? await publicOne(api) : await http(api);
    const id = await serviceOf(api, namespace, service);
    expect(await refusal(register(api, id, "one", attributes))).toContain("InvalidInput");
  });

  test("is looked at by a health check of Route 53 that is its own, as long as it is registered", async () => {
    await using api = await apiWorld();
    const namespace = await publicOne(api);
    const checks = api.client(Route53Client);
    const listed = async () => (await checks.send(new ListHealthChecksCommand({}))).HealthChecks ?? [];
    const ServiceId = await serviceOf(api, namespace, { DnsConfig: A(), HealthCheckConfig: { Type: "HTTP", FailureThreshold: 2 } });
    expect(await refusal(register(api, ServiceId, "one", address("192.0.2.1")))).toContain("AWS_INSTANCE_PORT");
    await register(api, ServiceId, "one", address("192.0.2.1", { AWS_INSTANCE_PORT: "8080" }));
    const [check] = await listed();
    expect(check).toMatchObject({
      HealthCheckConfig: { Type: "HTTP", IPAddress: "192.0.2.1", Port: 8080, ResourcePath: "/", FailureThreshold: 2 },
      LinkedService: { ServicePrincipal: "servicediscovery.amazonaws.com" },
    });
    const id = check?.Id ?? "";
    const named = () => [...api.state.table(recordSets).values()].flatMap(({ healthCheckId }) => healthCheckId ?? []);
    expect(named()).toEqual([id]);
    expect(await refusal(checks.send(new DeleteHealthCheckCommand({ HealthCheckId: id })))).toContain("AccessDenied");
    const health = async () => (await cloudMap(api).send(new GetInstancesHealthStatusCommand({ ServiceId }))).Status;
    expect(await health()).toEqual({ one: "UNKNOWN" });
    const status = { id, account: "123456789012", healthy: false, checkedAt: 0, text: "Failure" };
    api.state.commit(() => api.state.table(healthStatuses).put(status));
    expect(await health()).toEqual({ one: "UNHEALTHY" });
    const HealthStatus = "HEALTHY" as const;
    const asked = new DiscoverInstancesCommand({ NamespaceName: "example.com", ServiceName: "backend", HealthStatus });
    expect((await cloudMap(api).send(asked)).Instances).toEqual([]);
    const Service = { DnsConfig: A(), HealthCheckConfig: { Type: "TCP" as const } };
    await cloudMap(api).send(new UpdateServiceCommand({ Id: ServiceId, Service }));
    expect(await listed()).toMatchObject([{ HealthCheckConfig: { Type: "TCP", FailureThreshold: 1 } }]);
    expect(named()).toEqual((await listed()).map((one) => one.Id));
    await cloudMap(api).send(new UpdateServiceCommand({ Id: ServiceId, Service: { DnsConfig: A() } }));
    expect([await listed(), named()]).toEqual([[], []]);
    await cloudMap(api).send(new UpdateServiceCommand({ Id: ServiceId, Service }));
    await cloudMap(api).send(new DeregisterInstanceCommand({ ServiceId, InstanceId: "one" }));
    expect(await listed()).toEqual([]);
  });

  test("that ECS registered is left to it, and more than the quota are refused", async () => {
    await using api = await apiWorld();
    const serviceId = await serviceOf(api, await http(api));
    const record = (id: string, taskArn?: string) => ({
      ...{ serviceId, id, account: "123456789012", namespaceId: "ns-1", attributes: {} },
      ...(taskArn === undefined ? {} : { taskArn }),
    });
    api.state.commit(() => {
      for (let at = 0; at < INSTANCES_BY_SERVICE; at++) api.state.table(instances).put(record(`i${at}`, at === 0 ? "task" : undefined));
    });
    expect(await refusal(register(api, serviceId, "i0", {}))).toContain("ResourceInUse");
    expect(await refusal(register(api, serviceId, "more", {}))).toContain("ResourceLimitExceeded");
    expect(await refusal(register(api, serviceId, "i1", {}))).toBe("taken");
    const listed = await cloudMap(api).send(new ListInstancesCommand({ ServiceId: serviceId, MaxResults: 2 }));
    expect(listed).toMatchObject({ Instances: [{ Id: "i0" }, { Id: "i1" }], NextToken: expect.any(String) as string });
  });
});

describe("instances are discovered", () => {
  async function discovery(api: ApiWorld) {
    const ServiceId = await serviceOf(api, await http(api), { HealthCheckCustomConfig: {} });
    await register(api, ServiceId, "a", { version: "1", zone: "a" });
    await register(api, ServiceId, "b", { version: "1", zone: "b" });
    await register(api, ServiceId, "c", { version: "2", AWS_INIT_HEALTH_STATUS: "UNHEALTHY" });
    return ServiceId;
  }

  test.each([
    [{}, "a,b"],
    [{ HealthStatus: "ALL" as const }, "a,b,c"],
    [{ HealthStatus: "UNHEALTHY" as const }, "c"],
    [{ QueryParameters: { version: "1" } }, "a,b"],
    [{ QueryParameters: { version: "2" } }, "c"],
    [{ QueryParameters: { version: "2" }, HealthStatus: "HEALTHY" as const }, ""],
    [{ OptionalParameters: { zone: "b" } }, "b"],
    [{ OptionalParameters: { zone: "z" } }, "a,b"],
    [{ MaxResults: 1 }, "a"],
  ])("by %j: %s", async (asked, expected) => {
    await using api = await apiWorld();
    await discovery(api);
    const found = await cloudMap(api).send(new DiscoverInstancesCommand({ NamespaceName: "mesh", ServiceName: "backend", ...asked }));
    expect(found.Instances?.map(({ InstanceId }) => InstanceId).join()).toBe(expected);
  });

  test("with a revision that counts who comes and goes, and not how they are", async () => {
    await using api = await apiWorld();
    const ServiceId = await discovery(api);
    const client = cloudMap(api);
    const revision = async (): Promise<number> =>
      (await client.send(new DiscoverInstancesRevisionCommand({ NamespaceName: "mesh", ServiceName: "backend" }))).InstancesRevision ?? 0;
    const before = await revision();
    await client.send(new UpdateInstanceCustomHealthStatusCommand({ ServiceId, InstanceId: "a", Status: "UNHEALTHY" }));
    expect(await revision()).toBe(before);
    await client.send(new DeregisterInstanceCommand({ ServiceId, InstanceId: "a" }));
    expect(await revision()).toBeGreaterThan(before);
  });

  test("by names that there are", async () => {
    await using api = await apiWorld();
    await discovery(api);
    const ask = (NamespaceName: string, ServiceName: string) =>
      refusal(cloudMap(api).send(new DiscoverInstancesCommand({ NamespaceName, ServiceName })));
    expect(await ask("other", "backend")).toContain("NamespaceNotFound");
    expect(await ask("mesh", "other")).toContain("ServiceNotFound");
  });
});
