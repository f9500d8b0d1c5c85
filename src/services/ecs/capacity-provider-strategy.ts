import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import type { Scope } from "../../domain/scope.ts";
import type { ClusterRecord } from "../../state/ecs.ts";
import type { RequestScope } from "../operation.ts";
import { invalid } from "./ecs-operation.ts";
import { readIdentifier } from "./identifier.ts";

/** The capacity providers that every account has. */
export const AWS_PROVIDERS: readonly string[] = ["FARGATE", "FARGATE_SPOT"];

/** The name of a provider of this account and region, given by name or ARN; of what is elsewhere, the text itself, which is no name. */
export function capacityProviderName(at: Scope, provider: string): string {
  const read = readIdentifier(at, "capacity-provider", provider);
  return "path" in read ? read.path : provider;
}

/** The ARN to decide about; of what is no provider here, the text itself. */
export function capacityProviderArn(at: RequestScope, provider: string): string {
  const read = readIdentifier(at, "capacity-provider", provider);
  return "path" in read ? at.arn("ecs", `capacity-provider/${read.path}`) : provider;
}

/** @throws InvalidParameterException for a provider that does not exist here */
export function checkProviders(names: readonly string[], at: Scope): readonly string[] {
  const providers = names.map((name) => capacityProviderName(at, name));
  for (const name of providers)
    if (!AWS_PROVIDERS.includes(name))
      throw invalid("The specified capacity provider does not exist. Specify a valid name or ARN and try again.");
  return [...new Set(providers)];
}

/**
 * A strategy with AWS's defaults (weight 0, base 0), checked against the providers of a cluster.
 * Source: Amazon ECS API Reference, "CapacityProviderStrategyItem". @throws InvalidParameterException
 */
export function checkStrategy(
  strategy: readonly CapacityProviderStrategyItem[],
  associated: readonly string[],
  at: Scope,
): readonly CapacityProviderStrategyItem[] {
  if (strategy.length > 20) throw invalid("A capacity provider strategy cannot contain more than 20 capacity providers.");
  const items = strategy.map(({ capacityProvider, weight = 0, base = 0 }) => ({
    capacityProvider: capacityProviderName(at, capacityProvider ?? ""),
    weight,
    base,
  }));
  checkProviders(
    items.map((item) => item.capacityProvider),
    at,
  );
  for (const { capacityProvider, weight, base } of items) {
    if (!associated.includes(capacityProvider))
      throw invalid(
        "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.",
      );
    if (weight < 0 || weight > 1000) throw invalid("The weight of a capacity provider must be between 0 and 1000.");
    if (base < 0 || base > 100_000) throw invalid("The base of a capacity provider must be between 0 and 100000.");
  }
  if (items.filter((item) => item.base > 0).length > 1)
    throw invalid("Only one capacity provider in a capacity provider strategy can have a base defined.");
  if (items.length > 1 && items.every((item) => item.weight === 0 && item.base === 0))
    throw invalid("At least one capacity provider in a capacity provider strategy must have a weight greater than zero.");
  return items;
}

/** The strategy that a request without one falls back to. */
export function defaultStrategy(cluster: ClusterRecord): readonly CapacityProviderStrategyItem[] | undefined {
  return cluster.defaultCapacityProviderStrategy.length > 0 ? cluster.defaultCapacityProviderStrategy : undefined;
}
