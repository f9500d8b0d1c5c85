import type { Rollback, ServiceDeploymentStatus } from "@aws-sdk/client-ecs";
import { serviceDeployments, type ServiceDeploymentRecord, type TrippedBreaker } from "../../state/ecs-service-deployments.ts";
import type { DeploymentRecord, ServiceRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";
import type { OperationContext, RequestScope } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { revisionSettings } from "./revision-settings.ts";

/** How many deployments of a service are remembered. AWS remembers those of the last 90 days. */
const REMEMBERED = 100;

export function revisionArn(at: Pick<RequestScope, "arn">, service: ServiceRecord, deploymentId: string): string {
  return at.arn("ecs", `service-revision/${service.clusterName}/${service.name}/${deploymentId.replace("ecs-svc/", "")}`);
}

/** Begins a deployment in the history of its service, and closes those before it. Inside a commit. */
export function rememberDeployment(
  before: ServiceRecord | undefined,
  after: ServiceRecord,
  deployment: DeploymentRecord,
  context: OperationContext,
): void {
  const { state, ids, now } = context;
  if (before) closeDeployments(before, state, now);
  const table = state.table(serviceDeployments);
  table.put({
    arn: context.arn("ecs", `service-deployment/${after.clusterName}/${after.name}/${ids.alphanumeric(21)}`),
    account: after.account,
    region: after.region,
    serviceArn: after.arn,
    clusterArn: after.clusterArn,
    deploymentId: deployment.id,
    revisionArn: revisionArn(context, after, deployment.id),
    sourceRevisionArns: (before?.deployments ?? []).map(({ id }) => revisionArn(context, after, id)),
    revision: revisionSettings(deployment),
    createdAt: now,
  });
  const known = [...table.by("service", after.arn)].sort((a, b) => b.createdAt - a.createdAt);
  for (const forgotten of known.slice(REMEMBERED)) table.delete(forgotten.arn);
}

/** Writes down how the deployments of a service ended, before its records forget. Inside a commit. */
export function closeDeployments(service: ServiceRecord, state: State, now: number): void {
  const table = state.table(serviceDeployments);
  for (const record of table.by("service", service.arn)) {
    if (record.ended) continue;
    const { status, at = now, reason } = deploymentStatus(record, service);
    const cut = CUT_SHORT[status];
    const ended = cut ? { status: cut, at: now, reason: CUT_SHORT_REASON } : { status, at, ...defined({ reason }) };
    table.put({ ...record, ...defined({ tripped: trippedBreaker(record, service) }), ended });
  }
}

/** What becomes of a deployment that is not finished when its service goes on without it. */
const CUT_SHORT: Partial<Record<ServiceDeploymentStatus, ServiceDeploymentStatus>> = {
  IN_PROGRESS: "STOPPED",
  ROLLBACK_IN_PROGRESS: "ROLLBACK_FAILED",
};
const CUT_SHORT_REASON = "The service was updated or deleted before the deployment was finished.";

export interface DeploymentStatus {
  readonly status: ServiceDeploymentStatus;
  /** When it ended. */
  readonly at?: number;
  readonly reason?: string;
}

/** AWS's sentences. Source: the provider of Terraform, whose tests match on them, and deployments on AWS. */
const ROLLED_BACK_REASON = "Service deployment rolled back because the circuit breaker threshold was exceeded.";
const NO_CANDIDATE_REASON = "No rollback candidate was found to run the rollback.";

/** What the circuit breaker did to a deployment; `undefined` where it did not end it. */
export function trippedBreaker(record: ServiceDeploymentRecord, service: ServiceRecord | undefined): TrippedBreaker | undefined {
  if (record.tripped) return record.tripped;
  const deployment = service?.deployments.find(({ id }) => id === record.deploymentId);
  return deployment?.rolloutState === "FAILED" ? { failureCount: deployment.failedTasks, at: deployment.updatedAt } : undefined;
}

export function rollbackView({ restoredRevisionArn, at }: TrippedBreaker): Rollback | undefined {
  return restoredRevisionArn === undefined
    ? undefined
    : { reason: ROLLED_BACK_REASON, startedAt: new Date(at), serviceRevisionArn: restoredRevisionArn };
}

/** What has become of a deployment: as it was written down, else as the service's records tell. */
export function deploymentStatus(record: ServiceDeploymentRecord, service: ServiceRecord | undefined): DeploymentStatus {
  if (record.ended) return record.ended;
  const restored = service?.deployments.find((deployment) => deployment.rollbackOf === record.deploymentId);
  if (restored) {
    const done = restored.rolloutState === "COMPLETED";
    const status = done ? "ROLLBACK_SUCCESSFUL" : "ROLLBACK_IN_PROGRESS";
    return { status, ...(done ? { at: restored.updatedAt } : {}), reason: ROLLED_BACK_REASON };
  }
  const deployment = service?.deployments.find(({ id }) => id === record.deploymentId);
  if (!deployment) return { status: "STOPPED" };
  const { rolloutState, rolloutStateReason: reason, updatedAt: at } = deployment;
  if (rolloutState === "COMPLETED") return { status: "SUCCESSFUL", at };
  if (rolloutState !== "FAILED") return { status: "IN_PROGRESS" };
  return service?.circuitBreaker.rollback
    ? { status: "ROLLBACK_FAILED", at, reason: NO_CANDIDATE_REASON }
    : { status: "STOPPED", at, reason };
}
