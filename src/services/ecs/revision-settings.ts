import { defined } from "../../domain/defined.ts";
import type { ServiceRevisionSettings } from "../../state/ecs-service-deployments.ts";

/** What a revision is made of, of a deployment or a service that has it among more. A deployment of before there was Cloud Map here is registered nowhere. */
export function revisionSettings(of: ServiceRevisionSettings) {
  const { taskDefinitionArn, launchType, loadBalancers, serviceRegistries = [] } = of;
  const { capacityProviderStrategy, platformVersion, networkConfiguration, connect } = of;
  return {
    taskDefinitionArn,
    launchType,
    loadBalancers,
    serviceRegistries,
    ...defined({ capacityProviderStrategy, platformVersion, networkConfiguration, connect }),
  };
}
