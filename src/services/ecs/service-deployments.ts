import type { Failure, ServiceDeployment, ServiceRevision, ServiceRevisionSummary } from "@aws-sdk/client-ecs";
import { serviceDeployments, type ServiceDeploymentRecord, type TrippedBreaker } from "../../state/ecs-service-deployments.ts";
import { services, taskDefinitions, type ServiceRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";
import type { OperationContext } from "../operation.ts";
import { paginate } from "../pagination.ts";
import { failureThreshold } from "../../decide/circuit-breaker/failure-threshold.ts";
import { inCluster } from "./condition-keys.ts";
import { deploymentConfigurationView } from "./deployment-configuration.ts";
import { instant, invalid, mustBeOneOf, operation, shown } from "./ecs-operation.ts";
import { requireCluster } from "./find-cluster.ts";
import { requireService, serviceArn } from "./find-service.ts";
import { deploymentStatus, rollbackView, trippedBreaker } from "./service-deployment-history.ts";
import { countTasks, type TaskCounts } from "./task-counts.ts";

const STATUSES = [
  "PENDING",
  "SUCCESSFUL",
  "STOPPED",
  "STOP_REQUESTED",
  "IN_PROGRESS",
  "ROLLBACK_REQUESTED",
  "ROLLBACK_IN_PROGRESS",
  "ROLLBACK_SUCCESSFUL",
  "ROLLBACK_FAILED",
];

export const listServiceDeployments = operation("ListServiceDeployments", {
  authorize: ({ cluster, service = "" }, at) => ({
    action: "ecs:ListServiceDeployments",
    resource: serviceArn(at, cluster, service),
    context: inCluster(at, cluster),
  }),
  run({ cluster, service: id, status = [], createdAt, nextToken, maxResults = 20 }, context) {
    const { state } = context;
    const service = requireService(requireCluster(cluster, context), id, context);
    for (const wanted of status) mustBeOneOf("status", wanted, STATUSES);
    if (maxResults < 1 || maxResults > 100) throw invalid("maxResults must be between 1 and 100.");
    const [after, before] = [createdAt?.after?.getTime() ?? 0, createdAt?.before?.getTime() ?? Number.POSITIVE_INFINITY];
    const found = state
      .table(serviceDeployments)
      .by("service", service.arn)
      .filter((record) => record.createdAt >= after && record.createdAt <= before)
      .filter((record) => status.length === 0 || status.includes(deploymentStatus(record, service).status))
      .sort((a, b) => (newestFirst(a) < newestFirst(b) ? -1 : 1));
    const page = paginate(found, newestFirst, { token: nextToken, limit: maxResults }, context.secrets);
    if (!page) throw invalid("Invalid token.");
    const brief = (record: ServiceDeploymentRecord) => {
      const { status: now, at, reason } = deploymentStatus(record, service);
      return {
        serviceDeploymentArn: record.arn,
        serviceArn: record.serviceArn,
        clusterArn: record.clusterArn,
        startedAt: new Date(record.createdAt),
        createdAt: new Date(record.createdAt),
        finishedAt: instant(at),
        targetServiceRevisionArn: record.revisionArn,
        status: now,
        statusReason: reason,
      };
    };
    return { serviceDeployments: page.items.map(brief), nextToken: page.nextToken };
  },
});

/** Who looks at deployments and revisions must be allowed to look at both them and their services. */
function withTheirServices(arns: readonly string[]): readonly string[] {
  const servicesOf = arns.map((arn) => arn.replace(/:service-(?:deployment|revision)\/([^/]+\/[^/]+)\/[^/]+$/, ":service/$1"));
  return [...new Set([...servicesOf, ...arns])];
}

/** Page tokens ascend, so that the newest has the smallest key. */
function newestFirst({ createdAt, arn }: ServiceDeploymentRecord): string {
  return `${String(Number.MAX_SAFE_INTEGER - createdAt).padStart(16, "0")}/${arn}`;
}

export const describeServiceDeployments = operation("DescribeServiceDeployments", {
  authorize: ({ serviceDeploymentArns = [] }) => ({
    action: "ecs:DescribeServiceDeployments",
    resource: withTheirServices(serviceDeploymentArns),
  }),
  run({ serviceDeploymentArns: arns = [] }, context) {
    if (arns.length === 0 || arns.length > 20) throw invalid("The number of service deployment ARNs must be between 1 and 20.");
    const failures: Failure[] = [];
    const found = arns.flatMap((arn) => {
      const record = context.state.table(serviceDeployments).get(arn);
      if (record?.account === context.account) return [serviceDeploymentView(record, context)];
      failures.push({ arn, reason: "MISSING" });
      return [];
    });
    return { serviceDeployments: found, failures };
  },
});

function serviceDeploymentView(record: ServiceDeploymentRecord, context: OperationContext): ServiceDeployment {
  const { state } = context;
  const service = state.table(services).get(record.serviceArn);
  const { status, at, reason } = deploymentStatus(record, service);
  const tripped = trippedBreaker(record, service);
  const counts = service ? countTasks(service, state).byDeployment : new Map<string, TaskCounts>();
  const summary = (arn: string): ServiceRevisionSummary => revisionSummary(arn, service, counts);
  const deployment = service?.deployments.find(({ id }) => id === record.deploymentId);
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: record.serviceArn,
    clusterArn: record.clusterArn,
    createdAt: new Date(record.createdAt),
    startedAt: new Date(record.createdAt),
    finishedAt: instant(at),
    ...(status === "STOPPED" ? { stoppedAt: instant(at) } : {}),
    updatedAt: new Date(at ?? deployment?.updatedAt ?? record.createdAt),
    sourceServiceRevisions: record.sourceRevisionArns.map(summary),
    targetServiceRevision: summary(record.revisionArn),
    status,
    statusReason: reason,
    rollback: tripped && rollbackView(tripped),
    ...(service
      ? {
          deploymentConfiguration: deploymentConfigurationView(service),
          deploymentCircuitBreaker: circuitBreakerView(service, status, tripped, deployment?.failedTasks ?? 0),
        }
      : {}),
    alarms: { status: "DISABLED", alarmNames: [], triggeredAlarmNames: [] },
  };
}

