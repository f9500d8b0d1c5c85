import { ServiceNotActiveException, ServiceNotFoundException } from "@aws-sdk/client-ecs";
import { nameFromArn, parseArn } from "../../domain/arn.ts";
import { services, type ClusterRecord, type ServiceRecord } from "../../state/ecs.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";
import { clusterName } from "./find-cluster.ts";

/** The ARN of a service by name or ARN; the old form without the cluster (`service/name`) is completed. */
export function serviceArn(at: RequestScope, cluster: string | undefined, id: string): string {
  const resource = parseArn(id)?.resource;
  return resource?.split("/").length === 3 ? id : at.arn("ecs", `service/${clusterName(cluster)}/${nameFromArn(id)}`);
}

/** @throws ServiceNotFoundException */
export function requireService(cluster: ClusterRecord, id: string | undefined, context: OperationContext): ServiceRecord {
  const service = context.state.table(services).get(serviceArn(context, cluster.name, id ?? ""));
  if (service?.clusterArn !== cluster.arn) throw new ServiceNotFoundException(because("Service not found."));
  return service;
}

/** @throws ServiceNotFoundException, ServiceNotActiveException where it is being deleted or was */
export function requireActiveService(cluster: ClusterRecord, id: string | undefined, context: OperationContext): ServiceRecord {
  const service = requireService(cluster, id, context);
  if (service.status !== "ACTIVE") throw new ServiceNotActiveException(because("Service was not ACTIVE."));
  return service;
}
