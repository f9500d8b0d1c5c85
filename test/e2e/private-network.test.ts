import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import * as ec2 from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  waitUntilServicesStable,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from "@aws-sdk/client-ecs";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ServiceExplanation, TargetExplanation, TaskExplanation } from "../../src/domain/task-explanation.ts";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage, webImage } from "../../src/testing/images.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";

// Two zones, a public and a private subnet in each, endpoints and no NAT gateway: a load balancer in front, the service behind it.

const LOCAL = "airfield-test/private-network:1";
const ZONES = ["us-east-1a", "us-east-1b"] as const;
const SOON = { timeout: 30_000, interval: 250 };
const ENDPOINTS = ["ecr.api", "ecr.dkr", "logs"] as const;
let airfield: AirfieldProcess;
let image: string;
let net: Awaited<ReturnType<typeof build>>;
let service: { readonly url: string; readonly task: string; readonly targetGroup: string };

const client = () => airfield.client(ec2.EC2Client);

async function build() {
  const send = client();
  const vpc = (await send.send(new ec2.CreateVpcCommand({ CidrBlock: "10.77.0.0/16" }))).Vpc!.VpcId!;
  await send.send(new ec2.ModifyVpcAttributeCommand({ VpcId: vpc, EnableDnsHostnames: { Value: true } }));
  const subnet = async (zone: string, number: number) =>
    (await send.send(new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock: `10.77.${number}.0/24`, AvailabilityZone: zone }))).Subnet!
      .SubnetId!;
  const outer = [await subnet(ZONES[0], 0), await subnet(ZONES[1], 1)];
  const inner = [await subnet(ZONES[0], 10), await subnet(ZONES[1], 11)];
  const gateway = (await send.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
  await send.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpc }));
  const table = async (subnets: readonly string[]): Promise<string> => {
    const id = (await send.send(new ec2.CreateRouteTableCommand({ VpcId: vpc }))).RouteTable!.RouteTableId!;
    for (const SubnetId of subnets) await send.send(new ec2.AssociateRouteTableCommand({ RouteTableId: id, SubnetId }));
    return id;
  };
  const [outerTable, innerTable] = [await table(outer), await table(inner)];
  await send.send(new ec2.CreateRouteCommand({ RouteTableId: outerTable, DestinationCidrBlock: "0.0.0.0/0", GatewayId: gateway }));
  const group = async (GroupName: string) =>
    (await send.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: vpc }))).GroupId!;
  const [balancer, app, endpoints] = [await group("balancer"), await group("app"), await group("endpoints")];
  const { NetworkAcls = [] } = await send.send(new ec2.DescribeNetworkAclsCommand({ Filters: [{ Name: "vpc-id", Values: [vpc] }] }));
  return { vpc, outer, inner, gateway, outerTable, innerTable, balancer, app, endpoints, acl: NetworkAcls[0]!.NetworkAclId! };
}

const rule = (GroupId: string, port: number, from: { readonly cidr: string } | { readonly group: string }) => ({
  GroupId,
  IpPermissions: [
    {
      ...{ IpProtocol: "tcp", FromPort: port, ToPort: port },
      ...("cidr" in from ? { IpRanges: [{ CidrIp: from.cidr }] } : { UserIdGroupPairs: [{ GroupId: from.group }] }),
    },
  ],
});

async function endpoint(service: string): Promise<string> {
  const common = { VpcId: net.vpc, ServiceName: `com.amazonaws.us-east-1.${service}` };
  const { VpcEndpoint } = await client().send(
    new ec2.CreateVpcEndpointCommand(
      service === "s3"
        ? { ...common, VpcEndpointType: "Gateway", RouteTableIds: [net.innerTable] }
        : { ...common, VpcEndpointType: "Interface", SubnetIds: net.inner, SecurityGroupIds: [net.endpoints], PrivateDnsEnabled: true },
    ),
  );
  const id = VpcEndpoint!.VpcEndpointId!;
  const state = async () =>
    (await client().send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }))).VpcEndpoints?.[0]?.State?.toLowerCase();
  await vi.waitUntil(async () => (await state()) === "available", SOON);
  return id;
}

async function endpointOf(service: string): Promise<string> {
  const Filters = [
    { Name: "vpc-id", Values: [net.vpc] },
    { Name: "service-name", Values: [`com.amazonaws.us-east-1.${service}`] },
  ];
  return (await client().send(new ec2.DescribeVpcEndpointsCommand({ Filters }))).VpcEndpoints![0]!.VpcEndpointId!;
}

const without = (service: string) => ({
  remove: async () => void (await client().send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [await endpointOf(service)] }))),
  mend: async () => void (await endpoint(service)),
});

