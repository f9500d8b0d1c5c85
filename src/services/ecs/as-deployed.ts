import type { ServiceRecord } from "../../state/ecs.ts";
import { revisionSettings } from "./revision-settings.ts";

/**
 * A service with what its PRIMARY deployment runs. The record keeps what was asked for last, which differs after a rollback: then the
 * deployment before the failed one is PRIMARY again, and its settings are the service's.
 */
export function asDeployed(service: ServiceRecord): ServiceRecord {
  const primary = service.deployments.find((deployment) => deployment.status === "PRIMARY");
  if (primary?.rollbackOf === undefined) return service;
  const {
    capacityProviderStrategy: _strategy,
    platformVersion: _version,
    networkConfiguration: _network,
    connect: _connect,
    ...rest
  } = service;
  return { ...rest, ...revisionSettings(primary) };
}
