import { newDeployment } from "../../src/decide/rollout/new-deployment.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../../src/domain/scope.ts";
import { systemClock as clock } from "../../src/drivers/system/clock.ts";
import { systemIds as ids } from "../../src/drivers/system/ids.ts";
import { putDefaultSecurityGroup } from "../../src/state/default-vpc.ts";
import { subnets, vpcs } from "../../src/state/ec2.ts";
import { clusters, services, taskDefinitions, type DeploymentRecord, type ServiceRecord } from "../../src/state/ecs.ts";
import { listeners, loadBalancers, targetGroups } from "../../src/state/elb.ts";
import type { WholeState } from "../../src/state/state.ts";

const SCOPE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };
const arnOf = (service: string, resource: string): string => `arn:aws:${service}:${SCOPE.region}:${SCOPE.account}:${resource}`;
export const CLUSTER = arnOf("ecs", "cluster/bench");
const GROUP = arnOf("elasticloadbalancing", "targetgroup/bench/0123456789abcdef");
const BALANCER = arnOf("elasticloadbalancing", "loadbalancer/app/bench/0123456789abcdef");
const VPC = "vpc-bench";
const SUBNETS = ["a", "b", "c", "d"].map((zone, at) => ({
  id: `subnet-${zone}`,
  zone: `${SCOPE.region}${zone}`,
  block: `10.200.${at * 64}.0/18`,
}));

/** A cluster in a VPC of 65,000 addresses, and a load balancer whose target group a service may use. */
export function furnish(state: WholeState): void {
  const base = { ...SCOPE, tags: [], createdAt: clock.now() };
  state.commit(() => {
    const vpc = state.table(vpcs).put({ ...SCOPE, id: VPC, cidrBlock: "10.200.0.0/16", isDefault: true, tags: [] });
    putDefaultSecurityGroup(state, ids, vpc);
    for (const { id, zone, block } of SUBNETS)
      state.table(subnets).put({
        ...SCOPE,
        id,
        vpcId: VPC,
        cidrBlock: block,
        availabilityZone: zone,
        availabilityZoneId: `use1-${zone}`,
        defaultForAz: true,
        mapPublicIpOnLaunch: true,
        tags: [],
      });
    state.table(clusters).put({
      ...base,
      arn: CLUSTER,
      name: "bench",
      status: "ACTIVE",
      settings: [],
      capacityProviders: [],
      defaultCapacityProviderStrategy: [],
    });
    state.table(targetGroups).put({
      ...base,
      arn: GROUP,
      name: "bench",
      targetType: "ip",
      protocol: "HTTP",
      port: 80,
      vpcId: VPC,
      ipAddressType: "ipv4",
      healthCheck: {
        enabled: true,
        protocol: "HTTP",
        port: "traffic-port",
        path: "/",
        interval: 5,
        timeout: 2,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
        matcher: "200",
      },
      attributes: { "deregistration_delay.timeout_seconds": "0" },
    });
    state.table(loadBalancers).put({
      ...base,
      arn: BALANCER,
      name: "bench",
      type: "application",
      scheme: "internet-facing",
      dnsName: "bench-1.us-east-1.elb.localhost",
      canonicalHostedZoneId: "Z",
      vpcId: VPC,
      ipAddressType: "ipv4",
      availabilityZones: [],
      securityGroups: [],
      attributes: {},
      state: { code: "provisioning" },
    });
    state.table(listeners).put({
      ...base,
      arn: `${BALANCER}/listener`,
      loadBalancerArn: BALANCER,
      protocol: "HTTP",
      port: 80,
      defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }],
      certificates: [],
      attributes: {},
    });
  });
}