async function explained<T>(...what: readonly string[]): Promise<T> {
  const program = new URL("../../bin/airfield.cjs", import.meta.url).pathname;
  const { stdout, stderr, code } = await airfield.run(process.execPath, [
    program,
    "explain",
    ...what,
    "--json",
    "--data",
    airfield.dataDirectory,
  ]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

const explain = (task: string): Promise<TaskExplanation> => explained("task", task);
const explainService = (): Promise<ServiceExplanation> => explained("service", "web/web");
const explainTargets = (): Promise<TargetExplanation> => explained("target", service.targetGroup);

beforeAll(async () => {
  airfield = await airfieldProcess({ environment: { AIRFIELD_UNREACHABLE_SECONDS: "1" } });
  net = await build();
  const send = client();
  await send.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule(net.endpoints, 443, { cidr: "10.77.0.0/16" })));
  await send.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule(net.app, 8080, { group: net.balancer })));
  const port = await freePort();
  await send.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule(net.balancer, port, { cidr: "0.0.0.0/0" })));
  for (const name of [...ENDPOINTS, "s3"]) await endpoint(name);
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "web" }));
  await airfield.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: "/ecs/web" }));
  await buildImage(webImage(LOCAL, "1"));
  image = await pushImage(airfield, LOCAL, "web", "1");
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "web", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512" },
      executionRoleArn: await ensureExecutionRole(airfield),
      containerDefinitions: [
        {
          ...{ name: "web", image, essential: true, portMappings: [{ containerPort: 8080 }], stopTimeout: 2 },
          logConfiguration: {
            logDriver: "awslogs",
            options: { "awslogs-group": "/ecs/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web" },
          },
        },
      ],
    }),
  );
  const balancing = airfield.client(elb.ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await balancing.send(
    new elb.CreateLoadBalancerCommand({ Name: "front", Subnets: net.outer, SecurityGroups: [net.balancer] }),
  );
  const { TargetGroups } = await balancing.send(
    new elb.CreateTargetGroupCommand({
      ...{ Name: "web", TargetType: "ip", Protocol: "HTTP", Port: 8080, VpcId: net.vpc, HealthCheckPath: "/health" },
      ...{ HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2 },
    }),
  );
  const { TargetGroupArn } = TargetGroups![0]!;
  const DefaultActions = [{ Type: "forward", TargetGroupArn } as const];
  await balancing.send(
    new elb.CreateListenerCommand({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn, Protocol: "HTTP", Port: port, DefaultActions }),
  );
  await ecs.send(
    new CreateServiceCommand({
      ...{ cluster: "web", serviceName: "web", taskDefinition: "web", desiredCount: 1, launchType: "FARGATE" },
      networkConfiguration: { awsvpcConfiguration: { subnets: net.inner, securityGroups: [net.app], assignPublicIp: "DISABLED" } },
      loadBalancers: [{ targetGroupArn: TargetGroupArn, containerName: "web", containerPort: 8080 }],
    }),
  );
  await waitUntilServicesStable({ client: ecs, maxWaitTime: 90, minDelay: 1, maxDelay: 1 }, { cluster: "web", services: ["web"] });
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: "web", serviceName: "web" }));
  service = { url: `http://127.0.0.1:${port}`, task: taskArns[0]!, targetGroup: TargetGroupArn! };
  await vi.waitUntil(async () => (await explain(service.task)).steps.at(-1)?.outcome === "passes", SOON);
}, 180_000);

afterAll(async () => {
  for (const one of [image, LOCAL]) await removeImage(one);
  await airfield[Symbol.asyncDispose]();
});

test("the service answers through its load balancer, and nothing is in its way", async () => {
  expect((await fetch(service.url)).status).toBe(200);
  const { inTheWay, steps } = await explain(service.task);
  expect([inTheWay, (await explainService()).inTheWay, (await explainTargets()).inTheWay]).toEqual([undefined, undefined, undefined]);
  expect(steps.map(({ outcome }) => outcome)).not.toContain("barred");
});

