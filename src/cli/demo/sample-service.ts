import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, DeleteRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  waitUntilServicesInactive,
  type Service,
} from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient } from "@aws-sdk/client-iam";
import { clientSettings, type Access } from "../access.ts";
import { CliError } from "../cli-error.ts";
import { boundPort, listenerUrl } from "../status/survey-elb.ts";
import type { CleanUp } from "./clean-up.ts";
import type { LoadTarget } from "./load.ts";

/** The AWS clients of the demo: ordinary ones, pointed at Airfield. */
export interface Clients {
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly ec2: EC2Client;
  readonly logs: CloudWatchLogsClient;
  readonly iam: IAMClient;
}

export function awsClients(access: Access): Clients {
  const settings = clientSettings(access, access.region);
  return {
    ecr: new ECRClient(settings),
    ecs: new ECSClient(settings),
    elb: new ElasticLoadBalancingV2Client(settings),
    ec2: new EC2Client(settings),
    logs: new CloudWatchLogsClient(settings),
    iam: new IAMClient(settings),
  };
}

const CONTAINER_PORT = 8080;

export async function createRepository({ ecr }: Clients, name: string, cleanUp: CleanUp): Promise<string> {
  const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName: name }));
  cleanUp.later(`repository ${name}`, () => ecr.send(new DeleteRepositoryCommand({ repositoryName: name, force: true })));
  return required(repository?.repositoryUri);
}

/** A load balancer on port 80 over a target group of addresses, in the default VPC. */
export interface Entrance {
  readonly targetGroupArn: string;
  readonly loadBalancerArn: string;
  readonly dnsName: string;
  readonly subnets: readonly string[];
}

export async function createEntrance({ ec2, elb }: Clients, name: string, cleanUp: CleanUp): Promise<Entrance> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }));
  const VpcId = required(Vpcs?.[0]?.VpcId);
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] }));
  const subnets = (Subnets ?? []).map(({ SubnetId }) => required(SubnetId));

  const groups = await elb.send(
    new CreateTargetGroupCommand({
      Name: name,
      TargetType: "ip",
      Protocol: "HTTP",
      Port: CONTAINER_PORT,
      VpcId,
      HealthCheckPath: "/health",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
  );
  const targetGroupArn = required(groups.TargetGroups?.[0]?.TargetGroupArn);
  cleanUp.later(`target group ${name}`, () => elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: targetGroupArn })));
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }];
  await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: targetGroupArn, Attributes }));

  const balancers = await elb.send(new CreateLoadBalancerCommand({ Name: name, Subnets: subnets }));
  const balancer = balancers.LoadBalancers?.[0];
  const loadBalancerArn = required(balancer?.LoadBalancerArn);
  cleanUp.later(`load balancer ${name}`, () => elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: loadBalancerArn })));
  const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: targetGroupArn }];
  const listeners = await elb.send(
    new CreateListenerCommand({ LoadBalancerArn: loadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions }),
  );
  const ListenerArn = required(listeners.Listeners?.[0]?.ListenerArn);
  cleanUp.later(`listener of ${name}`, () => elb.send(new DeleteListenerCommand({ ListenerArn })));
  return { targetGroupArn, loadBalancerArn, dnsName: required(balancer?.DNSName), subnets };
}

/** Where the entrance answers: its own port, or the one that it got instead. */
export async function whereItAnswers(
  { elb }: Clients,
  { loadBalancerArn, dnsName }: Entrance,
): Promise<{ readonly url: string; readonly target: LoadTarget }> {
  const port = await boundPort(elb, loadBalancerArn, 80);
  // Asked by address: not every system resolves names below `localhost` for programs other than browsers and curl.
  return { url: listenerUrl("HTTP", dnsName, port), target: { address: "127.0.0.1", port, host: dnsName } };
}

export interface SampleService {
  readonly cluster: string;
  readonly name: string;
}

/** Registers the task definition that runs an image, as the next revision of the family `name`. */
export async function registerTaskDefinition(
  { ecs }: Clients,
  name: string,
  image: string,
  executionRoleArn: string,
  access: Access,
  cleanUp: CleanUp,
): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: name,
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      executionRoleArn,
      containerDefinitions: [
        {
          name: "web",
          image,
          portMappings: [{ containerPort: CONTAINER_PORT }],
          logConfiguration: {
            logDriver: "awslogs",
            options: { "awslogs-group": `/ecs/${name}`, "awslogs-region": access.region, "awslogs-stream-prefix": "web" },
          },
        },
      ],
    }),
  );
  const arn = required(taskDefinition?.taskDefinitionArn);
  cleanUp.later(`task definition ${name}:${taskDefinition?.revision}`, () =>
    ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn })),
  );
  return arn;
}

export async function createService(
  clients: Clients,
  name: string,
  taskDefinition: string,
  entrance: Entrance,
  cleanUp: CleanUp,
): Promise<SampleService> {
  const { ecs } = clients;
  await ecs.send(new CreateClusterCommand({ clusterName: name }));
  cleanUp.later(`cluster ${name}`, () => ecs.send(new DeleteClusterCommand({ cluster: name })));
  await ecs.send(
    new CreateServiceCommand({
      cluster: name,
      serviceName: "web",
      taskDefinition,
      desiredCount: 2,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: [...entrance.subnets], assignPublicIp: "ENABLED" } },
      loadBalancers: [{ targetGroupArn: entrance.targetGroupArn, containerName: "web", containerPort: CONTAINER_PORT }],
      deploymentConfiguration: {
        minimumHealthyPercent: 100,
        maximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
    }),
  );
  const service = { cluster: name, name: "web" };
  cleanUp.later(`service web, and its tasks`, async () => {
    await ecs.send(new DeleteServiceCommand({ cluster: name, service: "web", force: true }));
    await waitUntilServicesInactive({ client: ecs, maxWaitTime: 120, minDelay: 1, maxDelay: 1 }, { cluster: name, services: ["web"] });
  });
  return service;
}

export async function updateService({ ecs }: Clients, { cluster, name }: SampleService, taskDefinition: string): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster, service: name, taskDefinition }));
}

export async function describeService({ ecs }: Clients, { cluster, name }: SampleService): Promise<Service> {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster, services: [name] }));
  return required(services?.[0]);
}

export async function createLogGroup({ logs }: Clients, name: string, cleanUp: CleanUp): Promise<void> {
  await logs.send(new CreateLogGroupCommand({ logGroupName: `/ecs/${name}` }));
  cleanUp.later(`log group /ecs/${name}`, () => logs.send(new DeleteLogGroupCommand({ logGroupName: `/ecs/${name}` })));
}

/** The SDK's types allow an answer without what AWS always gives. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new CliError("the server's answer lacks what AWS always gives");
  return value;
}
