import { isDeepStrictEqual } from "node:util";
import type { UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { services, taskDefinitions, type ClusterRecord, type ServiceRecord, type TaskDefinitionRecord } from "../../state/ecs.ts";
import type { OperationContext, Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { asDeployed } from "./as-deployed.ts";
import { checkCount, checkGracePeriod, DAEMON_COUNT, serviceRole } from "./create-service.ts";
import { inCluster, serviceKeys } from "./condition-keys.ts";
import { checkDeploymentConfiguration } from "./deployment-configuration.ts";
import { invalid, mustBeOneOf, operation } from "./ecs-operation.ts";
import { requireTaskRole } from "./exec-role.ts";
import { requireCluster } from "./find-cluster.ts";
import { requireActiveService, serviceArn } from "./find-service.ts";
import { findTaskDefinition, requireActiveDefinition } from "./find-task-definition.ts";
import { checkHostRights } from "./host-rights.ts";
import { checkCompatibility, checkPlatformVersion, resolveLaunch, type Launch } from "./launch.ts";
import { checkNetworkConfiguration } from "./network-configuration.ts";
import { newDeployment } from "./new-deployment.ts";
import { refuseDefinitionNotYet, refuseNotYet } from "./not-yet.ts";
import { passTaskRoles } from "./pass-role.ts";
import { checkPlacement } from "./placement.ts";
import { rememberDeployment } from "./service-deployment-history.ts";
import { checkLoadBalancers } from "./service-load-balancers.ts";
import { settleConnect } from "./service-connect.ts";
import { checkServiceRegistries } from "./service-registries.ts";
import { serviceView } from "./service-view.ts";

/**
 * Changes what a service should be. A change of its tasks begins a deployment; a change of their number, or of how deployments go, does
 * not. Source: Amazon ECS API Reference, "UpdateService", where each parameter says whether it triggers one.
 */
export const updateService = operation("UpdateService", {
  authorize(input, at): readonly Permission[] {
    const { cluster, service = "", taskDefinition } = input;
    const definition = taskDefinition === undefined ? undefined : findTaskDefinition(taskDefinition, at);
    const context = { ...inCluster(at, cluster), ...serviceKeys(at, input, definition) };
    return [
      { action: "ecs:UpdateService", resource: serviceArn(at, cluster, service), context },
      ...passTaskRoles(at, definition?.definition),
    ];
  },
  run(input, context) {
    const { state } = context;
    const cluster = requireCluster(input.cluster, context);
    const before = asDeployed(requireActiveService(cluster, input.service, context));
    checkInput(input, before);
    const definition = nextDefinition(input, before, context);
    const settled = withNewTasks(input, before, definition, cluster, context);
    const asked: ServiceRecord = {
      ...settled,
      desiredCount: input.desiredCount ?? before.desiredCount,
      ...checkDeploymentConfiguration(input.deploymentConfiguration, before.schedulingStrategy, before),
      ...defined({ healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? before.healthCheckGracePeriodSeconds }),
      placementConstraints: input.placementConstraints ?? before.placementConstraints,
      placementStrategy: input.placementStrategy ?? before.placementStrategy,
      enableECSManagedTags: input.enableECSManagedTags ?? before.enableECSManagedTags,
      propagateTags: (input.propagateTags ?? before.propagateTags) as ServiceRecord["propagateTags"],
      enableExecuteCommand: input.enableExecuteCommand ?? before.enableExecuteCommand,
      availabilityZoneRebalancing: (input.availabilityZoneRebalancing ??
        before.availabilityZoneRebalancing) as ServiceRecord["availabilityZoneRebalancing"],
    };
    const asksForExec = input.enableExecuteCommand !== undefined || input.taskDefinition !== undefined;
    if (asksForExec && asked.enableExecuteCommand) requireTaskRole("UpdateService", definition);
    const configuration = input.serviceConnectConfiguration ?? before.connect?.configuration;
    const deploys =
      (input.forceNewDeployment ?? false) ||
      changesTasks(before, asked) ||
      !isDeepStrictEqual(configuration, before.connect?.configuration);
    // A service whose grant was taken back can still be scaled down.
    if (deploys) checkHostRights(definition.definition, context);
    return state.commit(() => {
      // A deployment's tasks know what the namespace has when it begins.
      const connect = deploys && configuration && settleConnect({ configuration, definition, cluster, service: asked }, context);
      const updated = connect ? { ...asked, connect } : asked;
      const after = deploys ? withDeployment(updated, context) : updated;
      const begun = deploys ? after.deployments[0] : undefined;
      state.table(services).put(after);
      if (begun) rememberDeployment(before, after, begun, context);
      return { service: serviceView(after, state, true) };
    });
  },
});

function checkInput(input: UpdateServiceCommandInput, { schedulingStrategy }: ServiceRecord): void {
  refuseNotYet(input);
  checkGracePeriod(input.healthCheckGracePeriodSeconds);
  mustBeOneOf("propagateTags", input.propagateTags, ["TASK_DEFINITION", "SERVICE", "NONE"]);
  mustBeOneOf("availabilityZoneRebalancing", input.availabilityZoneRebalancing, ["ENABLED", "DISABLED"]);
  if (input.desiredCount === undefined) return;
  if (schedulingStrategy === "DAEMON") throw invalid(DAEMON_COUNT);
  checkCount(input.desiredCount);
}

/** The definition asked for; else the one that the service runs, which may have become INACTIVE meanwhile. */
function nextDefinition(
  { taskDefinition }: UpdateServiceCommandInput,
  service: ServiceRecord,
  context: OperationContext,
): TaskDefinitionRecord {
  if (taskDefinition !== undefined) {
    const asked = requireActiveDefinition(taskDefinition, context);
    refuseDefinitionNotYet(asked);
    return asked;
  }
  const current = context.state.table(taskDefinitions).get(service.taskDefinitionArn);
  if (!current) throw new Error(`service ${service.arn} runs the task definition ${service.taskDefinitionArn}, which does not exist`);
  return current;
}

/** The service with what its tasks are made of, checked as far as the request touches it. */
function withNewTasks(
  input: UpdateServiceCommandInput,
  before: ServiceRecord,
  definition: TaskDefinitionRecord,
  cluster: ClusterRecord,
  context: OperationContext,
): ServiceRecord {
  const { capacityProviderStrategy: _strategy, networkConfiguration: _network, roleArn: _role, ...rest } = before;
  const launch = nextLaunch(input, before, cluster);
  const {
    taskDefinition,
    networkConfiguration: network = before.networkConfiguration,
    loadBalancers: balancers = before.loadBalancers,
    serviceRegistries: registries = before.serviceRegistries,
  } = input;
  const moves = launch.launchType !== before.launchType;
  // What a service was given by an earlier version is looked at when it moves.
  checkPlacement(moves ? { ...before, ...defined(input) } : input, launch);
  if (taskDefinition !== undefined || moves) checkCompatibility(launch, definition);
  checkPlatformVersion(input.platformVersion, launch);
  const networkConfiguration =
    taskDefinition !== undefined || input.networkConfiguration
      ? checkNetworkConfiguration(network, definition, launch.launchType, context)
      : network;
  const loadBalancers =
    taskDefinition !== undefined || input.loadBalancers ? checkLoadBalancers(balancers, definition, context.state) : balancers;
  const serviceRegistries =
    taskDefinition !== undefined || input.serviceRegistries ? checkServiceRegistries(registries, definition, context) : registries;
  return {
    ...rest,
    taskDefinitionArn: definition.arn,
    launchType: launch.launchType,
    loadBalancers,
    serviceRegistries,
    ...defined({
      capacityProviderStrategy: launch.strategy,
      networkConfiguration,
      platformVersion: input.platformVersion ?? before.platformVersion,
      roleArn: before.roleArn ?? serviceRole(undefined, { loadBalancers, ...defined({ networkConfiguration }) }, context),
    }),
  };
}

function nextLaunch(
  { capacityProviderStrategy, forceNewDeployment }: UpdateServiceCommandInput,
  before: ServiceRecord,
  cluster: ClusterRecord,
): Launch {
  const current: Launch = { launchType: before.launchType, ...defined({ strategy: before.capacityProviderStrategy }) };
  if (!capacityProviderStrategy) return current;
  const next: Launch =
    capacityProviderStrategy.length > 0 ? resolveLaunch({ capacityProviderStrategy }, cluster) : { launchType: before.launchType };
  if (!forceNewDeployment && !isDeepStrictEqual(next.strategy, current.strategy))
    throw invalid(
      "When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.",
    );
  return next;
}

function changesTasks(before: ServiceRecord, after: ServiceRecord): boolean {
  return (
    after.taskDefinitionArn !== before.taskDefinitionArn ||
    (after.platformVersion ?? "LATEST") !== (before.platformVersion ?? "LATEST") ||
    !isDeepStrictEqual(after.networkConfiguration, before.networkConfiguration) ||
    !isDeepStrictEqual(after.loadBalancers, before.loadBalancers) ||
    !isDeepStrictEqual(after.serviceRegistries, before.serviceRegistries)
  );
}

/** The PRIMARY deployment becomes ACTIVE, and a new one takes its place. */
function withDeployment(service: ServiceRecord, { ids, now }: OperationContext): ServiceRecord {
  const earlier = service.deployments.map((deployment) =>
    deployment.status === "PRIMARY" ? { ...deployment, status: "ACTIVE" as const, updatedAt: now } : deployment,
  );
  return { ...service, deployments: [newDeployment(service, service.taskDefinitionArn, ids, now), ...earlier] };
}
