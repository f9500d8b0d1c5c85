import { NamespaceNotFound, ServiceNotFound, type HealthStatusFilter } from "@aws-sdk/client-servicediscovery";
import {
  discoveryServices,
  instances,
  nameInNamespace,
  nameInScope,
  namespaces,
  type DiscoveryServiceRecord,
  type InstanceRecord,
  type NamespaceRecord,
} from "../../state/cloud-map.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { healthOf } from "./instances.ts";
import { operation } from "./servicediscovery-operation.ts";

interface Named {
  readonly NamespaceName?: string | undefined;
  readonly ServiceName?: string | undefined;
  readonly OwnerAccount?: string | undefined;
}

type Place = Pick<OperationContext, "state" | "account" | "region">;

function find({ state, account, region }: Place, { NamespaceName = "", ServiceName = "", OwnerAccount = account }: Named) {
  const [namespace] =
    OwnerAccount === account ? state.table(namespaces).by("httpName", nameInScope({ account, region }, NamespaceName)) : [];
  const service = namespace && state.table(discoveryServices).by("name", nameInNamespace(namespace.id, ServiceName))[0];
  return { namespace, service };
}

const onNamed =
  (action: string) =>
  (input: Named, at: AuthorizeScope): Permission => {
    const { namespace, service } = find(at, input);
    return {
      action: `servicediscovery:${action}`,
      resource: [namespace?.arn ?? at.arn("servicediscovery", "namespace/*"), service?.arn ?? at.arn("servicediscovery", "service/*")],
      context: { "servicediscovery:NamespaceName": input.NamespaceName, "servicediscovery:ServiceName": input.ServiceName },
    };
  };

/** @throws NamespaceNotFound, ServiceNotFound */
function requireNamed(context: OperationContext, input: Named): { namespace: NamespaceRecord; service: DiscoveryServiceRecord } {
  const { namespace, service } = find(context, input);
  if (!namespace) throw new NamespaceNotFound(because(`Namespace ${input.NamespaceName} not found.`));
  if (!service) throw new ServiceNotFound(because(`Service ${input.ServiceName} not found in namespace ${input.NamespaceName}.`));
  return { namespace, service };
}

export const discoverInstances = operation("DiscoverInstances", {
  authorize: onNamed("DiscoverInstances"),
  run(input, context) {
    const { QueryParameters = {}, OptionalParameters = {}, HealthStatus = "HEALTHY_OR_ELSE_ALL", MaxResults = 100 } = input;
    const { namespace, service } = requireNamed(context, input);
    const all = context.state.table(instances).by("service", service.id).filter(matches(QueryParameters));
    const ofHealth = service.customHealth || service.healthCheck ? withHealth(context, all, HealthStatus) : all;
    const preferred = ofHealth.filter(matches(OptionalParameters));
    const found = preferred.length > 0 ? preferred : ofHealth;
    return {
      Instances: found.slice(0, MaxResults).map((instance) => ({
        InstanceId: instance.id,
        NamespaceName: namespace.httpName,
        ServiceName: service.name,
        HealthStatus: healthOf(context, instance),
        Attributes: { ...instance.attributes },
      })),
      InstancesRevision: service.revision,
    };
  },
});

function matches(wanted: Readonly<Record<string, string>>): (instance: InstanceRecord) => boolean {
  const entries = Object.entries(wanted);
  return ({ attributes }) => entries.every(([key, value]) => Object.hasOwn(attributes, key) && attributes[key] === value);
}

function withHealth(context: OperationContext, all: readonly InstanceRecord[], asked: HealthStatusFilter): readonly InstanceRecord[] {
  if (asked === "ALL") return all;
  if (asked === "UNHEALTHY") return all.filter((one) => healthOf(context, one) === "UNHEALTHY");
  const healthy = all.filter((one) => healthOf(context, one) !== "UNHEALTHY");
  return healthy.length === 0 && asked === "HEALTHY_OR_ELSE_ALL" ? all : healthy;
}

export const discoverInstancesRevision = operation("DiscoverInstancesRevision", {
  authorize: onNamed("DiscoverInstancesRevision"),
  run: (input, context) => ({ InstancesRevision: requireNamed(context, input).service.revision }),
});