test("the load balancer's own rule decides about this host, too, that calls it over loopback", async () => {
  const { port } = new URL(service.url);
  const open = rule(net.balancer, Number(port), { cidr: "0.0.0.0/0" });
  const inner = rule(net.balancer, Number(port), { cidr: "10.0.0.0/8" });
  const answers = (): Promise<boolean> =>
    fetch(service.url, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  await client().send(new ec2.RevokeSecurityGroupIngressCommand(open));
  await client().send(new ec2.AuthorizeSecurityGroupIngressCommand(inner));
  await vi.waitUntil(async () => !(await answers()), SOON);
  await client().send(new ec2.AuthorizeSecurityGroupIngressCommand(open));
  await vi.waitUntil(answers, SOON);
  expect(await answers()).toBe(true);
});

test("an endpoint whose group lets nobody in is silent to who runs, at its own address and where the APIs are", async () => {
  const { NetworkInterfaces = [] } = await client().send(
    new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: [net.endpoints] }] }),
  );
  const { VpcEndpoints = [] } = await client().send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [await endpointOf("ecr.api")] }));
  const [one = ""] = VpcEndpoints[0]?.NetworkInterfaceIds ?? [];
  const address = NetworkInterfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId === one)?.PrivateIpAddress ?? "";
  const { stdout: containers } = await airfield.run("docker", ["ps", "--quiet", "--filter", `label=airfield.task-arn=${service.task}`]);
  const inside = async (script: string): Promise<string> => {
    const container = containers.trim().split("\n")[0] ?? "";
    return (await airfield.run("docker", ["exec", container, "sh", "-c", script])).stdout.trim();
  };
  const claim = "AWS4-HMAC-SHA256 Credential=AKIA/20240101/us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=0";
  const call = `printf 'GET / HTTP/1.1\\r\\nHost: 169.254.170.2\\r\\nConnection: close\\r\\nAuthorization: ${claim}\\r\\n\\r\\n'`;
  const endpointUrl = "$(echo $AWS_ENDPOINT_URL | sed 's#http://##; s#/.*##; s#:# #; s#^[^ ]*$#& 80#')";
  const asked = async (): Promise<readonly string[]> => [
    await inside(`nc -w 2 ${address} 443 < /dev/null && echo connected`),
    (await inside(`${call} | timeout 2 nc ${endpointUrl}`)).slice(0, 10),
  ];
  const answered = ["connected", "HTTP/1.1 4"];
  expect(await asked()).toEqual(answered);
  const open = rule(net.endpoints, 443, { cidr: "10.77.0.0/16" });
  await client().send(new ec2.RevokeSecurityGroupIngressCommand(open));
  await vi.waitFor(async () => expect(await asked()).toEqual(["", ""]), SOON);
  await client().send(new ec2.AuthorizeSecurityGroupIngressCommand(open));
  await vi.waitFor(async () => expect(await asked()).toEqual(answered), SOON);
});

interface Case {
  readonly remove: () => Promise<void>;
  readonly mend: () => Promise<void>;
}

const START = /^ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: /;
const AUTH =
  /unable to retrieve ecr registry auth: service call has been retried 3 time\(s\): RequestError: send request failed caused by: Post "https:\/\/api\.ecr\.us-east-1\.amazonaws\.com\/": dial tcp [\d.]+:443: i\/o timeout/;

describe("a new task, with one thing less, stops in AWS's words, and the culprit is named", () => {
  test.each<[what: string, how: () => Case, reason: readonly RegExp[], code: string, culprit: () => string]>([
    ["the endpoint of ecr.api", () => without("ecr.api"), [START, AUTH], "NO_ROUTE_TO_DESTINATION", () => net.innerTable],
    [
      "the endpoint of ecr.dkr",
      () => without("ecr.dkr"),
      [
        /^CannotPullContainerError: pull image manifest has been retried 5 time\(s\): failed to resolve ref .*: failed to do request: Head .*i\/o timeout$/,
      ],
      "NO_ROUTE_TO_DESTINATION",
      () => net.innerTable,
    ],
    [
      "the endpoint of S3",
      () => without("s3"),
      [/^CannotPullContainerError: ref pull has been retried 5 time\(s\): failed to copy: httpReadSeeker: .*i\/o timeout$/],
      "NO_ROUTE_TO_DESTINATION",
      () => net.innerTable,
    ],
    [
      "the endpoint of logs",
      () => without("logs"),
      [
        /^ResourceInitializationError: failed to validate logger args: .*There is a connection issue between the task and Amazon CloudWatch/,
      ],
      "NO_ROUTE_TO_DESTINATION",
      () => net.innerTable,
    ],
    [
      "the rule that lets the VPC to the endpoints",
      () => ({
        remove: async () =>
          void (await client().send(new ec2.RevokeSecurityGroupIngressCommand(rule(net.endpoints, 443, { cidr: "10.77.0.0/16" })))),
        mend: async () =>
          void (await client().send(new ec2.AuthorizeSecurityGroupIngressCommand(rule(net.endpoints, 443, { cidr: "10.77.0.0/16" })))),
      }),
      [START, AUTH, /dial tcp 10\.77\.1[01]\.\d+:443/],
      "SG_HAS_NO_RULES",
      () => net.endpoints,
    ],
    [
      "the network ACL's leave to go out",
      () => ({
        remove: async () =>
          void (await client().send(
            new ec2.CreateNetworkAclEntryCommand({
              ...{ NetworkAclId: net.acl, RuleNumber: 50, Protocol: "6", RuleAction: "deny", Egress: true, CidrBlock: "0.0.0.0/0" },
              PortRange: { From: 443, To: 443 },
            }),
          )),
        mend: async () =>
          void (await client().send(new ec2.DeleteNetworkAclEntryCommand({ NetworkAclId: net.acl, RuleNumber: 50, Egress: true }))),
      }),
      [/i\/o timeout/],
      "SUBNET_ACL_RESTRICTION",
      () => net.acl,
    ],
    [
      "the VPC's DNS support",
      () => ({
        remove: async () =>
          void (await client().send(new ec2.ModifyVpcAttributeCommand({ VpcId: net.vpc, EnableDnsSupport: { Value: false } }))),
        mend: async () =>
          void (await client().send(new ec2.ModifyVpcAttributeCommand({ VpcId: net.vpc, EnableDnsSupport: { Value: true } }))),
      }),
      [START, /dial tcp: lookup api\.ecr\.us-east-1\.amazonaws\.com: i\/o timeout/],
      "UNKNOWN_DESTINATION",
      () => net.vpc,
    ],
  ])("%s", async (_what, how, reasons, code, culprit) => {
    const ecs = airfield.client(ECSClient);
    const { remove, mend } = how();
    await remove();
    const { tasks: [started] = [] } = await ecs.send(
      new RunTaskCommand({
        ...{ cluster: "web", taskDefinition: "web", launchType: "FARGATE" },
        networkConfiguration: { awsvpcConfiguration: { subnets: net.inner, securityGroups: [net.app], assignPublicIp: "DISABLED" } },
      }),
    );
    const tasks = [started?.taskArn ?? ""];
    await waitUntilTasksStopped({ client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { cluster: "web", tasks });
    const { tasks: [stopped] = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "web", tasks }));
    const { inTheWay } = await explain(tasks[0] ?? "");
    // What runs would not start any more, and its service is told so.
    const ofService = (await explainService()).inTheWay;
    await mend();
    expect(stopped?.stopCode).toBe("TaskFailedToStart");
    for (const reason of reasons) expect(stopped?.stoppedReason).toMatch(reason);
    expect(inTheWay).toMatchObject({ code, component: culprit() });
    expect(ofService).toMatchObject({ code, component: culprit() });
  });
});

