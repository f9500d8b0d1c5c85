import type { ServiceDeploymentStatus } from "@aws-sdk/client-ecs";
import type { DeploymentRecord } from "./ecs.ts";
import { defineTable, ofAccount } from "./table.ts";

/** What a revision of a service is made of: as its deployment was when it began. */
export type ServiceRevisionSettings = Pick<
  DeploymentRecord,
  | "taskDefinitionArn"
  | "launchType"
  | "capacityProviderStrategy"
  | "platformVersion"
  | "networkConfiguration"
  | "loadBalancers"
  | "serviceRegistries"
  | "connect"
>;

/** What the circuit breaker had counted when it ended a deployment. */
export interface TrippedBreaker {
  readonly failureCount: number;
  readonly at: number;
  /** The revision that is brought back. */
  readonly restoredRevisionArn?: string;
}

/** One deployment of a service in its history; it outlives the entry in the service's `deployments`. Times are milliseconds since the Unix epoch. */
export interface ServiceDeploymentRecord {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly serviceArn: string;
  readonly clusterArn: string;
  /** The entry in `deployments`: `ecs-svc/1234567890123456789`. */
  readonly deploymentId: string;
  /** The revision that it brings, and those that ran before. */
  readonly revisionArn: string;
  readonly sourceRevisionArns: readonly string[];
  readonly revision: ServiceRevisionSettings;
  readonly createdAt: number;
  /** Written down when the circuit breaker gives the deployment up for another one, or when the service's records are about to forget. */
  readonly tripped?: TrippedBreaker;
  /** How it ended, written down when the next one begins or the service is deleted; until then the service's records tell. */
  readonly ended?: { readonly status: ServiceDeploymentStatus; readonly at: number; readonly reason?: string };
}

export const serviceDeployments = defineTable<ServiceDeploymentRecord>()(
  "ecs.service-deployments",
  (deployment) => deployment.arn,
  ofAccount,
  {
    service: (deployment) => deployment.serviceArn,
    revision: (deployment) => deployment.revisionArn,
    deployment: (deployment) => `${deployment.serviceArn}/${deployment.deploymentId}`,
  },
);