function circuitBreakerView(
  { circuitBreaker, desiredCount }: ServiceRecord,
  status: string,
  tripped: TrippedBreaker | undefined,
  failedTasks: number,
): NonNullable<ServiceDeployment["deploymentCircuitBreaker"]> {
  const threshold = failureThreshold(circuitBreaker, desiredCount);
  const failureCount = tripped?.failureCount ?? failedTasks;
  if (tripped) return { status: "TRIGGERED", failureCount, threshold };
  if (!circuitBreaker.enable) return { status: "DISABLED", failureCount, threshold };
  return { status: status === "IN_PROGRESS" ? "MONITORING" : "MONITORING_COMPLETE", failureCount, threshold };
}

/** The counts of a revision are those of its deployment while the service still has it. */
function revisionSummary(arn: string, service: ServiceRecord | undefined, counts: ReadonlyMap<string, TaskCounts>): ServiceRevisionSummary {
  const id = `ecs-svc/${arn.slice(arn.lastIndexOf("/") + 1)}`;
  const { running, pending } = counts.get(id) ?? { running: 0, pending: 0 };
  const requested = service?.deployments.find((deployment) => deployment.id === id)?.desiredCount ?? 0;
  return { arn, requestedTaskCount: requested, runningTaskCount: running, pendingTaskCount: pending };
}

export const describeServiceRevisions = operation("DescribeServiceRevisions", {
  authorize: ({ serviceRevisionArns = [] }) => ({
    action: "ecs:DescribeServiceRevisions",
    resource: withTheirServices(serviceRevisionArns),
  }),
  run({ serviceRevisionArns: arns = [] }, { state, account }) {
    if (arns.length === 0 || arns.length > 20) throw invalid("The number of service revision ARNs must be between 1 and 20.");
    const failures: Failure[] = [];
    const found = arns.flatMap((arn) => {
      const record = state.table(serviceDeployments).by("revision", arn)[0];
      if (record?.account === account) return [revisionView(record, state)];
      failures.push({ arn, reason: "MISSING" });
      return [];
    });
    return { serviceRevisions: found, failures };
  },
});

function revisionView(record: ServiceDeploymentRecord, state: State): ServiceRevision {
  const {
    taskDefinitionArn,
    launchType,
    capacityProviderStrategy,
    platformVersion,
    networkConfiguration,
    loadBalancers,
    serviceRegistries,
    connect,
  } = record.revision;
  const containers = state.table(taskDefinitions).get(taskDefinitionArn)?.definition.containerDefinitions ?? [];
  return {
    serviceRevisionArn: record.revisionArn,
    serviceArn: record.serviceArn,
    clusterArn: record.clusterArn,
    taskDefinition: taskDefinitionArn,
    ...(capacityProviderStrategy ? { capacityProviderStrategy: shown(capacityProviderStrategy) } : { launchType }),
    ...(launchType === "FARGATE"
      ? {
          platformVersion: platformVersion === undefined || platformVersion === "LATEST" ? "1.4.0" : platformVersion,
          platformFamily: "Linux",
        }
      : {}),
    loadBalancers: shown(loadBalancers),
    serviceRegistries: shown(serviceRegistries ?? []),
    networkConfiguration,
    ...(connect && { serviceConnectConfiguration: connect.configuration }),
    containerImages: containers.map(({ name, image }) => ({ containerName: name, image })),
    guardDutyEnabled: false,
    createdAt: new Date(record.createdAt),
  };
}