/** A task definition of one container with a port, and with a health check where nothing else tells that it is well. */
export function publish(state: WholeState, family: string, revision: number, image: string, healthCheck: boolean): string {
  const arn = arnOf("ecs", `task-definition/${family}:${revision}`);
  const container = { name: "app", image, essential: true, memory: 64, portMappings: [{ containerPort: 80 }] };
  state.commit(() =>
    state.table(taskDefinitions).put({
      ...SCOPE,
      arn,
      family,
      revision,
      status: "ACTIVE",
      definition: {
        family,
        networkMode: "awsvpc",
        cpu: "256",
        memory: "512",
        containerDefinitions: [healthCheck ? { ...container, healthCheck: { command: ["CMD", "true"] } } : container],
      },
      tags: [],
      registeredAt: clock.now(),
      registeredBy: "root",
    }),
  );
  return arn;
}

export interface NewService {
  readonly name: string;
  readonly definition: string;
  readonly desiredCount: number;
  readonly balanced: boolean;
}

/** Writes down what CreateService would. */
export function createService(state: WholeState, wanted: NewService): string {
  const { name, definition, desiredCount } = wanted;
  const arn = arnOf("ecs", `service/bench/${name}`);
  const deployment = deploymentOf(wanted);
  const service: ServiceRecord = {
    ...SCOPE,
    arn,
    name,
    taskDefinitionArn: definition,
    clusterArn: CLUSTER,
    clusterName: "bench",
    status: "ACTIVE",
    schedulingStrategy: "REPLICA",
    desiredCount,
    launchType: "FARGATE",
    deploymentController: { type: "ECS" },
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    loadBalancers: deployment.loadBalancers,
    serviceRegistries: [],
    ...(deployment.networkConfiguration ? { networkConfiguration: deployment.networkConfiguration } : {}),
    placementConstraints: [],
    placementStrategy: [],
    enableECSManagedTags: false,
    propagateTags: "NONE",
    enableExecuteCommand: false,
    availabilityZoneRebalancing: "DISABLED",
    deployments: [deployment],
    events: [],
    told: {},
    tags: [],
    createdAt: clock.now(),
    createdBy: "root",
  };
  state.commit(() => state.table(services).put(service));
  return arn;
}

/** Writes down what UpdateService would for another task definition. */
export function deploy(state: WholeState, arn: string, definition: string): void {
  state.commit(() =>
    state.table(services).update(arn, (service) => {
      const fresh = deploymentOf({ ...service, definition, balanced: service.loadBalancers.length > 0 });
      const old = service.deployments.map((one): DeploymentRecord => ({ ...one, status: "ACTIVE" }));
      return { ...service, taskDefinitionArn: definition, deployments: [fresh, ...old] };
    }),
  );
}

/** Writes down what DeleteService would. */
export function remove(state: WholeState, arn: string): void {
  state.commit(() => state.table(services).update(arn, (service) => ({ ...service, status: "DRAINING", desiredCount: 0 })));
}

/** Resolves when every one of the services is as `is` says. Costs a look at each change. */
export function untilAll(state: WholeState, arns: readonly string[], is: (service: ServiceRecord) => boolean): Promise<void> {
  const waiting = new Set(arns.filter((arn) => !is(requireService(state, arn))));
  return new Promise((resolve) => {
    if (waiting.size === 0) return resolve();
    const watch = state.watch(services, ({ key, after }) => {
      if (!waiting.has(key) || !after || !is(after)) return;
      waiting.delete(key);
      if (waiting.size > 0) return;
      watch[Symbol.dispose]();
      resolve();
    });
  });
}

export function isCompleted({ deployments }: ServiceRecord): boolean {
  return deployments.length === 1 && deployments[0]?.rolloutState === "COMPLETED";
}

function requireService(state: WholeState, arn: string): ServiceRecord {
  const service = state.table(services).get(arn);
  if (!service) throw new Error(`no service ${arn}`);
  return service;
}

function deploymentOf({ definition, desiredCount, balanced }: Omit<NewService, "name">): DeploymentRecord {
  const now = clock.now();
  return {
    ...newDeployment(`ecs-svc/${ids.digits(19)}`, definition, desiredCount, now),
    updatedAt: now,
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets: SUBNETS.map(({ id }) => id) } },
    loadBalancers: balanced ? [{ targetGroupArn: GROUP, containerName: "app", containerPort: 80 }] : [],
  };
}