describe("of the running task, what is between it and its clients is named", () => {
  test.each<[what: string, how: () => Case, code: string, culprit: () => string]>([
    [
      "the rule that lets the load balancer to it",
      () => ({
        remove: async () =>
          void (await client().send(new ec2.RevokeSecurityGroupIngressCommand(rule(net.app, 8080, { group: net.balancer })))),
        mend: async () =>
          void (await client().send(new ec2.AuthorizeSecurityGroupIngressCommand(rule(net.app, 8080, { group: net.balancer })))),
      }),
      "SG_HAS_NO_RULES",
      () => net.app,
    ],
    [
      "the load balancer's route to the internet",
      () => ({
        remove: async () =>
          void (await client().send(new ec2.DeleteRouteCommand({ RouteTableId: net.outerTable, DestinationCidrBlock: "0.0.0.0/0" }))),
        mend: async () =>
          void (await client().send(
            new ec2.CreateRouteCommand({ RouteTableId: net.outerTable, DestinationCidrBlock: "0.0.0.0/0", GatewayId: net.gateway }),
          )),
      }),
      "NO_ROUTE_TO_DESTINATION",
      () => net.outerTable,
    ],
  ])("%s", async (_what, how, code, culprit) => {
    const { remove, mend } = how();
    await remove();
    const { inTheWay } = await explain(service.task);
    const others = [(await explainService()).inTheWay, (await explainTargets()).inTheWay];
    await mend();
    expect(inTheWay).toMatchObject({ code, component: culprit() });
    expect(others).toEqual([inTheWay, inTheWay]);
    expect(inTheWay?.remedy).toBeTruthy();
    expect((await explain(service.task)).inTheWay?.code).not.toBe(code);
  });
});

test("a task with a public address is reached there from this host, by what its group lets in", async () => {
  const ecs = airfield.client(ECSClient);
  await client().send(new ec2.AuthorizeSecurityGroupIngressCommand(rule(net.app, 8080, { cidr: "0.0.0.0/0" })));
  const { tasks: [task] = [] } = await ecs.send(
    new RunTaskCommand({
      ...{ cluster: "web", taskDefinition: "web", launchType: "FARGATE" },
      networkConfiguration: { awsvpcConfiguration: { subnets: net.outer, securityGroups: [net.app], assignPublicIp: "ENABLED" } },
    }),
  );
  await waitUntilTasksRunning({ client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { cluster: "web", tasks: [task?.taskArn ?? ""] });
  const { place } = await explain(task?.taskArn ?? "");
  expect(place?.publicAddress).toMatch(/^127\./);
  const answer = await vi.waitFor(() => fetch(`http://${place?.publicAddress}:8080/`), SOON);
  expect(answer.status).toBe(200);
});
