import type { DeploymentConfiguration } from "@aws-sdk/client-ecs";
import type { CircuitBreaker } from "../../decide/circuit-breaker/failure-threshold.ts";
import type { ServiceRecord } from "../../state/ecs.ts";
import { invalid, mustBeOneOf } from "./ecs-operation.ts";

/** What a service keeps of its deployment configuration. */
export type DeploymentSettings = Pick<ServiceRecord, "minimumHealthyPercent" | "maximumPercent" | "circuitBreaker">;

const DEFAULTS: Readonly<Record<ServiceRecord["schedulingStrategy"], DeploymentSettings>> = {
  REPLICA: { minimumHealthyPercent: 100, maximumPercent: 200, circuitBreaker: { enable: false, rollback: false } },
  DAEMON: { minimumHealthyPercent: 0, maximumPercent: 100, circuitBreaker: { enable: false, rollback: false } },
};

/**
 * The deployment settings of a service: what is given, else what it had before, else AWS's defaults.
 * Source: Amazon ECS API Reference, "DeploymentConfiguration". @throws InvalidParameterException
 */
export function checkDeploymentConfiguration(
  given: DeploymentConfiguration | undefined,
  schedulingStrategy: ServiceRecord["schedulingStrategy"],
  before: DeploymentSettings = DEFAULTS[schedulingStrategy],
): DeploymentSettings {
  const { minimumHealthyPercent = before.minimumHealthyPercent, maximumPercent = before.maximumPercent } = given ?? {};
  if (schedulingStrategy === "DAEMON" && maximumPercent > 100)
    throw invalid(
      "The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again",
    );
  if (minimumHealthyPercent < 0 || minimumHealthyPercent > 100) throw invalid("minimumHealthyPercent must be between 0 and 100.");
  if (maximumPercent < 100 || maximumPercent > 200_000) throw invalid("maximumPercent must be at least 100.");
  if (minimumHealthyPercent === 100 && maximumPercent === 100)
    throw invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.");
  return { minimumHealthyPercent, maximumPercent, circuitBreaker: circuitBreaker(given) ?? before.circuitBreaker };
}

function circuitBreaker(given: DeploymentConfiguration | undefined): CircuitBreaker | undefined {
  const breaker = given?.deploymentCircuitBreaker;
  if (!breaker) return undefined;
  const { enable = false, rollback = false, resetOnHealthyTask, thresholdConfiguration } = breaker;
  const { type, value } = thresholdConfiguration ?? {};
  mustBeOneOf("deploymentCircuitBreaker.thresholdConfiguration.type", type, ["BOUNDED_PERCENT", "UNBOUNDED_PERCENT", "COUNT"]);
  if (value !== undefined && value < 1) throw invalid("The value of a deployment circuit breaker threshold must be at least 1.");
  return {
    enable,
    rollback,
    ...(resetOnHealthyTask === undefined ? {} : { resetOnHealthyTask }),
    ...(type === undefined || value === undefined
      ? {}
      : { threshold: { type: type as "BOUNDED_PERCENT" | "UNBOUNDED_PERCENT" | "COUNT", value } }),
  };
}

/** The deployment configuration as the API shows it. */
export function deploymentConfigurationView(settings: DeploymentSettings): DeploymentConfiguration {
  const { enable, rollback, resetOnHealthyTask, threshold } = settings.circuitBreaker;
  return {
    deploymentCircuitBreaker: {
      enable,
      rollback,
      ...(resetOnHealthyTask === undefined ? {} : { resetOnHealthyTask }),
      ...(threshold ? { thresholdConfiguration: threshold } : {}),
    },
    maximumPercent: settings.maximumPercent,
    minimumHealthyPercent: settings.minimumHealthyPercent,
    alarms: { alarmNames: [], rollback: false, enable: false },
    strategy: "ROLLING",
    bakeTimeInMinutes: 0,
  };
}
