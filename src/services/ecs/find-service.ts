import { ServiceNotActiveException, ServiceNotFoundException } from "@aws-sdk/client-ecs";
import { services, type ClusterRecord, type ServiceRecord } from "../../state/ecs.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";
import { arnInCluster, requireArnIn } from "./find-cluster.ts";

/** The ARN of a service by name or ARN; the old form without the cluster (`service/name`) is completed. */
export function serviceArn(at: RequestScope, cluster: string | undefined, id: string): string {
  return arnInCluster(at, "service", cluster, id);
}

/** @throws ServiceNotFoundException */
export function requireService(cluster: ClusterRecord, id: string | undefined, context: OperationContext): ServiceRecord {
  const service = context.state.table(services).get(requireArnIn(cluster, "service", id ?? "", context));
  if (service?.clusterArn !== cluster.arn) throw new ServiceNotFoundException(because("Service not found."));
  return service;
}

/** @throws ServiceNotFoundException, ServiceNotActiveException where it is being deleted or was */
export function requireActiveService(cluster: ClusterRecord, id: string | undefined, context: OperationContext): ServiceRecord {
  const service = requireService(cluster, id, context);
  if (service.status !== "ACTIVE") throw new ServiceNotActiveException(because("Service was not ACTIVE."));
  return service;
}
