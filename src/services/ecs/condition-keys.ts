import type { CreateServiceRequest, RegisterTaskDefinitionCommandInput, Tag } from "@aws-sdk/client-ecs";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import { requestTags, type ConditionContext, type Permission, type RequestScope } from "../operation.ts";
import { capacityProviderArn } from "./capacity-provider-strategy.ts";
import { clusterArn } from "./find-cluster.ts";
import { cpuUnits, memoryMib } from "./task-definition/task-size.ts";

// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon Elastic Container Service".

/** `ecs:cluster`: the cluster that a request is about. */
export function inCluster(at: RequestScope, cluster: string | undefined): ConditionContext {
  return { "ecs:cluster": clusterArn(at, cluster) };
}

export function tagKeys(tags: readonly Tag[] | undefined): ConditionContext {
  return requestTags(Object.fromEntries((tags ?? []).map(({ key = "", value = "" }) => [key, value])));
}

/** Who creates something with tags must be allowed to tag it, too. */
export function tagAtCreation(resource: string, createAction: string, tags: readonly Tag[] | undefined): readonly Permission[] {
  if (!tags || tags.length === 0) return [];
  return [{ action: "ecs:TagResource", resource, context: { ...tagKeys(tags), "ecs:CreateAction": createAction } }];
}

/** @param providers names or ARNs */
export function capacityProviderKeys(at: RequestScope, providers: readonly (string | undefined)[] | undefined): ConditionContext {
  if (!providers || providers.length === 0) return {};
  return { "ecs:capacity-provider": providers.map((provider) => capacityProviderArn(at, provider ?? "")) };
}

/** A size as it is written; what is no size has no key, and is refused by the operation. */
export function sizeKeys({ cpu, memory }: { readonly cpu?: string | undefined; readonly memory?: string | undefined }): ConditionContext {
  return { "ecs:task-cpu": readSize(cpuUnits, cpu), "ecs:task-memory": readSize(memoryMib, memory) };
}

function readSize(read: (text: string | undefined) => number | undefined, text: string | undefined): string | undefined {
  try {
    return read(text)?.toString();
  } catch {
    return undefined;
  }
}

export function taskDefinitionKeys(input: RegisterTaskDefinitionCommandInput): ConditionContext {
  const privileged = input.containerDefinitions?.some((container) => container.privileged === true) ?? false;
  return {
    ...tagKeys(input.tags),
    ...sizeKeys(input),
    "ecs:compute-compatibility": input.requiresCompatibilities,
    "ecs:privileged": String(privileged),
  };
}

type Settings = Partial<
  Pick<
    CreateServiceRequest,
    | "capacityProviderStrategy"
    | "enableECSManagedTags"
    | "enableExecuteCommand"
    | "networkConfiguration"
    | "propagateTags"
    | "serviceConnectConfiguration"
    | "volumeConfigurations"
    | "vpcLatticeConfigurations"
  >
>;

/** The keys of what a service is asked to be; a member that the request leaves out has none. */
export function serviceKeys(at: RequestScope, input: Settings, definition: TaskDefinitionRecord | undefined): ConditionContext {
  const network = input.networkConfiguration?.awsvpcConfiguration;
  return {
    ...capacityProviderKeys(
      at,
      input.capacityProviderStrategy?.map((item) => item.capacityProvider),
    ),
    ...(definition ? sizeKeys(definition.definition) : {}),
    "ecs:task-definition": definition?.arn,
    "ecs:auto-assign-public-ip": network && String(network.assignPublicIp === "ENABLED"),
    "ecs:subnet": network?.subnets,
    "ecs:enable-ecs-managed-tags": input.enableECSManagedTags?.toString(),
    "ecs:enable-execute-command": input.enableExecuteCommand?.toString(),
    "ecs:enable-ebs-volumes": input.volumeConfigurations && String(input.volumeConfigurations.length > 0),
    "ecs:enable-service-connect": input.serviceConnectConfiguration && String(input.serviceConnectConfiguration.enabled === true),
    "ecs:namespace": input.serviceConnectConfiguration?.namespace,
    "ecs:enable-vpc-lattice": input.vpcLatticeConfigurations && String(input.vpcLatticeConfigurations.length > 0),
    "ecs:propagate-tags": input.propagateTags,
  };
}
