import type { AliasOf } from "../domain/dns/record-set.ts";
import { scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

// AWS Cloud Map (`servicediscovery`). Times are milliseconds since the Unix epoch.

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface NamespaceRecord {
  /** `ns-` and sixteen characters. */
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly type: "HTTP" | "DNS_PRIVATE" | "DNS_PUBLIC";
  /** By which `DiscoverInstances` knows it: unique in account and region. */
  readonly httpName: string;
  readonly description?: string;
  /** Of those that have one. */
  readonly dns?: { readonly zoneId: string; readonly soaTtl: number };
  /** Of a private one. */
  readonly vpcId?: string;
  readonly creatorRequestId?: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

/** What an index files a name in an account and a region under; names may hold anything. */
export function nameInScope(scope: { readonly account: string; readonly region: string }, name: string): string {
  return `${scopeKey(scope)}/${name}`;
}

export const namespaces = defineTable<NamespaceRecord>()("servicediscovery.namespaces", (namespace) => namespace.id, ofAccount, {
  scope: scopeKey,
  name: (namespace) => nameInScope(namespace, namespace.name),
  httpName: (namespace) => nameInScope(namespace, namespace.httpName),
});

/** The namespace that an ARN names. */
export function namespaceOfArn(state: State, arn: string): NamespaceRecord | undefined {
  const found = state.table(namespaces).get(idIn(arn));
  return found?.arn === arn ? found : undefined;
}

function idIn(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

export interface DnsRecordOfService {
  readonly type: "A" | "AAAA" | "SRV" | "CNAME";
  /** Seconds. */
  readonly ttl: number;
}

export interface DnsOfService {
  readonly routingPolicy: "MULTIVALUE" | "WEIGHTED";
  readonly records: readonly DnsRecordOfService[];
}

export interface DiscoveryServiceRecord {
  /** `srv-` and sixteen characters. */
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly namespaceId: string;
  readonly name: string;
  readonly description?: string;
  /** Absent where its instances are found by `DiscoverInstances` alone. */
  readonly dns?: DnsOfService;
  /** How Route 53 looks at each instance. */
  readonly healthCheck?: { readonly type: "HTTP" | "HTTPS" | "TCP"; readonly resourcePath?: string; readonly failureThreshold: number };
  /** Whether somebody tells the health of its instances by `UpdateInstanceCustomHealthStatus`. */
  readonly customHealth: boolean;
  readonly creatorRequestId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
  /** Counts up with each instance that comes or goes. */
  readonly revision: number;
  /** Of one that ECS made for a service's Service Connect: whose it is, and in what its tasks are spoken to. */
  readonly connect?: { readonly serviceArn: string; readonly protocol: "tcp" | "http" | "http2" | "grpc" };
}

/** What the index of services files a name in a namespace under. */
export function nameInNamespace(namespaceId: string, name: string): string {
  return `${namespaceId}/${name}`;
}

export const discoveryServices = defineTable<DiscoveryServiceRecord>()("servicediscovery.services", (service) => service.id, ofAccount, {
  scope: scopeKey,
  namespace: (service) => service.namespaceId,
  name: (service) => nameInNamespace(service.namespaceId, service.name),
  connect: (service) => service.connect?.serviceArn,
});

/** The service that an ARN names. */
export function discoveryServiceOfArn(state: State, arn: string): DiscoveryServiceRecord | undefined {
  const found = state.table(discoveryServices).get(idIn(arn));
  return found?.arn === arn ? found : undefined;
}

export interface InstanceRecord {
  readonly serviceId: string;
  readonly id: string;
  readonly account: string;
  readonly namespaceId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly creatorRequestId?: string;
  /** The load balancer that `AWS_ALIAS_DNS_NAME` names. */
  readonly alias?: AliasOf;
  /** Of services with a custom health check. */
  readonly health?: "HEALTHY" | "UNHEALTHY";
  /** The health check of Route 53 that looks at it. */
  readonly healthCheckId?: string;
  /** The ECS task that it stands for, where ECS registered it. */
  readonly taskArn?: string;
}

export function instanceKey({ serviceId, id }: Pick<InstanceRecord, "serviceId" | "id">): string {
  return `${serviceId}/${id}`;
}

export const instances = defineTable<InstanceRecord>()("servicediscovery.instances", instanceKey, ofAccount, {
  service: (instance) => instance.serviceId,
  namespace: (instance) => instance.namespaceId,
  healthy: (instance) => (instance.health === "UNHEALTHY" ? undefined : instance.serviceId),
  task: (instance) => instance.taskArn,
});

export type OperationType =
  | "CREATE_NAMESPACE"
  | "DELETE_NAMESPACE"
  | "UPDATE_NAMESPACE"
  | "UPDATE_SERVICE"
  | "REGISTER_INSTANCE"
  | "DEREGISTER_INSTANCE";

/** A change that was asked for. What it changes, and what the name server answers, is in the records since it was committed: it is ended. */
export interface OperationRecord {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly type: OperationType;
  readonly failure?: { readonly code: string; readonly message: string };
  readonly targets: { readonly NAMESPACE?: string; readonly SERVICE?: string; readonly INSTANCE?: string };
  readonly namespaceId: string;
  /** What the client knows the request by, with all that it asked for: the same again is the same operation. */
  readonly request?: { readonly id: string; readonly input: string };
  readonly createdAt: number;
}

export const operationRecords = defineTable<OperationRecord>()("servicediscovery.operations", (operation) => operation.id, ofAccount, {
  scope: scopeKey,
  request: (operation) => operation.request && nameInScope(operation, operation.request.id),
});
