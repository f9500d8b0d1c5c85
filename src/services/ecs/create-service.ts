import { roleForService } from "../../authorization/role-session.ts";
import { createHash } from "node:crypto";
import type { CreateServiceCommandInput } from "@aws-sdk/client-ecs";
import { services, type ServiceRecord } from "../../state/ecs.ts";
import { ensureLinkedRole } from "../iam/linked-role.ts";
import type { OperationContext, Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { inCluster, serviceKeys, tagAtCreation, tagKeys } from "./condition-keys.ts";
import { checkDeploymentConfiguration } from "./deployment-configuration.ts";
import { invalid, isEcsName, mustBeOneOf, operation } from "./ecs-operation.ts";
import { requireTaskRole } from "./exec-role.ts";
import { requireCluster } from "./find-cluster.ts";
import { serviceArn } from "./find-service.ts";
import { findTaskDefinition, requireActiveDefinition } from "./find-task-definition.ts";
import { checkHostRights } from "./host-rights.ts";
import { checkCompatibility, checkPlatformVersion, resolveLaunch, type Launch } from "./launch.ts";
import { checkNetworkConfiguration } from "./network-configuration.ts";
import { newDeployment } from "./new-deployment.ts";
import { refuseDefinitionNotYet, refuseNotYet } from "./not-yet.ts";
import { passRole, passTaskRoles } from "./pass-role.ts";
import { checkPlacement } from "./placement.ts";
import { rememberDeployment } from "./service-deployment-history.ts";
import { checkLoadBalancers } from "./service-load-balancers.ts";
import { settleConnect } from "./service-connect.ts";
import { checkServiceRegistries } from "./service-registries.ts";
import { QUOTAS } from "./quotas.ts";
import { serviceView } from "./service-view.ts";
import { checkTags } from "./tags.ts";

/** Writes down what a service should be; control makes it so. */
export const createService = operation("CreateService", {
  authorize(input, at): readonly Permission[] {
    const { cluster, serviceName = "", role, tags, taskDefinition = "" } = input;
    const resource = serviceArn(at, cluster, serviceName);
    const definition = findTaskDefinition(taskDefinition, at);
    const settings = { enableECSManagedTags: false, enableExecuteCommand: false, volumeConfigurations: [], propagateTags: "NONE" as const };
    const context = { ...inCluster(at, cluster), ...tagKeys(tags), ...serviceKeys(at, { ...settings, ...input }, definition) };
    return [
      { action: "ecs:CreateService", resource, context },
      ...tagAtCreation(resource, "CreateService", tags),
      ...passTaskRoles(at, definition?.definition),
      ...passRole(at, "ecs.amazonaws.com", role),
    ];
  },
  run(input, context) {
    const { state } = context;
    return state.commit(() => {
      const service = newService(input, context);
      if ("known" in service) return { service: serviceView(service.known, state, true) };
      const { created } = service;
      state.table(services).put(created);
      for (const deployment of created.deployments) rememberDeployment(undefined, created, deployment, context);
      return { service: serviceView(created, state, true) };
    });
  },
});

type Outcome = { readonly known: ServiceRecord } | { readonly created: ServiceRecord };

function newService(input: CreateServiceCommandInput, context: OperationContext): Outcome {
  const { state, now } = context;
  const cluster = requireCluster(input.cluster, context);
  const name = input.serviceName ?? "";
  if (!isEcsName(name)) throw invalid("Name contains invalid characters.");
  const arn = serviceArn(context, cluster.name, name);
  const known = state.table(services).get(arn);
  if (known?.status === "DRAINING") throw invalid("Unable to Start a service that is still Draining.");
  if (known?.status === "ACTIVE") {
    if (input.clientToken && known.clientToken === input.clientToken && known.requestDigest === digest(input)) return { known };
    throw invalid("Creation of service was not idempotent.");
  }
  const schedulingStrategy = (input.schedulingStrategy ?? "REPLICA") as ServiceRecord["schedulingStrategy"];
  mustBeOneOf("schedulingStrategy", schedulingStrategy, ["REPLICA", "DAEMON"]);
  checkEnumerations(input);
  refuseNotYet(input);
  const definition = requireActiveDefinition(input.taskDefinition, context);
  refuseDefinitionNotYet(definition);
  if (input.enableExecuteCommand) requireTaskRole("CreateService", definition);
  const launch = resolveLaunch(input, cluster);
  checkPlacement(input, launch);
  checkCompatibility(launch, definition);
  checkHostRights(definition.definition, context);
  checkPlatformVersion(input.platformVersion, launch);
  const desiredCount = checkDesiredCount(input.desiredCount, schedulingStrategy, launch);
  checkGracePeriod(input.healthCheckGracePeriodSeconds);
  const networkConfiguration = checkNetworkConfiguration(input.networkConfiguration, definition, launch.launchType, context);
  const loadBalancers = checkLoadBalancers(input.loadBalancers ?? [], definition, state);
  const serviceRegistries = checkServiceRegistries(input.serviceRegistries ?? [], definition, context);
  const deploymentSettings = checkDeploymentConfiguration(input.deploymentConfiguration, schedulingStrategy);
  const configuration = input.serviceConnectConfiguration;
  const connect =
    configuration && settleConnect({ configuration, definition, cluster, service: { arn, ...defined({ networkConfiguration }) } }, context);
  const settled = {
    desiredCount,
    launchType: launch.launchType,
    loadBalancers,
    serviceRegistries,
    ...defined({ capacityProviderStrategy: launch.strategy, platformVersion: input.platformVersion, networkConfiguration, connect }),
  };
  const tags = checkTags(input.tags);
  const created: ServiceRecord = {
    arn,
    name,
    account: context.account,
    region: context.region,
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: "ACTIVE",
    taskDefinitionArn: definition.arn,
    schedulingStrategy,
    ...settled,
    deploymentController: { type: "ECS" },
    ...deploymentSettings,
    ...defined({ healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? (loadBalancers.length > 0 ? 0 : undefined) }),
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    ...defined({ roleArn: serviceRole(input.role, settled, context) }),
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    propagateTags: (input.propagateTags ?? "NONE") as ServiceRecord["propagateTags"],
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    availabilityZoneRebalancing: (input.availabilityZoneRebalancing ??
      // Moving a task between zones needs room for one more.
      (deploymentSettings.maximumPercent > 100 ? "ENABLED" : "DISABLED")) as ServiceRecord["availabilityZoneRebalancing"],
    deployments: [newDeployment(settled, definition.arn, context.ids, now)],
    events: [],
    told: {},
    tags,
    ...(input.clientToken ? { clientToken: input.clientToken, requestDigest: digest(input) } : {}),
    createdAt: now,
    createdBy: context.principal.arn,
  };
  return { created };
}

function checkEnumerations(input: CreateServiceCommandInput): void {
  mustBeOneOf("propagateTags", input.propagateTags, ["TASK_DEFINITION", "SERVICE", "NONE"]);
  mustBeOneOf("availabilityZoneRebalancing", input.availabilityZoneRebalancing, ["ENABLED", "DISABLED"]);
  mustBeOneOf("deploymentController.type", input.deploymentController?.type, ["ECS", "CODE_DEPLOY", "EXTERNAL"]);
  mustBeOneOf("deploymentConfiguration.strategy", input.deploymentConfiguration?.strategy, ["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"]);
  if ((input.clientToken ?? "").length > 36) throw invalid("clientToken must not be longer than 36 characters.");
}

/** How many tasks a REPLICA service is asked for; a DAEMON service has one for each host. @throws InvalidParameterException */
function checkDesiredCount(count: number | undefined, strategy: ServiceRecord["schedulingStrategy"], { launchType }: Launch): number {
  if (strategy === "DAEMON") {
    if (launchType === "FARGATE") throw invalid("The daemon scheduling strategy is not supported for the FARGATE launch type.");
    if (count !== undefined) throw invalid(DAEMON_COUNT);
    return 1;
  }
  if (count === undefined) throw invalid("desiredCount must be specified for a service with the REPLICA scheduling strategy.");
  checkCount(count);
  return count;
}

export function checkCount(count: number): void {
  if (count < 0) throw invalid("desiredCount cannot be negative.");
  if (count > QUOTAS.desiredCount) throw invalid("Desired count exceeds limit.");
}

export const DAEMON_COUNT =
  "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again";

export function checkGracePeriod(seconds: number | undefined): void {
  if (seconds !== undefined && (seconds < 0 || seconds > 2_147_483_647))
    throw invalid("healthCheckGracePeriodSeconds must be between 0 and 2147483647.");
}

/**
 * The role that was named; else, for a service that AWS needs one for, the service-linked role, which ECS makes where it is missing.
 * @throws InvalidParameterException where only the service-linked role will do, or there is none and the caller may not make it
 */
export function serviceRole(
  role: string | undefined,
  { networkConfiguration, loadBalancers }: Pick<ServiceRecord, "networkConfiguration" | "loadBalancers">,
  context: OperationContext,
): string | undefined {
  const linkedOnly = networkConfiguration !== undefined || loadBalancers.length > 1;
  if (role && linkedOnly) throw invalid("You cannot specify an IAM role for services that require a service linked role.");
  if (role) return namedServiceRole(role, context);
  if (!linkedOnly && loadBalancers.length === 0) return undefined;
  const linked = ensureLinkedRole("ecs.amazonaws.com", context);
  if (!linked) throw invalid("Unable to assume the service linked role. Please verify that the ECS service linked role exists.");
  return linked.arn;
}

function namedServiceRole(named: string, context: OperationContext): string {
  const { account, now, state } = context;
  const caller = { service: "ecs.amazonaws.com", sourceAccount: account, sourceArn: context.arn("ecs", "service/*") };
  const role = roleForService({ state, now }, named, caller);
  if (role) return role.arn;
  throw invalid(
    "Unable to assume role and validate the listeners configured on your load balancer. Please verify that the ECS service role being " +
      "passed has the proper permissions.",
  );
}

function digest(input: CreateServiceCommandInput): string {
  return createHash("sha256").update(JSON.stringify(input)).digest("base64url");
}
