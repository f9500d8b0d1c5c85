import { keyInScope, scopeKey } from "../domain/scope.ts";
import type { RolloutState } from "../decide/rollout/view.ts";
import type { LaunchType } from "../domain/launch-type.ts";
import type {
  CapacityProviderStrategyItem,
  ClusterConfiguration,
  ClusterSetting,
  DeploymentController,
  LoadBalancer,
  NetworkConfiguration,
  PlacementConstraint,
  PlacementStrategy,
  ServiceConnectConfiguration,
  ServiceRegistry,
  ServiceVolumeConfiguration,
  Tag,
  TaskDefinition,
  TaskOverride,
} from "@aws-sdk/client-ecs";
import type { CircuitBreaker } from "../decide/circuit-breaker/failure-threshold.ts";
import type { RestartState } from "../decide/throttle/restart-throttle.ts";
import { ENDED_BY_ITSELF, type DesiredTaskStatus, type HealthStatus, type StopCode, type TaskStatus } from "../domain/task-status.ts";
import type { ToldNames } from "../domain/told-names.ts";
import { targetKey } from "./elb.ts";
import { defineTable, ofAccount } from "./table.ts";

// Times in these records are milliseconds since the Unix epoch. SDK shapes appear only where they hold no `Date`.

export interface ClusterRecord {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** A deleted cluster stays, INACTIVE, so that describing it tells so. */
  readonly status: "ACTIVE" | "INACTIVE";
  readonly settings: readonly ClusterSetting[];
  readonly configuration?: ClusterConfiguration;
  readonly capacityProviders: readonly string[];
  readonly defaultCapacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  /** The default Service Connect namespace. */
  readonly serviceConnectNamespace?: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const clusters = defineTable<ClusterRecord>()("ecs.clusters", (cluster) => cluster.arn, ofAccount, {
  scope: scopeKey,
});

export interface TaskDefinitionRecord {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly account: string;
  readonly region: string;
  readonly status: "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS";
  /** As `DescribeTaskDefinition` shows it, without its times and its status. */
  readonly definition: Omit<TaskDefinition, "registeredAt" | "deregisteredAt" | "deleteRequestedAt" | "status">;
  readonly tags: readonly Tag[];
  readonly registeredAt: number;
  readonly registeredBy: string;
  readonly deregisteredAt?: number;
  readonly deleteRequestedAt?: number;
}

export const taskDefinitions = defineTable<TaskDefinitionRecord>()("ecs.task-definitions", (definition) => definition.arn, ofAccount, {
  scope: scopeKey,
  family: (record) => keyInScope(record, record.family),
});

/** The highest revision that a family ever had: numbers are never used again. */
export interface FamilyRecord {
  readonly account: string;
  readonly region: string;
  readonly family: string;
  readonly lastRevision: number;
}

export const families = defineTable<FamilyRecord>()("ecs.families", (record) => keyInScope(record, record.family), ofAccount);

export interface ContainerRecord {
  readonly arn: string;
  readonly name: string;
  readonly image: string;
  readonly imageDigest?: string;
  readonly runtimeId?: string;
  readonly lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  readonly exitCode?: number;
  readonly reason?: string;
  readonly healthStatus: HealthStatus;
  readonly networkBindings: readonly {
    readonly containerPort: number;
    readonly hostPort: number;
    readonly protocol: "tcp" | "udp";
    readonly bindIP: string;
  }[];
  readonly cpu?: string;
  readonly memory?: string;
  readonly memoryReservation?: string;
  readonly essential: boolean;
  /** Whether the task definition gives it a health check. */
  readonly hasHealthCheck: boolean;
}

/** A task's own network interface (awsvpc). */
export interface TaskInterface {
  readonly attachmentId: string;
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  /** The block of the VPC that its subnet is in. */
  readonly vpcCidr: string;
  /** Whether the VPC got that block later. */
  readonly isFurtherBlock?: boolean;
  readonly availabilityZone: string;
  readonly privateIpv4Address: string;
  readonly macAddress: string;
  readonly privateDnsName: string;
  readonly securityGroups: readonly string[];
  /** What the DHCP options of its VPC said of name servers when it came up, where that was not what AWS says at first. */
  readonly toldNames?: ToldNames;
  /** Of the operator's range, where it has one; see `public-addresses.ts`. */
  readonly publicIpv4Address?: string;
}

/** A target that a service's task has in a target group. */
export interface TaskTarget {
  readonly targetGroupArn: string;
  /** As registered: an address, or an instance id. */
  readonly targetId: string;
  readonly port: number;
}

/** What a task has of Service Connect: it may connect to what its namespace offers, by these names and no others. */
export interface TaskConnect {
  readonly namespaceId: string;
  readonly names: readonly ConnectName[];
}

export interface TaskRecord {
  readonly arn: string;
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly clusterArn: string;
  readonly clusterName: string;
  readonly taskDefinitionArn: string;
  /** `family:name` or `service:name`. */
  readonly group: string;
  readonly serviceArn?: string;
  /** Such as `ecs-svc/1234567890123456789`, for a service's task. */
  readonly deploymentId?: string;
  readonly startedBy?: string;
  readonly launchType: LaunchType;
  readonly capacityProviderName?: string;
  readonly platformVersion?: string;
  readonly platformFamily?: string;
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: DesiredTaskStatus;
  readonly healthStatus: HealthStatus;
  readonly containers: readonly ContainerRecord[];
  readonly overrides: TaskOverride;
  readonly cpu?: string;
  readonly memory?: string;
  readonly networkMode: "awsvpc" | "bridge" | "host" | "none";
  /** Where the scheduler wants it; any subnet of the configuration where absent. */
  readonly preferredSubnetId?: string;
  /** What was asked for: subnets to choose from, security groups. */
  readonly networkConfiguration?: NetworkConfiguration;
  readonly networkInterface?: TaskInterface;
  readonly containerInstanceArn?: string;
  readonly availabilityZone: string;
  /** Where each container port can be reached from this host. */
  readonly endpoints: readonly {
    readonly containerName: string;
    readonly containerPort: number;
    readonly address: string;
    readonly port: number;
  }[];
  readonly targets: readonly TaskTarget[];
  /** Of a task of a service with Service Connect. */
  readonly connect?: TaskConnect;
  readonly enableExecuteCommand: boolean;
  readonly tags: readonly Tag[];
  /** Counts the changes of status. */
  readonly version: number;
  readonly clientToken?: string;
  /** Of the request that `clientToken` came with: tells a retry from another request with the same token. */
  readonly requestDigest?: string;
  readonly createdAt: number;
  readonly pullStartedAt?: number;
  readonly pullStoppedAt?: number;
  readonly startedAt?: number;
  readonly stoppingAt?: number;
  readonly executionStoppedAt?: number;
  readonly stoppedAt?: number;
  readonly stopCode?: StopCode;
  readonly stoppedReason?: string;
  /** Notes of the service scheduler: it has seen the task healthy; it has counted its failure. */
  readonly healthySeen: boolean;
  readonly failureCounted: boolean;
}

export const tasks = defineTable<TaskRecord>()("ecs.tasks", (task) => task.arn, ofAccount, {
  id: (task) => task.id,
  cluster: (task) => task.clusterArn,
  service: (task) => task.serviceArn,
  /** Those of a service that its scheduler looks at: all but those that stopped and have nothing left to be counted. */
  scheduled: (task) => (isSettled(task) ? undefined : task.serviceArn),
  /** Tasks that are not STOPPED. */
  live: (task) => (task.lastStatus === "STOPPED" ? undefined : "live"),
  address: (task) => task.networkInterface && `${task.networkInterface.subnetId}/${task.networkInterface.privateIpv4Address}`,
  /** The address from which a task that is not STOPPED speaks; no two VPCs on this host have the same. */
  from: (task) => (task.lastStatus === "STOPPED" ? undefined : task.networkInterface?.privateIpv4Address),
  /** Of tasks that are not STOPPED: `eni-…`. */
  interface: (task) => (task.lastStatus === "STOPPED" ? undefined : task.networkInterface?.networkInterfaceId),
  subnet: (task) => (task.lastStatus === "STOPPED" ? undefined : task.networkInterface?.subnetId),
  /** Those that have an interface in a security group now. */
  securityGroup: (task) => (task.lastStatus === "STOPPED" ? undefined : task.networkInterface?.securityGroups),
  /** How the tasks of a group are spread: `subnet-0 service:web`. */
  groupInSubnet: ({ lastStatus, networkInterface, group }) =>
    lastStatus === "STOPPED" || !networkInterface ? undefined : `${networkInterface.subnetId} ${group}`,
  clientToken: (task) => task.clientToken && `${task.clusterArn}/${task.clientToken}`,
  /** Those that may connect to what a namespace offers, from addresses of theirs. */
  connect: (task) => (task.lastStatus === "STOPPED" || !task.networkInterface ? undefined : task.connect?.namespaceId),
  target: (task) => task.targets.map(({ targetGroupArn, targetId, port }) => targetKey(targetGroupArn, targetId, port)),
});

function isSettled({ lastStatus, stopCode, healthySeen, failureCounted }: TaskRecord): boolean {
  return lastStatus === "STOPPED" && (failureCounted || healthySeen || !ENDED_BY_ITSELF.has(stopCode));
}

/** A name that a task knows of Service Connect. */
export interface ConnectName {
  readonly hostname: string;
  readonly ipAddress: string;
}

/** A port of a service's tasks that others in the namespace reach by a client alias. Seconds are 0 for no timeout. */
export interface ConnectEndpoint {
  readonly namespaceId: string;
  /** The Cloud Map service that is made for it. */
  readonly discoveryServiceId: string;
  readonly discoveryArn: string;
  readonly discoveryName: string;
  readonly containerName: string;
  readonly containerPort: number;
  /** At which servers' security groups are asked, where it is another than the container's: `ingressPortOverride`. */
  readonly ingressPort?: number;
  readonly protocol: "tcp" | "http" | "http2" | "grpc";
  readonly alias: { readonly dnsName: string; readonly port: number };
  readonly idleTimeout: number;
  /** Of `http`, `http2`, `grpc`. */
  readonly requestTimeout: number;
}

/** Service Connect of a deployment. */
export interface DeploymentConnect {
  /** As it was asked for. */
  readonly configuration: ServiceConnectConfiguration;
  /** Absent where it is not enabled. */
  readonly namespaceId?: string;
  readonly endpoints: readonly ConnectEndpoint[];
  /** What its tasks know: the aliases of the namespace when it began, its own among them. */
  readonly names: readonly ConnectName[];
}

/** One rollout of a service: one entry of `deployments`. */
export interface DeploymentRecord {
  /** Such as `ecs-svc/1234567890123456789`. */
  readonly id: string;
  readonly status: "PRIMARY" | "ACTIVE" | "INACTIVE";
  readonly taskDefinitionArn: string;
  readonly failedTasks: number;
  readonly rolloutState: RolloutState;
  readonly rolloutStateReason: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly launchType: LaunchType;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  readonly platformVersion?: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly loadBalancers: readonly LoadBalancer[];
  /** None where absent. */
  readonly serviceRegistries?: readonly ServiceRegistry[];
  readonly connect?: DeploymentConnect;
  /** Set on a deployment that the circuit breaker made: the failed one's id. */
  readonly rollbackOf?: string;
  /** What `DescribeServices` shows; decided by the scheduler. */
  readonly desiredCount: number;
  /** What the restart throttle remembers. */
  readonly restarts: RestartState;
  readonly placementFailure?: { readonly at: number; readonly reason: string; readonly refused?: boolean };
}

export interface ServiceEventRecord {
  readonly id: string;
  readonly createdAt: number;
  readonly message: string;
}

export interface ServiceRecord {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly clusterArn: string;
  readonly clusterName: string;
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE";
  /** Asked for last. What the service runs is its PRIMARY deployment's: a rollback leaves this as it is. */
  readonly taskDefinitionArn: string;
  readonly schedulingStrategy: "REPLICA" | "DAEMON";
  readonly desiredCount: number;
  readonly launchType: LaunchType;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  readonly platformVersion?: string;
  readonly deploymentController: DeploymentController;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly circuitBreaker: CircuitBreaker;
  /** Seconds. */
  readonly healthCheckGracePeriodSeconds?: number;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly networkConfiguration?: NetworkConfiguration;
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategy[];
  readonly roleArn?: string;
  readonly enableECSManagedTags: boolean;
  readonly propagateTags: "TASK_DEFINITION" | "SERVICE" | "NONE";
  readonly enableExecuteCommand: boolean;
  readonly availabilityZoneRebalancing: "ENABLED" | "DISABLED";
  readonly connect?: DeploymentConnect;
  readonly volumeConfigurations?: readonly ServiceVolumeConfiguration[];
  /** Newest first. The PRIMARY one is what the service should become. */
  readonly deployments: readonly DeploymentRecord[];
  /** Newest first, 100 at most. */
  readonly events: readonly ServiceEventRecord[];
  /** Conditions that were told in an event, by key, with the time of the telling. */
  readonly told: Readonly<Record<string, number>>;
  readonly tags: readonly Tag[];
  readonly clientToken?: string;
  /** Of the request that `clientToken` came with: tells a retry from another request with the same token. */
  readonly requestDigest?: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

export const services = defineTable<ServiceRecord>()("ecs.services", (service) => service.arn, ofAccount, {
  cluster: (service) => service.clusterArn,
  scope: scopeKey,
  status: (service) => service.status,
  /** Those of a Service Connect namespace. */
  connect: (service) =>
    service.status === "INACTIVE" ? undefined : [...new Set(service.deployments.flatMap(({ connect }) => connect?.namespaceId ?? []))],
});

/** What others find of a service by Service Connect: what its PRIMARY deployment says. */
export function connectOf({ status, deployments }: Pick<ServiceRecord, "status" | "deployments">): DeploymentConnect | undefined {
  return status === "INACTIVE" ? undefined : deployments.find((deployment) => deployment.status === "PRIMARY")?.connect;
}
