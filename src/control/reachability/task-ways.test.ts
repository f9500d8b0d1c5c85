import { describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../state/ec2-endpoints.ts";
import { internetGateways } from "../../state/ec2-gateways.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { securityGroups, vpcs } from "../../state/ec2.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { awsPrefixLists } from "../../domain/aws-prefix-lists.ts";
import { definitionRecord, interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { barredWays, waysOf } from "./task-ways.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf";
const CONTAINER = {
  name: "app",
  image: `${ECR}/shop:1`,
  secrets: [
    { name: "A", valueFrom: SECRET },
    { name: "B", valueFrom: "db-host" },
  ],
  logConfiguration: { logDriver: "awslogs" as const, options: { "awslogs-group": "/ecs/shop", "awslogs-region": "us-east-1" } },
};
const homeOf = (reference: string) => (reference.startsWith(ECR) ? SCOPE : undefined);

/** A VPC without a way to the internet, a task in it, and what is given to it. */
function world(container: object = CONTAINER, changes: Partial<TaskRecord> = {}) {
  const state = new JournaledState(memoryJournal());
  const { vpc, subnets, securityGroup } = defaultNetwork(state, ids, SCOPE, 0);
  const table = state.table(routeTables).by("main", vpc.id)[0]!;
  state.commit(() => {
    state.table(routeTables).put({ ...table, routes: [] });
    for (const { id } of state.table(vpcEndpoints).by("vpc", vpc.id)) state.table(vpcEndpoints).delete(id);
  });
  const definition = definitionRecord({ containerDefinitions: [container as typeof CONTAINER] });
  const networkInterface = {
    ...interfaceOf("172.31.0.9"),
    vpcId: vpc.id,
    subnetId: subnets[0]!.id,
    securityGroups: [securityGroup.id],
  };
  const task = putTask(state, taskRecord("0".repeat(32), { networkInterface, ...changes }), definition);
  const at = {
    state,
    task,
    vpc,
    barred: () => barredWays(state, task, homeOf),
    /** An endpoint with an interface in the same subnet. */
    endpoint(service: string, more: Partial<VpcEndpointRecord> = {}) {
      const id = `vpce-${service}`;
      const eni = `eni-${service}`;
      state.commit(() => {
        state.table(networkInterfaces).put({
          ...{ ...SCOPE, id: eni, vpcId: vpc.id, subnetId: subnets[0]!.id, availabilityZone: "us-east-1a", chosen: false, createdAt: 0 },
          privateIpv4Address: `172.31.0.${50 + state.table(networkInterfaces).size}`,
          vpcEndpointId: id,
        });
        state.table(vpcEndpoints).put({
          ...{ ...SCOPE, id, vpcId: vpc.id, type: "Interface", serviceName: `com.amazonaws.us-east-1.${service}`, privateDnsEnabled: true },
          ...{ subnetIds: [], groupIds: [securityGroup.id], networkInterfaceIds: [eni], routeTableIds: [], state: "available" },
          ...{ tags: [], createdAt: 0, ...more },
        });
      });
    },
    route(destination: string, kind: "vpc-endpoint" | "internet-gateway", id: string) {
      state.commit(() =>
        state.table(routeTables).update(table.id, (record) => ({
          ...record,
          routes: [...record.routes, { destination, target: { kind, id }, origin: "CreateRoute" as const }],
        })),
      );
    },
    s3() {
      at.route(awsPrefixLists("us-east-1").find(({ name }) => name.endsWith(".s3"))!.id, "vpc-endpoint", "vpce-s3");
    },
    /** All groups let everything in and out but what is taken away here. */
    noRules() {
      state.commit(() =>
        state.table(securityGroups).put({ ...securityGroup, rules: securityGroup.rules.filter(({ isEgress }) => isEgress) }),
      );
    },
  };
  return at;
}

const START = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:";

describe("a task without a way to the internet is barred, in the agent's words", () => {
  test("by each endpoint that is missing, in the order in which the agent asks, until nothing is", () => {
    const at = world();
    const said = (): string | undefined => at.barred()?.failure ?? at.barred()?.pulls.get("app")?.text;
    expect(said()).toBe(
      `${START} unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch secret ${SECRET} from secrets manager: RequestCanceled: request context canceled caused by: context deadline exceeded. Please check your task network configuration.`,
    );
    at.endpoint("secretsmanager");
    expect(said()).toBe(
      `${START} unable to retrieve secrets from ssm: service call has been retried 5 time(s): RequestCanceled: request context canceled caused by: context deadline exceeded. Please check your task network configuration.`,
    );
    at.endpoint("ssm");
    expect(said()).toMatch(
      new RegExp(
        `^${START} unable to retrieve ecr registry auth: service call has been retried 3 time\\(s\\): RequestError: send request failed caused by: ` +
          String.raw`Post "https://api\.ecr\.us-east-1\.amazonaws\.com/": dial tcp 52\.95\.\d+\.\d+:443: i/o timeout\. Please check your task network configuration\.$`,
      ),
    );
    at.endpoint("ecr.api");
    expect(said()).toBe(
      "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed",
    );
    at.endpoint("logs");
    expect(at.barred()?.failure).toBeUndefined();
    expect(said()).toMatch(
      /^CannotPullContainerError: pull image manifest has been retried 5 time\(s\): failed to resolve ref 123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com\/shop:1: failed to do request: Head "https:\/\/123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com\/v2\/shop\/manifests\/1": dial tcp 52\.95\.\d+\.\d+:443: i\/o timeout$/,
    );
    at.endpoint("ecr.dkr");
    expect(said()).toMatch(
      /^CannotPullContainerError: ref pull has been retried 5 time\(s\): failed to copy: httpReadSeeker: failed open: failed to do request: Get 123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com\/shop:1: dial tcp 52\.216\.\d+\.\d+:443: i\/o timeout$/,
    );
    at.s3();
    expect(at.barred()).toBeUndefined();
  });

  test("where an endpoint's groups do not let it in, with the endpoint's address", () => {
    const at = world({ name: "app", image: `${ECR}/shop:1` });
    for (const service of ["ecr.api", "ecr.dkr"]) at.endpoint(service);
    at.s3();
    expect(at.barred()).toBeUndefined();
    at.noRules();
    expect(at.barred()?.failure).toMatch(/dial tcp 172\.31\.0\.\d+:443: i\/o timeout/);
  });

  test.each<[what: string, more: Partial<VpcEndpointRecord>]>([
    ["has no private DNS", { privateDnsEnabled: false }],
    ["is not there yet", { state: "pending" }],
  ])("where an endpoint %s", (_what, more) => {
    const at = world({ name: "app", image: `${ECR}/shop:1` });
    for (const service of ["ecr.api", "ecr.dkr"]) at.endpoint(service, more);
    at.s3();
    expect(at.barred()?.failure).toContain("unable to retrieve ecr registry auth");
  });
});

test("where names are not resolved, the name is told that was looked for", () => {
  const at = world({ name: "app", image: `${ECR}/shop:1` });
  at.endpoint("ecr.api");
  at.state.commit(() => at.state.table(vpcs).put({ ...at.vpc, dnsSupport: false }));
  expect(at.barred()?.failure).toContain("dial tcp: lookup api.ecr.us-east-1.amazonaws.com: i/o timeout");
});

describe("a public image", () => {
  const nginx = { name: "app", image: "nginx" };

  test("needs the internet: a public address where the route leads to an internet gateway", () => {
    const at = world(nginx);
    expect(at.barred()?.pulls.get("app")).toEqual({
      text: 'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/library/nginx:latest: failed to do request: Head "https://registry-1.docker.io/v2/library/nginx/manifests/latest": dial tcp 192.0.2.1:443: i/o timeout',
      ...{ fromEcr: false, image: "nginx" },
    });
    const [gateway] = at.state.table(internetGateways).by("vpc", at.vpc.id);
    at.route("0.0.0.0/0", "internet-gateway", gateway!.id);
    expect(at.barred()?.pulls.size).toBe(1);
    const networkConfiguration = { awsvpcConfiguration: { subnets: [], assignPublicIp: "ENABLED" as const } };
    expect(barredWays(at.state, { ...at.task, networkConfiguration }, homeOf)).toBeUndefined();
  });

  test("with credentials of its own is not looked for on the engine", () => {
    const credentialsParameter = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub";
    expect(
      world({ ...nginx, repositoryCredentials: { credentialsParameter } })
        .barred()
        ?.pulls.get("app"),
    ).not.toHaveProperty("image");
  });

  test("of a registry on this machine needs nothing", () => {
    expect(world({ name: "app", image: "localhost:5000/app" }).barred()).toBeUndefined();
  });

  test("is pulled by the host where the task is not Fargate's", () => {
    expect(world(nginx, { launchType: "EC2" }).barred()).toBeUndefined();
  });
});

test("every way is told, with the service that it leads to", () => {
  const at = world();
  at.endpoint("ecr.api");
  const definition = definitionRecord({ containerDefinitions: [CONTAINER] });
  expect(
    waysOf(at.state, at.task, definition, homeOf).map(({ need, serviceName, path }) => [need.kind, serviceName, path.explanation?.code]),
  ).toEqual([
    ["secret", "com.amazonaws.us-east-1.secretsmanager", "NO_ROUTE_TO_DESTINATION"],
    ["parameter", "com.amazonaws.us-east-1.ssm", "NO_ROUTE_TO_DESTINATION"],
    ["registry-auth", "com.amazonaws.us-east-1.ecr.api", undefined],
    ["log", "com.amazonaws.us-east-1.logs", "NO_ROUTE_TO_DESTINATION"],
    ["image", "com.amazonaws.us-east-1.ecr.dkr", "NO_ROUTE_TO_DESTINATION"],
    ["layers", "com.amazonaws.us-east-1.s3", "NO_ROUTE_TO_DESTINATION"],
  ]);
});
