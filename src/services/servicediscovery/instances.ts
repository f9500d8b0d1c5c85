import {
  CustomHealthNotFound,
  InstanceNotFound,
  InvalidInput,
  ResourceInUse,
  ResourceLimitExceeded,
  type HealthStatus,
} from "@aws-sdk/client-servicediscovery";
import { defined } from "../../domain/defined.ts";
import { instanceKey, instances, type DiscoveryServiceRecord, type InstanceRecord } from "../../state/cloud-map.ts";
import { healthStatuses } from "../../state/route53-health.ts";
import { deregisterInstance as remove, putInstanceHealth, registerInstance as put } from "../../state/cloud-map-instances.ts";
import { because, type OperationContext } from "../operation.ts";
import { aliasOf, checkAttributes, healthAtFirst } from "./instance-input.ts";
import { insertCheck } from "./instance-checks.ts";
import { recordOperation, repeated, requestOf } from "./operations.ts";
import { INSTANCES_BY_NAMESPACE, INSTANCES_BY_SERVICE } from "./quotas.ts";
import { namespaceOf, onService, operation, pageOf, requireService } from "./servicediscovery-operation.ts";

export const registerInstance = operation("RegisterInstance", {
  authorize: onService("RegisterInstance"),
  run(input, context) {
    const { ServiceId, InstanceId: id = "", CreatorRequestId, Attributes: attributes = {} } = input;
    const { state, account } = context;
    const service = requireService(context, ServiceId);
    checkAttributes(service, namespaceOf(context, service), id, attributes);
    const request = requestOf(CreatorRequestId, input);
    const before = state.table(instances).get(instanceKey({ serviceId: service.id, id }));
    const known = before && repeated(context, "REGISTER_INSTANCE", request);
    if (known) return { OperationId: known.id };
    refuseTask(before);
    if (!before) refuseBeyond(context, service);
    const { namespaceId } = service;
    const recorded = { type: "REGISTER_INSTANCE", targets: { SERVICE: service.id, INSTANCE: id }, namespaceId, ...request } as const;
    const alias = service.dns && aliasOf(context, attributes);
    if (alias instanceof InvalidInput) {
      const failure = { code: "INVALID_CHANGE_BATCH", message: alias.message };
      return state.commit(() => recordOperation(context, { ...recorded, failure }));
    }
    const instance: InstanceRecord = {
      ...{ serviceId: service.id, id, account, namespaceId, attributes: { ...attributes } },
      ...defined({ creatorRequestId: CreatorRequestId, alias }),
      ...healthAtFirst(service, attributes),
    };
    return state.commit(() => {
      put(state, { ...instance, ...defined({ healthCheckId: insertCheck(context, service, attributes) }) });
      return recordOperation(context, recorded);
    });
  },
});

/** @throws ResourceLimitExceeded */
function refuseBeyond({ state }: OperationContext, { id, namespaceId }: DiscoveryServiceRecord): void {
  const table = state.table(instances);
  if (table.count("service", id) >= INSTANCES_BY_SERVICE)
    throw new ResourceLimitExceeded(because(`The number of instances of the service has reached its quota of ${INSTANCES_BY_SERVICE}.`));
  if (table.count("namespace", namespaceId) >= INSTANCES_BY_NAMESPACE)
    throw new ResourceLimitExceeded(
      because(`The number of instances in the namespace has reached its quota of ${INSTANCES_BY_NAMESPACE}.`),
    );
}

/** Whom ECS registered it keeps as its task is. @throws ResourceInUse */
function refuseTask(instance: InstanceRecord | undefined): void {
  if (instance?.taskArn !== undefined)
    throw new ResourceInUse(because(`The instance ${instance.id} is managed by Amazon ECS, for the task ${instance.taskArn}.`));
}

export const deregisterInstance = operation("DeregisterInstance", {
  authorize: onService("DeregisterInstance"),
  run({ ServiceId, InstanceId }, context) {
    const { state } = context;
    const service = requireService(context, ServiceId);
    const instance = requireInstance(context, service, InstanceId);
    return state.commit(() => {
      remove(state, instance);
      const { id, namespaceId } = service;
      return recordOperation(context, { type: "DEREGISTER_INSTANCE", targets: { SERVICE: id, INSTANCE: instance.id }, namespaceId });
    });
  },
});

/** @throws InstanceNotFound */
function requireInstance({ state }: OperationContext, service: DiscoveryServiceRecord, id = ""): InstanceRecord {
  const found = state.table(instances).get(instanceKey({ serviceId: service.id, id }));
  if (!found) throw new InstanceNotFound(because(`Instance with ID ${id} not found in service ${service.id}.`));
  return found;
}

export const getInstance = operation("GetInstance", {
  authorize: onService("GetInstance"),
  run({ ServiceId, InstanceId }, context) {
    const service = requireService(context, ServiceId);
    const { id, account, attributes, creatorRequestId } = requireInstance(context, service, InstanceId);
    return {
      ResourceOwner: account,
      Instance: {
        ...{ Id: id, Attributes: { ...attributes }, CreatedByAccount: account },
        ...defined({ CreatorRequestId: creatorRequestId }),
      },
    };
  },
});

export const listInstances = operation("ListInstances", {
  authorize: onService("ListInstances"),
  run({ ServiceId, ...page }, context) {
    const service = requireService(context, ServiceId);
    const all = context.state.table(instances).by("service", service.id);
    const { items, nextToken } = pageOf(all, ({ id }) => id, page, context);
    return {
      ResourceOwner: service.account,
      Instances: items.map(({ id, account, attributes }) => ({
        Id: id,
        Attributes: { ...attributes },
        CreatedByAccount: account,
      })),
      ...defined({ NextToken: nextToken }),
    };
  },
});

/** Of services without a check nobody knows it, nor before the first look at an instance. */
export function healthOf({ state }: Pick<OperationContext, "state">, { health, healthCheckId }: InstanceRecord): HealthStatus {
  if (healthCheckId === undefined) return health ?? "UNKNOWN";
  const status = state.table(healthStatuses).get(healthCheckId);
  return status ? (status.healthy ? "HEALTHY" : "UNHEALTHY") : "UNKNOWN";
}

export const getInstancesHealthStatus = operation("GetInstancesHealthStatus", {
  authorize: onService("GetInstancesHealthStatus"),
  run({ ServiceId, Instances, ...page }, context) {
    const service = requireService(context, ServiceId);
    const asked = Instances?.map((id) => requireInstance(context, service, id)) ?? context.state.table(instances).by("service", service.id);
    const { items, nextToken } = pageOf([...new Set(asked)], ({ id }) => id, page, context);
    return { Status: Object.fromEntries(items.map((one) => [one.id, healthOf(context, one)])), ...defined({ NextToken: nextToken }) };
  },
});

export const updateInstanceCustomHealthStatus = operation("UpdateInstanceCustomHealthStatus", {
  authorize: onService("UpdateInstanceCustomHealthStatus"),
  run({ ServiceId, InstanceId, Status = "HEALTHY" }, context) {
    const { state } = context;
    const service = requireService(context, ServiceId);
    const instance = requireInstance(context, service, InstanceId);
    if (!service.customHealth)
      throw new CustomHealthNotFound(because(`The health check of instance ${instance.id} isn't a custom health check.`));
    state.commit(() => putInstanceHealth(state, instance, Status));
    return {};
  },
});
