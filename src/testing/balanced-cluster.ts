import { arn } from "../domain/arn.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { clusters, services, type DeploymentRecord, type ServiceRecord } from "../state/ecs.ts";
import { listeners, loadBalancers, targetGroups } from "../state/elb.ts";
import type { WholeState } from "../state/state.ts";

export const SCOPE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };

export interface BalancedCluster {
  readonly name: string;
  readonly cluster: string;
  readonly targetGroup: string;
  readonly loadBalancer: string;
}

/** The ARNs of a cluster, a target group and a load balancer of that name. */
export function balancedCluster(name: string): BalancedCluster {
  return {
    name,
    cluster: arn("ecs", SCOPE, `cluster/${name}`),
    targetGroup: arn("elasticloadbalancing", SCOPE, `targetgroup/${name}/0123456789abcdef`),
    loadBalancer: arn("elasticloadbalancing", SCOPE, `loadbalancer/app/${name}/0123456789abcdef`),
  };
}

/** Writes down what would be made: a load balancer whose listener leads to a target group that asks its targets every five seconds. */
export function putBalancedCluster(
  state: WholeState,
  { name, cluster, targetGroup, loadBalancer }: BalancedCluster,
  { vpcId, deregistrationDelay, now }: { readonly vpcId: string; readonly deregistrationDelay: number; readonly now: number },
): void {
  const base = { ...SCOPE, tags: [], createdAt: now };
  const known = { capacityProviders: [], defaultCapacityProviderStrategy: [], settings: [] };
  const healthCheck = { path: "/", interval: 5, timeout: 2, healthyThreshold: 2, unhealthyThreshold: 2, matcher: "200" };
  state.commit(() => {
    state.table(clusters).put({ ...base, ...known, arn: cluster, name, status: "ACTIVE" });
    state.table(targetGroups).put({
      ...base,
      arn: targetGroup,
      name,
      targetType: "ip",
      protocol: "HTTP",
      port: 80,
      vpcId,
      ipAddressType: "ipv4",
      healthCheck: { ...healthCheck, enabled: true, protocol: "HTTP", port: "traffic-port" },
      attributes: { "deregistration_delay.timeout_seconds": String(deregistrationDelay) },
    });
    state.table(loadBalancers).put({
      ...base,
      arn: loadBalancer,
      name,
      type: "application",
      scheme: "internet-facing",
      dnsName: `${name}-1.us-east-1.elb.localhost`,
      canonicalHostedZoneId: "Z",
      vpcId,
      ipAddressType: "ipv4",
      availabilityZones: [],
      securityGroups: [],
      attributes: {},
      state: { code: "provisioning" },
    });
    state.table(listeners).put({
      ...base,
      arn: `${loadBalancer}/listener`,
      loadBalancerArn: loadBalancer,
      protocol: "HTTP",
      port: 80,
      defaultActions: [{ Type: "forward", TargetGroupArn: targetGroup }],
      certificates: [],
      attributes: {},
    });
  });
}

/** Writes down what CreateService would, with a deployment that is new. */
export function putService(
  state: WholeState,
  { name, cluster }: BalancedCluster,
  service: { readonly arn: string; readonly name: string; readonly deployment: DeploymentRecord; readonly now: number },
): ServiceRecord {
  const { deployment } = service;
  const { taskDefinitionArn, desiredCount, launchType, loadBalancers: balanced, networkConfiguration } = deployment;
  return state.commit(() =>
    state.table(services).put({
      ...SCOPE,
      arn: service.arn,
      name: service.name,
      taskDefinitionArn,
      clusterArn: cluster,
      clusterName: name,
      status: "ACTIVE",
      schedulingStrategy: "REPLICA",
      desiredCount,
      launchType,
      deploymentController: { type: "ECS" },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      loadBalancers: balanced,
      serviceRegistries: [],
      ...(networkConfiguration ? { networkConfiguration } : {}),
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
      createdAt: service.now,
      createdBy: "root",
    }),
  );
}
