import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { instances, type DiscoveryServiceRecord } from "../../state/cloud-map.ts";
import { putInstanceCheck } from "../../state/cloud-map-instances.ts";
import { healthChecks } from "../../state/route53.ts";
import type { OperationContext } from "../operation.ts";

/**
 * Makes the health check of Route 53 for an instance, inside a commit.
 * @returns its id; `undefined` where the service has none, or the instance is a load balancer, whose alias asks none
 */
export function insertCheck(
  { state, account, ids, now }: OperationContext,
  { arn, healthCheck }: DiscoveryServiceRecord,
  attributes: Readonly<Record<string, string>>,
): string | undefined {
  const address = attributes["AWS_INSTANCE_IPV4"] ?? attributes["AWS_INSTANCE_IPV6"];
  if (!healthCheck || address === undefined) return undefined;
  const id = ids.uuid();
  const { type, resourcePath, failureThreshold } = healthCheck;
  const config: HealthCheckConfig = {
    ...{ Type: type, IPAddress: address, Port: Number(attributes["AWS_INSTANCE_PORT"]), FailureThreshold: failureThreshold },
    ...{ RequestInterval: 30, MeasureLatency: false, Inverted: false, Disabled: false, EnableSNI: type === "HTTPS" },
    ...defined({ ResourcePath: resourcePath }),
  };
  state
    .table(healthChecks)
    .insert({ id, account, callerReference: id, config, version: 1, tags: [], createdAt: now, discoveryServiceArn: arn });
  return id;
}

/** Gives all instances of a service the check that it has now, inside a commit. */
export function replaceChecks(context: OperationContext, service: DiscoveryServiceRecord): void {
  for (const instance of context.state.table(instances).by("service", service.id))
    putInstanceCheck(context.state, instance, insertCheck(context, service, instance.attributes));
}
