import { clusters, services } from "../../state/ecs.ts";
import { loadBalancers } from "../../state/elb.ts";
import type { State } from "../../state/state.ts";

/** The path of service-linked roles, and of their policies. Nobody else can make anything there. */
export const SERVICE_ROLE_PATH = "/aws-service-role/";

/** A service that has a role of its own in an account. */
export interface LinkedService {
  /** Such as `ecs.amazonaws.com`. */
  readonly principal: string;
  readonly roleName: string;
  /** Of the role where the service makes it by itself; who asks for it with CreateServiceLinkedRole says what it is for, or nothing. */
  readonly description: string;
  /** The name of AWS's policy that the role has. */
  readonly policy: string;
  /** Whether an account may have several such roles, told apart by a suffix. */
  readonly suffixes?: boolean;
  /** What still needs the role; it cannot be deleted before. */
  readonly usage?: (state: State, account: string) => readonly RoleUsage[];
}

export interface RoleUsage {
  readonly region: string;
  /** ARNs. */
  readonly resources: readonly string[];
}

interface Resource {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
}

function byRegion(resources: Iterable<Resource>, account: string): readonly RoleUsage[] {
  const regions = new Map<string, string[]>();
  for (const { arn, region, account: owner } of resources)
    if (owner === account) regions.set(region, [...(regions.get(region) ?? []), arn]);
  return [...regions].map(([region, arns]) => ({ region, resources: arns }));
}

function ecsUsage(state: State, account: string): readonly RoleUsage[] {
  const active = [...state.table(clusters).values(), ...state.table(services).values()].filter(({ status }) => status !== "INACTIVE");
  return byRegion(active, account);
}

/** Of the services that are here or that container users meet. Facts of each service's guide, "Using service-linked roles". */
export const LINKED_SERVICES: readonly LinkedService[] = [
  {
    principal: "ecs.amazonaws.com",
    roleName: "AWSServiceRoleForECS",
    description: "Role to enable Amazon ECS to manage your cluster.",
    policy: "AmazonECSServiceRolePolicy",
    usage: ecsUsage,
  },
  {
    principal: "ecs-compute.amazonaws.com",
    roleName: "AWSServiceRoleForECSCompute",
    description: "Role to enable Amazon ECS to manage your EC2 instances and related resources.",
    policy: "AmazonECSComputeServiceRolePolicy",
  },
  {
    principal: "ecs.application-autoscaling.amazonaws.com",
    roleName: "AWSServiceRoleForApplicationAutoScaling_ECSService",
    description: "Allows Application Auto Scaling to scale Amazon ECS services.",
    policy: "AWSApplicationAutoscalingECSServicePolicy",
  },
  {
    principal: "elasticloadbalancing.amazonaws.com",
    roleName: "AWSServiceRoleForElasticLoadBalancing",
    description: "Allows ELB to call AWS services on your behalf.",
    policy: "AWSElasticLoadBalancingServiceRolePolicy",
    usage: (state, account) => byRegion(state.table(loadBalancers).values(), account),
  },
  {
    principal: "replication.ecr.amazonaws.com",
    roleName: "AWSServiceRoleForECRReplication",
    description: "Allows Amazon ECR to replicate images to other registries.",
    policy: "ECRReplicationServiceRolePolicy",
  },
  {
    principal: "pullthroughcache.ecr.amazonaws.com",
    roleName: "AWSServiceRoleForECRPullThroughCache",
    description: "Allows Amazon ECR to pull images from upstream registries.",
    policy: "AWSECRPullThroughCache_ServiceRolePolicy",
  },
  {
    principal: "ecr.amazonaws.com",
    roleName: "AWSServiceRoleForECRTemplate",
    description: "Allows Amazon ECR to create repositories from templates.",
    policy: "ECRTemplateServiceRolePolicy",
  },
  {
    principal: "apprunner.amazonaws.com",
    roleName: "AWSServiceRoleForAppRunner",
    description: "Allows AWS App Runner to send logs and events on your behalf.",
    policy: "AppRunnerServiceRolePolicy",
  },
  {
    principal: "networking.apprunner.amazonaws.com",
    roleName: "AWSServiceRoleForAppRunnerNetworking",
    description: "Allows AWS App Runner to manage network interfaces on your behalf.",
    policy: "AppRunnerNetworkingServiceRolePolicy",
  },
  {
    principal: "autoscaling.amazonaws.com",
    roleName: "AWSServiceRoleForAutoScaling",
    description: "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
    policy: "AutoScalingServiceRolePolicy",
    suffixes: true,
  },
];
