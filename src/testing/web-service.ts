import { setTimeout as pause } from "node:timers/promises";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  waitUntilServicesStable,
  type ContainerDefinition,
  type DeploymentConfiguration,
  type Service,
} from "@aws-sdk/client-ecs";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { freePort, type AirfieldProcess } from "./airfield-process.ts";
import { buildImage, pushImage, removeImage, webImage } from "./images.ts";
import { ensureExecutionRole } from "./roles.ts";

export const CLUSTER = "production";
export const SERVICE = "web";

/** A service of web servers behind a load balancer, made as a user makes it. */
export interface WebService extends AsyncDisposable {
  readonly url: string;
  readonly targetGroupArn: string;
  readonly subnets: string[];
  /** Builds and pushes a version and registers a task definition of it; gives the revision's ARN. */
  publish(version: string, options?: { readonly sick?: boolean; readonly container?: Partial<ContainerDefinition> }): Promise<string>;
  /** Makes the service, or moves it to the task definition. */
  deploy(taskDefinition: string): Promise<void>;
  describe(): Promise<Service>;
  /** Resolves when the last deployment is COMPLETED: the waiter alone, as on AWS, does not ask whether the first tasks are healthy yet. */
  stable(): Promise<void>;
  get(): Promise<string>;
}

export interface WebServiceOptions {
  readonly desiredCount?: number;
  readonly deploymentConfiguration?: DeploymentConfiguration;
  /** Seconds between health checks. */
  readonly interval?: number;
}

export async function webService(airfield: AirfieldProcess, options: WebServiceOptions = {}): Promise<WebService> {
  const ecs = airfield.client(ECSClient);
  const elb = airfield.client(ElasticLoadBalancingV2Client);
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const subnets = Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const executionRoleArn = await ensureExecutionRole(airfield);
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: SERVICE }));
  const { targetGroupArn, port } = await loadBalancer(elb, subnets, Subnets[0]?.VpcId, options.interval ?? 5);
  const url = `http://127.0.0.1:${port}`;
  const images: string[] = [];

  const describe = async (): Promise<Service> => {
    const { services: [service] = [] } = await ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE] }));
    if (!service) throw new Error("the service is not there");
    return service;
  };

  return {
    url,
    targetGroupArn,
    subnets,
    async publish(version, { sick = false, container = {} } = {}) {
      const local = `airfield-test-${airfield.port}/web:${version}`;
      await buildImage(webImage(local, version, { sick }));
      const image = await pushImage(airfield, local, SERVICE, version);
      images.push(local, image);
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: SERVICE,
          networkMode: "awsvpc",
          requiresCompatibilities: ["FARGATE"],
          cpu: "256",
          memory: "512",
          executionRoleArn,
          containerDefinitions: [
            { name: "web", image, essential: true, portMappings: [{ containerPort: 8080 }], stopTimeout: 5, ...container },
          ],
        }),
      );
      return taskDefinition?.taskDefinitionArn ?? "";
    },
    async deploy(taskDefinition) {
      const common = {
        cluster: CLUSTER,
        taskDefinition,
        ...(options.deploymentConfiguration ? { deploymentConfiguration: options.deploymentConfiguration } : {}),
      };
      const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE] }));
      if (services.length > 0) await ecs.send(new UpdateServiceCommand({ ...common, service: SERVICE }));
      else
        await ecs.send(
          new CreateServiceCommand({
            ...common,
            serviceName: SERVICE,
            desiredCount: options.desiredCount ?? 2,
            launchType: "FARGATE",
            networkConfiguration: { awsvpcConfiguration: { subnets } },
            loadBalancers: [{ targetGroupArn, containerName: "web", containerPort: 8080 }],
          }),
        );
    },
    describe,
    async stable() {
      await waitUntilServicesStable({ client: ecs, maxWaitTime: 120, minDelay: 1, maxDelay: 1 }, { cluster: CLUSTER, services: [SERVICE] });
      while ((await describe()).deployments?.some(({ rolloutState }) => rolloutState === "IN_PROGRESS")) await pause(100);
    },
    get: async () => (await fetch(url)).text(),
    async [Symbol.asyncDispose]() {
      for (const image of images) await removeImage(image);
    },
  };
}

async function loadBalancer(
  elb: ElasticLoadBalancingV2Client,
  subnets: string[],
  vpcId: string | undefined,
  interval: number,
): Promise<{ readonly targetGroupArn: string; readonly port: number }> {
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: SERVICE, Subnets: subnets }));
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: SERVICE,
      TargetType: "ip",
      Protocol: "HTTP",
      Port: 8080,
      VpcId: vpcId,
      HealthCheckPath: "/health",
      HealthCheckIntervalSeconds: interval,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
  );
  const targetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "10" }];
  await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: targetGroupArn, Attributes }));
  const port = await freePort();
  const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: targetGroupArn }];
  await elb.send(
    new CreateListenerCommand({ LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn, Protocol: "HTTP", Port: port, DefaultActions }),
  );
  return { targetGroupArn, port };
}
