import { instanceRecordSets, type DnsOfServiceView, type InstanceView } from "../decide/service-discovery/instance-record-sets.ts";
import { nameOf, readName, type NameProblem } from "../domain/dns/name.ts";
import type { RecordSet } from "../domain/dns/record-set.ts";
import {
  discoveryServices,
  instanceKey,
  instances,
  namespaces,
  type DiscoveryServiceRecord,
  type InstanceRecord,
  type NamespaceRecord,
} from "./cloud-map.ts";
import { healthChecks, recordSetKey, recordSets } from "./route53.ts";
import type { State } from "./state.ts";

// Instances and their record sets are written together, here alone. In the zone are the record sets of the instances that are healthy, or those of all
// where none is: so the name server need not know of Cloud Map. A change of one instance costs its own record sets, but for the first that becomes
// healthy or the last that ceases to be: that shows or hides all others.

/** Writes an instance that is new, or replaces the one of its id, inside a commit. */
export function registerInstance(state: State, instance: InstanceRecord): void {
  change(state, instance, instance);
  countUp(state, instance.serviceId);
}

/** Removes an instance with its record sets, inside a commit. */
export function deregisterInstance(state: State, instance: InstanceRecord): void {
  change(state, instance, undefined);
  countUp(state, instance.serviceId);
}

/** Gives an instance another health check, or none, inside a commit. */
export function putInstanceCheck(state: State, before: InstanceRecord, healthCheckId: string | undefined): void {
  const { healthCheckId: _old, ...instance } = before;
  change(state, before, { ...instance, ...(healthCheckId === undefined ? {} : { healthCheckId }) });
}

/** Inside a commit. */
export function putInstanceHealth(state: State, instance: InstanceRecord, health: "HEALTHY" | "UNHEALTHY"): void {
  if (instance.health !== health) change(state, instance, { ...instance, health });
}

/**
 * Writes the record sets of a service's instances anew where its DNS configuration has changed, inside a commit.
 * @param before the service as it was; its record is already written
 */
export function rewriteRecordSets(state: State, before: DiscoveryServiceRecord): void {
  const after = state.table(discoveryServices).get(before.id);
  const allShown = state.table(instances).count("healthy", before.id) === 0;
  for (const instance of state.table(instances).by("service", before.id)) {
    for (const set of setsOf(state, before, instance)) remove(state, before, set);
    if (after && (allShown || instance.health !== "UNHEALTHY")) put(state, after, setsOf(state, after, instance));
  }
}

function change(state: State, { serviceId, id }: Pick<InstanceRecord, "serviceId" | "id">, after: InstanceRecord | undefined): void {
  const table = state.table(instances);
  const service = state.table(discoveryServices).get(serviceId);
  const before = table.get(instanceKey({ serviceId, id }));
  const allShown = table.count("healthy", serviceId) === 0;
  if (before?.healthCheckId !== undefined && before.healthCheckId !== after?.healthCheckId)
    state.table(healthChecks).delete(before.healthCheckId);
  if (after) table.put(after);
  else table.delete(instanceKey({ serviceId, id }));
  if (!service?.dns) return;
  if (before) for (const set of setsOf(state, service, before)) remove(state, service, set);
  const showAll = table.count("healthy", serviceId) === 0;
  if (after && (showAll || after.health !== "UNHEALTHY")) put(state, service, setsOf(state, service, after));
  if (showAll === allShown) return;
  for (const other of table.by("service", serviceId)) {
    if (other.id === id || other.health !== "UNHEALTHY") continue;
    if (showAll) put(state, service, setsOf(state, service, other));
    else for (const set of setsOf(state, service, other)) remove(state, service, set);
  }
}

function countUp(state: State, serviceId: string): void {
  state.table(discoveryServices).update(serviceId, (service) => ({ ...service, revision: service.revision + 1 }));
}

function put(state: State, { account, namespaceId }: DiscoveryServiceRecord, sets: readonly RecordSet[]): void {
  const zoneId = state.table(namespaces).get(namespaceId)?.dns?.zoneId;
  if (zoneId !== undefined) for (const set of sets) state.table(recordSets).put({ ...set, zoneId, account });
}

function remove(state: State, { namespaceId }: DiscoveryServiceRecord, set: RecordSet): void {
  const zoneId = state.table(namespaces).get(namespaceId)?.dns?.zoneId;
  if (zoneId !== undefined) state.table(recordSets).delete(recordSetKey({ ...set, zoneId }));
}

function setsOf(state: State, service: DiscoveryServiceRecord, instance: InstanceRecord): readonly RecordSet[] {
  const namespace = state.table(namespaces).get(service.namespaceId);
  if (!namespace?.dns || !service.dns) return [];
  const dns: DnsOfServiceView = { ...service.dns, name: nameOf(serviceName(namespace, service)) };
  return instanceRecordSets(dns, viewOf(namespace, service, instance));
}

function viewOf(namespace: NamespaceRecord, service: DiscoveryServiceRecord, instance: InstanceRecord): InstanceView {
  const hostName = instanceHostName(namespace, service, instance.id);
  return { ...instance, hostName: typeof hostName === "string" ? hostName : "" };
}

/** The domain name of a service; one that is called `.` has the namespace's own. */
export function serviceName(namespace: Pick<NamespaceRecord, "name">, service: Pick<DiscoveryServiceRecord, "name">): string {
  return service.name === "." ? namespace.name : `${service.name}.${namespace.name}`;
}

/** What an SRV record of an instance leads to, or why its id cannot stand in a name. */
export function instanceHostName(
  namespace: Pick<NamespaceRecord, "name">,
  service: Pick<DiscoveryServiceRecord, "name">,
  instanceId: string,
): string | NameProblem {
  return readName(`${instanceId}.${serviceName(namespace, service)}`);
}
