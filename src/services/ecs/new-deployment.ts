import { newDeployment as beginDeployment } from "../../decide/rollout/new-deployment.ts";
import type { Ids } from "../../ports/ids.ts";
import type { DeploymentRecord, ServiceRecord } from "../../state/ecs.ts";
import type { ServiceRevisionSettings } from "../../state/ecs-service-deployments.ts";
import { revisionSettings } from "./revision-settings.ts";

type Deployed = Omit<ServiceRevisionSettings, "taskDefinitionArn"> & Pick<ServiceRecord, "serviceRegistries" | "desiredCount">;

/** The record of a deployment that begins: what a service is now, with a task definition. */
export function newDeployment(service: Deployed, taskDefinitionArn: string, ids: Ids, now: number): DeploymentRecord {
  return {
    ...beginDeployment(`ecs-svc/${ids.digits(19)}`, taskDefinitionArn, service.desiredCount, now),
    updatedAt: now,
    ...revisionSettings({ ...service, taskDefinitionArn }),
  };
}
