import {
  ConflictingTypes,
  NoSuchTrafficPolicyInstance,
  TooManyTrafficPolicyInstances,
  TrafficPolicyInstanceAlreadyExists,
  type TrafficPolicyInstance,
} from "@aws-sdk/client-route-53";
import { applyChanges } from "../../decide/record-changes/apply-changes.ts";
import { recordSetsOf } from "../../decide/traffic-policy/record-sets-of.ts";
import { isWithin, readName } from "../../domain/dns/name.ts";
import { loadBalancers } from "../../state/elb.ts";
import { recordSets, type HostedZoneRecord, type RecordSetRecord } from "../../state/route53.ts";
import { trafficPolicyInstances, type TrafficPolicyInstanceRecord } from "../../state/traffic-policies.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { requireHealthChecks, zoneToChange } from "./change-record-sets.ts";
import { QUOTAS } from "./quotas.ts";
import { protection } from "./record-set-protections.ts";
import {
  invalidInput,
  onAny,
  operation,
  recordSetCount,
  requireOwnZone,
  trafficPolicyArn,
  trafficPolicyInstanceArn,
  zoneArn,
} from "./route53-operation.ts";
import { zoneOfBalancer } from "./service-names.ts";
import { readDocument, requireVersion } from "./traffic-policies.ts";

function onInstance(action: string) {
  return ({ Id }: { readonly Id?: string | undefined }, at: AuthorizeScope): Permission => ({
    ...{ action: `route53:${action}`, resource: trafficPolicyInstanceArn(at, Id) },
  });
}

/** Of the caller's account. @throws NoSuchTrafficPolicyInstance */
function requireInstance({ state }: Pick<OperationContext, "state">, id = ""): TrafficPolicyInstanceRecord {
  const instance = state.table(trafficPolicyInstances).get(id);
  if (!instance) throw new NoSuchTrafficPolicyInstance(because(`No traffic policy instance exists with the specified ID: ${id}`));
  return instance;
}

/** What it comes to is in the zone since it was committed. */
export function shownInstance(one: TrafficPolicyInstanceRecord): TrafficPolicyInstance {
  return {
    ...{ Id: one.id, HostedZoneId: one.zoneId, Name: one.name, TTL: one.ttl, State: "Applied", Message: "" },
    ...{ TrafficPolicyId: one.policyId, TrafficPolicyVersion: one.policyVersion, TrafficPolicyType: one.type },
  };
}

export const createTrafficPolicyInstance = operation("CreateTrafficPolicyInstance", {
  authorize: ({ HostedZoneId, TrafficPolicyId }, at): readonly Permission[] => [
    { action: "route53:CreateTrafficPolicyInstance", resource: zoneArn(at, HostedZoneId) },
    { action: "route53:CreateTrafficPolicyInstance", resource: trafficPolicyArn(at, TrafficPolicyId) },
  ],
  run({ HostedZoneId, Name = "", TTL: ttl = 0, TrafficPolicyId, TrafficPolicyVersion }, context) {
    const { state, account, ids } = context;
    const zone = requireOwnZone(context, HostedZoneId);
    const name = readName(Name);
    if (typeof name === "object") throw invalidInput(`FATAL problem: ${name.problem} encountered with '${Name}'`);
    if (!isWithin(name, zone.name)) throw invalidInput(`The name ${name} is not permitted in zone ${zone.name}`);
    const { policy, version } = requireVersion(context, TrafficPolicyId, Number(TrafficPolicyVersion));
    const table = state.table(trafficPolicyInstances);
    if (table.by("zone", zone.id).some((one) => one.name === name && one.type === policy.type))
      throw new TrafficPolicyInstanceAlreadyExists(
        because(`There is already a traffic policy instance for the name ${name}, type ${policy.type} in the hosted zone ${zone.id}.`),
      );
    const most = QUOTAS.MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER;
    if (table.count("account", account) >= most)
      throw new TooManyTrafficPolicyInstances(
        because(`Limits Exceeded: MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER - Cannot create more than ${most} traffic policy instances.`),
      );
    const instance: TrafficPolicyInstanceRecord = {
      ...{ id: ids.uuid(), account, zoneId: zone.id, name, ttl },
      ...{ policyId: policy.id, policyVersion: version.version, type: policy.type },
    };
    follow(context, zone, instance, version.document);
    return {
      TrafficPolicyInstance: shownInstance(instance),
      Location: `https://route53.amazonaws.com/2013-04-01/trafficpolicyinstance/${instance.id}`,
    };
  },
});

