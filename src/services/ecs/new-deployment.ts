import { newDeployment as beginDeployment } from "../../decide/rollout/new-deployment.ts";
import type { Ids } from "../../ports/ids.ts";
import type { DeploymentRecord, ServiceRecord } from "../../state/ecs.ts";
import { defined } from "../../domain/defined.ts";

type Deployed = Pick<
  ServiceRecord,
  | "launchType"
  | "capacityProviderStrategy"
  | "platformVersion"
  | "networkConfiguration"
  | "loadBalancers"
  | "serviceRegistries"
  | "desiredCount"
>;

/** The record of a deployment that begins: what a service is now, with a task definition. */
export function newDeployment(service: Deployed, taskDefinitionArn: string, ids: Ids, now: number): DeploymentRecord {
  const { launchType, capacityProviderStrategy, platformVersion, networkConfiguration, loadBalancers, serviceRegistries, desiredCount } =
    service;
  return {
    ...beginDeployment(`ecs-svc/${ids.digits(19)}`, taskDefinitionArn, desiredCount, now),
    updatedAt: now,
    launchType,
    loadBalancers,
    serviceRegistries,
    ...defined({ capacityProviderStrategy, platformVersion, networkConfiguration }),
  };
}
