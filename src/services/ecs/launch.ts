import { LAUNCH_TYPES, type LaunchType } from "../../domain/launch-type.ts";
import { PlatformUnknownException, type CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import type { ClusterRecord, TaskDefinitionRecord } from "../../state/ecs.ts";
import { because } from "../operation.ts";
import { checkStrategy, defaultStrategy } from "./capacity-provider-strategy.ts";
import { invalid, mustBeOneOf } from "./ecs-operation.ts";

/** On what tasks are launched: a launch type, or a strategy of capacity providers that stands for one. */
export interface Launch {
  readonly launchType: LaunchType;
  readonly strategy?: readonly CapacityProviderStrategyItem[];
}

interface LaunchRequest {
  readonly launchType?: string | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
}

/** EC2 where neither the request nor the cluster says otherwise. @throws InvalidParameterException */
export function resolveLaunch(request: LaunchRequest, cluster: ClusterRecord): Launch {
  const { launchType } = request;
  const asked = request.capacityProviderStrategy?.length ? request.capacityProviderStrategy : undefined;
  mustBeOneOf("launchType", launchType, LAUNCH_TYPES);
  if (launchType !== undefined) {
    if (asked) throw invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.");
    return { launchType: launchType as LaunchType };
  }
  const strategy = asked ? checkStrategy(asked, cluster.capacityProviders, cluster) : defaultStrategy(cluster);
  // FARGATE and FARGATE_SPOT are the only providers here.
  return strategy ? { launchType: "FARGATE", strategy } : { launchType: "EC2" };
}

/** @throws InvalidParameterException where the definition cannot run on what was asked for */
export function checkCompatibility({ launchType }: Launch, { definition }: TaskDefinitionRecord): void {
  if (!definition.compatibilities?.includes(launchType)) throw invalid(`Task definition does not support launch_type ${launchType}.`);
}

const PLATFORM_VERSIONS = ["LATEST", "1.4.0", "1.3.0"];

/** @throws InvalidParameterException, PlatformUnknownException */
export function checkPlatformVersion(version: string | undefined, { launchType }: Launch): void {
  if (version === undefined || version === "") return;
  if (launchType === "EC2") throw invalid("The platform version must be null when specifying an EC2 launch type.");
  if (launchType === "EXTERNAL") throw invalid("The platform version must be null when specifying an EXTERNAL launch type.");
  if (!PLATFORM_VERSIONS.includes(version)) throw new PlatformUnknownException(because("The specified platform does not exist."));
}