export const updateTrafficPolicyInstance = operation("UpdateTrafficPolicyInstance", {
  authorize: onInstance("UpdateTrafficPolicyInstance"),
  run({ Id, TTL: ttl = 0, TrafficPolicyId, TrafficPolicyVersion }, context) {
    const before = requireInstance(context, Id);
    const zone = requireOwnZone(context, before.zoneId);
    const { policy, version } = requireVersion(context, TrafficPolicyId, Number(TrafficPolicyVersion));
    if (policy.type !== before.type)
      throw new ConflictingTypes(
        because(`The traffic policy is of type ${policy.type}, and the traffic policy instance of type ${before.type}.`),
      );
    const instance = { ...before, ttl, policyId: policy.id, policyVersion: version.version };
    follow(context, zone, instance, version.document);
    return { TrafficPolicyInstance: shownInstance(instance) };
  },
});

/**
 * Writes an instance with the record sets that its policy comes to, in the place of those that it had: all of it or nothing.
 * @throws InvalidInput where they cannot be in the zone; NoSuchHealthCheck
 */
function follow(context: OperationContext, zone: HostedZoneRecord, instance: TrafficPolicyInstanceRecord, document: string): void {
  const { state, account } = context;
  const table = state.table(recordSets);
  const balancerZone = zoneOfBalancer(() => state.table(loadBalancers).values());
  const { id: instanceId, name, ttl } = instance;
  const made = recordSetsOf(readDocument(document), { instanceId, name, ttl, zone, balancerZone });
  if ("problems" in made) throw invalidInput(made.problems.join(" "));
  const refusal = protection(context, zone, instance);
  if (refusal !== undefined) throw invalidInput(refusal);
  const changes = made.sets.map((set) => ({ action: "CREATE", set }) as const);
  requireHealthChecks(context, changes);
  const whole = zoneToChange(context, zone);
  const others = (set: RecordSetRecord): boolean => set.trafficPolicyInstanceId !== instance.id;
  const changed = applyChanges({ ...whole, at: (one) => whole.at(one).filter((set) => others(set as RecordSetRecord)) }, changes);
  if (changed.kind === "refused") throw invalidInput(changed.messages.join(" "));
  state.commit(() => {
    removeRecordSets(context, instance);
    for (const set of changed.put) table.insert({ ...set, zoneId: zone.id, account, trafficPolicyInstanceId: instance.id });
    if (recordSetCount(context, zone) > QUOTAS.MAX_RRSETS_BY_ZONE)
      throw invalidInput(`Number of limits exceeded: {MAX_RRSETS_BY_ZONE=${QUOTAS.MAX_RRSETS_BY_ZONE}}`);
    state.table(trafficPolicyInstances).put(instance);
  });
}

function removeRecordSets({ state }: OperationContext, { id }: TrafficPolicyInstanceRecord): void {
  const table = state.table(recordSets);
  for (const set of table.by("trafficPolicyInstance", id)) table.delete(recordSets.key(set));
}

export const getTrafficPolicyInstance = operation("GetTrafficPolicyInstance", {
  authorize: onInstance("GetTrafficPolicyInstance"),
  run: ({ Id }, context) => ({ TrafficPolicyInstance: shownInstance(requireInstance(context, Id)) }),
});

export const deleteTrafficPolicyInstance = operation("DeleteTrafficPolicyInstance", {
  authorize: onInstance("DeleteTrafficPolicyInstance"),
  run({ Id }, context) {
    const { state } = context;
    const instance = requireInstance(context, Id);
    const zone = requireOwnZone(context, instance.zoneId);
    const refusal = protection(context, zone, instance);
    if (refusal !== undefined) throw invalidInput(refusal);
    state.commit(() => {
      removeRecordSets(context, instance);
      state.table(trafficPolicyInstances).delete(instance.id);
    });
    return {};
  },
});

export const getTrafficPolicyInstanceCount = operation("GetTrafficPolicyInstanceCount", {
  authorize: onAny("GetTrafficPolicyInstanceCount"),
  run: (_input, { state, account }) => ({ TrafficPolicyInstanceCount: state.table(trafficPolicyInstances).count("account", account) }),
});
