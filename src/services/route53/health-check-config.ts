import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import { parseAddress } from "../../domain/cidr.ts";
import { defined } from "../../domain/defined.ts";
import { readName } from "../../domain/dns/name.ts";
import { healthChecks } from "../../state/route53.ts";
import type { OperationContext } from "../operation.ts";
import { invalidInput } from "./route53-operation.ts";

/** What a check of an endpoint looks at besides; a calculated one has none of it. */
const OF_ENDPOINTS = [
  "IPAddress",
  "Port",
  "ResourcePath",
  "FullyQualifiedDomainName",
  "SearchString",
  "RequestInterval",
  "FailureThreshold",
] as const;

/**
 * A configuration with what AWS adds to it.
 * @throws InvalidInput where its members do not go together, or one is not carried out here
 */
export function settledConfig(config: HealthCheckConfig, context: Pick<OperationContext, "state">): HealthCheckConfig {
  const { Type } = config;
  refuseUnserved(config);
  if (Type === "CALCULATED") return calculated(config, context);
  if (config.ChildHealthChecks !== undefined || config.HealthThreshold !== undefined)
    throw invalidInput(`Invalid parameter : ChildHealthChecks and HealthThreshold are not allowed for health checks of type ${Type}.`);
  if (config.IPAddress === undefined && config.FullyQualifiedDomainName === undefined)
    throw invalidInput("Invalid parameter : You must specify an IP address or a fully qualified domain name.");
  if (config.FullyQualifiedDomainName !== undefined && typeof readName(config.FullyQualifiedDomainName) === "object")
    throw invalidInput("Invalid parameter : FullyQualifiedDomainName is not a valid domain name.");
  if (Type === "TCP" && config.Port === undefined) throw invalidInput("Invalid parameter : Port must be specified for TCP health checks.");
  if (Type === "TCP" && config.ResourcePath !== undefined)
    throw invalidInput("Invalid parameter : ResourcePath is not allowed for TCP health checks.");
  const searches = Type?.endsWith("_STR_MATCH") ?? false;
  if (searches !== (config.SearchString !== undefined && config.SearchString !== ""))
    throw invalidInput(
      `Invalid parameter : SearchString must be specified for health checks of the types HTTP_STR_MATCH and HTTPS_STR_MATCH, and for no others.`,
    );
  const { RequestInterval = 30, IPAddress } = config;
  if (RequestInterval !== 10 && RequestInterval !== 30) throw invalidInput("Invalid parameter : RequestInterval must be 10 or 30.");
  if (IPAddress !== undefined && isNoMachine(IPAddress))
    throw invalidInput(`Invalid parameter : ${IPAddress} is not an address that can be checked.`);
  const isHttps = Type?.startsWith("HTTPS") ?? false;
  if (config.EnableSNI === true && !isHttps) throw invalidInput("Invalid parameter : EnableSNI is allowed for HTTPS health checks only.");
  const usualPort = isHttps ? 443 : 80;
  return {
    ...config,
    ...{ Port: config.Port ?? usualPort, RequestInterval, FailureThreshold: config.FailureThreshold ?? 3, MeasureLatency: false },
    ...{ Inverted: config.Inverted ?? false, Disabled: config.Disabled ?? false, EnableSNI: config.EnableSNI ?? isHttps },
  };
}

/** @throws InvalidInput with what there would have to be */
function refuseUnserved(config: HealthCheckConfig): void {
  if (config.Type === "CLOUDWATCH_METRIC" || config.AlarmIdentifier || config.InsufficientDataHealthStatus !== undefined)
    throw invalidInput("Airfield has no metrics yet, and so no CloudWatch alarms: health checks of type CLOUDWATCH_METRIC are refused.");
  if (config.Type === "RECOVERY_CONTROL" || config.RoutingControlArn !== undefined)
    throw invalidInput("Airfield has no Application Recovery Controller: health checks of type RECOVERY_CONTROL are refused.");
  if (config.MeasureLatency === true) throw invalidInput("Airfield has no metrics yet: MeasureLatency is refused.");
  if (config.Regions !== undefined) throw invalidInput("Airfield checks endpoints from this host alone: Regions is refused.");
}

function calculated(config: HealthCheckConfig, { state }: Pick<OperationContext, "state">): HealthCheckConfig {
  const given = OF_ENDPOINTS.filter((member) => config[member] !== undefined);
  if (given.length > 0) throw invalidInput(`Invalid parameter : ${given.join(", ")} not allowed for health checks of type CALCULATED.`);
  const children = config.ChildHealthChecks ?? [];
  if (new Set(children).size !== children.length) throw invalidInput("Invalid parameter : ChildHealthChecks must be unique.");
  for (const child of children) {
    const found = state.table(healthChecks).get(child);
    if (!found) throw invalidInput(`Invalid parameter : The child health check ${child} does not exist.`);
    if (found.config.Type === "CALCULATED")
      throw invalidInput(`Invalid parameter : The child health check ${child} is a calculated one itself.`);
  }
  return {
    ...config,
    ...{ ChildHealthChecks: children, HealthThreshold: config.HealthThreshold ?? 0 },
    ...{ Inverted: config.Inverted ?? false, Disabled: config.Disabled ?? false },
  };
}

/** Loopback, link-local and the like: what is beyond that may be checked is asked each time. */
function isNoMachine(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return /^(::1?$|fe80|ff)/i.test(text);
  const first = Math.floor(address / 2 ** 24);
  return first === 0 || first === 127 || first >= 224 || Math.floor(address / 2 ** 16) === 0xa9fe;
}

/** What of a configuration an update sets back. Source: Route 53 API Reference, `UpdateHealthCheck`, `ResetElements`. */
export function withoutElements(config: HealthCheckConfig, elements: readonly string[]): HealthCheckConfig {
  const reset = new Set(elements);
  const members = Object.entries(config).filter(([name]) => !reset.has(name));
  return defined(Object.fromEntries(members)) as HealthCheckConfig;
}
