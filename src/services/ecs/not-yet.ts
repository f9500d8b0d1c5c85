import { UnsupportedFeatureException, type CreateServiceRequest } from "@aws-sdk/client-ecs";
import { because } from "../operation.ts";

type Wanted = Partial<
  Pick<
    CreateServiceRequest,
    | "deploymentController"
    | "deploymentConfiguration"
    | "serviceRegistries"
    | "serviceConnectConfiguration"
    | "volumeConfigurations"
    | "vpcLatticeConfigurations"
    | "gatewayConnectors"
    | "loadBalancers"
  >
>;

/** Refuses what a service would be promised and not given. @throws UnsupportedFeatureException */
export function refuseNotYet(wanted: Wanted): void {
  const { deploymentController, deploymentConfiguration, loadBalancers = [] } = wanted;
  const controller = deploymentController?.type;
  refuseIf(controller !== undefined && controller !== "ECS", `the deployment controller ${controller}`, "use ECS");
  const strategy = deploymentConfiguration?.strategy;
  refuseIf(strategy !== undefined && strategy !== "ROLLING", `the deployment strategy ${strategy}`, "use ROLLING");
  refuseIf(deploymentConfiguration?.alarms?.enable === true, "deployment alarms");
  refuseIf((deploymentConfiguration?.lifecycleHooks?.length ?? 0) > 0, "deployment lifecycle hooks");
  refuseIf((deploymentConfiguration?.bakeTimeInMinutes ?? 0) > 0, "a bake time");
  refuseIf((wanted.serviceRegistries?.length ?? 0) > 0, "service registries (Cloud Map)");
  refuseIf(wanted.serviceConnectConfiguration?.enabled === true, "Service Connect");
  refuseIf((wanted.volumeConfigurations?.length ?? 0) > 0, "volumes that are configured at launch (EBS)");
  refuseIf((wanted.vpcLatticeConfigurations?.length ?? 0) > 0, "VPC Lattice");
  refuseIf((wanted.gatewayConnectors?.length ?? 0) > 0, "gateway connectors");
  refuseIf(
    loadBalancers.some((balancer) => balancer.loadBalancerName !== undefined),
    "Classic Load Balancers",
    "name a targetGroupArn",
  );
}

function refuseIf(unsupported: boolean, feature: string, instead?: string): void {
  if (unsupported)
    throw new UnsupportedFeatureException(because(`Airfield does not support ${feature} yet${instead ? `; ${instead}` : ""}.`));
}
