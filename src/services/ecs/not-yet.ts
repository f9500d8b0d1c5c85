import { UnsupportedFeatureException, type CreateServiceRequest, type RunTaskRequest } from "@aws-sdk/client-ecs";
import { cannotRun } from "../../state/cannot-run.ts";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import { because } from "../operation.ts";

type Wanted = Partial<
  Pick<
    CreateServiceRequest,
    | "deploymentController"
    | "deploymentConfiguration"
    | "volumeConfigurations"
    | "vpcLatticeConfigurations"
    | "gatewayConnectors"
    | "loadBalancers"
    | "monitoring"
  >
>;

/** Refuses what a service would be promised and not given. @throws UnsupportedFeatureException */
export function refuseNotYet(wanted: Wanted): void {
  const { deploymentController, deploymentConfiguration, loadBalancers = [] } = wanted;
  const controller = deploymentController?.type;
  refuseIf(controller !== undefined && controller !== "ECS", `the deployment controller ${controller}`, "use ECS");
  const strategy = deploymentConfiguration?.strategy;
  refuseIf(strategy !== undefined && strategy !== "ROLLING", `the deployment strategy ${strategy}`, "use ROLLING");
  refuseIf(deploymentConfiguration?.alarms?.enable === true, "deployment alarms (deploymentConfiguration.alarms)");
  refuseIf((deploymentConfiguration?.lifecycleHooks?.length ?? 0) > 0, "deployment lifecycle hooks (lifecycleHooks)");
  refuseIf((deploymentConfiguration?.bakeTimeInMinutes ?? 0) > 0, "a bake time (bakeTimeInMinutes)");
  refuseIf(deploymentConfiguration?.linearConfiguration !== undefined, "linear deployments (linearConfiguration)");
  refuseIf(deploymentConfiguration?.canaryConfiguration !== undefined, "canary deployments (canaryConfiguration)");
  refuseIf(deploymentConfiguration?.earlySuccessCriteria?.enable === true, "early success of deployments (earlySuccessCriteria)");
  refuseIf((wanted.volumeConfigurations?.length ?? 0) > 0, "volumes that are configured at launch (volumeConfigurations)");
  refuseIf((wanted.vpcLatticeConfigurations?.length ?? 0) > 0, "VPC Lattice (vpcLatticeConfigurations)");
  refuseIf((wanted.gatewayConnectors?.length ?? 0) > 0, "gateway connectors (gatewayConnectors)");
  refuseIf((wanted.monitoring?.metricConfigurations?.length ?? 0) > 0, "metrics of services (monitoring)");
  refuseIf(
    loadBalancers.some((balancer) => balancer.loadBalancerName !== undefined),
    "Classic Load Balancers (loadBalancerName)",
    "name a targetGroupArn",
  );
  refuseIf(
    loadBalancers.some((balancer) => balancer.advancedConfiguration !== undefined),
    "blue/green load balancing (advancedConfiguration)",
  );
}

/** Refuses a task that would be promised and not given. @throws UnsupportedFeatureException */
export function refuseTaskNotYet(request: RunTaskRequest, definition: TaskDefinitionRecord): void {
  const { overrides = {}, volumeConfigurations = [] } = request;
  refuseDefinitionNotYet(definition);
  refuseIf(volumeConfigurations.length > 0, "volumes that are configured at launch (volumeConfigurations)");
  refuseIf((overrides.inferenceAcceleratorOverrides ?? []).length > 0, "Elastic Inference (inferenceAcceleratorOverrides)");
  for (const { environmentFiles = [], resourceRequirements = [] } of overrides.containerOverrides ?? []) {
    refuseIf(environmentFiles.length > 0, "environment files (environmentFiles)");
    refuseIf(resourceRequirements.length > 0, "GPUs or accelerators (resourceRequirements)");
  }
}

/** Refuses to run a definition of which a part would not come about. @throws UnsupportedFeatureException */
export function refuseDefinitionNotYet({ definition }: TaskDefinitionRecord): void {
  const missing = cannotRun(definition);
  refuseIf(missing !== undefined, missing ?? "");
}

function refuseIf(unsupported: boolean, feature: string, instead?: string): void {
  if (unsupported)
    throw new UnsupportedFeatureException(because(`Airfield does not support ${feature} yet${instead ? `; ${instead}` : ""}.`));
}
