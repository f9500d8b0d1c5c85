import type { RRType } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { readName, sortKey } from "../../domain/dns/name.ts";
import {
  trafficPolicies,
  trafficPolicyInstances,
  trafficPolicyVersionKey,
  trafficPolicyVersions,
  type TrafficPolicyInstanceRecord,
} from "../../state/traffic-policies.ts";
import type { OperationContext } from "../operation.ts";
import { compareKeys } from "../pagination.ts";
import { pageLimit } from "./pages.ts";
import { bareId, invalidInput, onAny, onZone, operation, requireZone } from "./route53-operation.ts";
import { onPolicy, requirePolicy, requireVersion, shownPolicy } from "./traffic-policies.ts";
import { shownInstance } from "./traffic-policy-instances.ts";

const MOST = 100;

/** In the order in which they were made. */
export const listTrafficPolicies = operation("ListTrafficPolicies", {
  authorize: onAny("ListTrafficPolicies"),
  run({ TrafficPolicyIdMarker, MaxItems }, context) {
    const { state, account } = context;
    const limit = pageLimit(MaxItems, MOST);
    const all = state
      .table(trafficPolicies)
      .by("account", account)
      .toSorted((a, b) => a.createdAt - b.createdAt || compareKeys(a.id, b.id));
    const start = TrafficPolicyIdMarker === undefined ? 0 : all.indexOf(requirePolicy(context, TrafficPolicyIdMarker));
    const page = all.slice(start, start + limit);
    return {
      TrafficPolicySummaries: page.map(({ id, name, type, lastVersion }) => {
        const versions = state.table(trafficPolicyVersions).by("policy", id);
        const LatestVersion = versions.reduce((latest, { version }) => Math.max(latest, version), 0) || lastVersion;
        return { Id: id, Name: name, Type: type, LatestVersion, TrafficPolicyCount: versions.length };
      }),
      IsTruncated: start + limit < all.length,
      TrafficPolicyIdMarker: all[start + limit]?.id ?? "",
      MaxItems: limit as never,
    };
  },
});

export const listTrafficPolicyVersions = operation("ListTrafficPolicyVersions", {
  authorize: onPolicy("ListTrafficPolicyVersions"),
  run({ Id, TrafficPolicyVersionMarker, MaxItems }, context) {
    const policy = requirePolicy(context, Id);
    const limit = pageLimit(MaxItems, MOST);
    const marker = Number(TrafficPolicyVersionMarker ?? 1);
    if (!Number.isInteger(marker)) throw invalidInput(`Invalid TrafficPolicyVersionMarker: '${TrafficPolicyVersionMarker}'`);
    const all = context.state
      .table(trafficPolicyVersions)
      .by("policy", policy.id)
      .filter(({ version }) => version >= marker)
      .toSorted((a, b) => a.version - b.version);
    return {
      TrafficPolicies: all.slice(0, limit).map((version) => shownPolicy(policy, version)),
      IsTruncated: all.length > limit,
      TrafficPolicyVersionMarker: String(all[limit]?.version ?? ""),
      MaxItems: limit as never,
    };
  },
});

interface InstanceMarkers {
  readonly HostedZoneIdMarker?: string | undefined;
  readonly TrafficPolicyInstanceNameMarker?: string | undefined;
  readonly TrafficPolicyInstanceTypeMarker?: RRType | undefined;
  readonly MaxItems?: number | undefined;
}

/** By zone, name and type; markers are of the first one of a page. @throws InvalidInput */
function instancePage(all: readonly TrafficPolicyInstanceRecord[], markers: InstanceMarkers) {
  const { HostedZoneIdMarker: zone, TrafficPolicyInstanceNameMarker: given, TrafficPolicyInstanceTypeMarker: type, MaxItems } = markers;
  if (type !== undefined && given === undefined)
    throw invalidInput("TrafficPolicyInstanceTypeMarker needs TrafficPolicyInstanceNameMarker.");
  const name = given === undefined ? undefined : readName(given);
  if (typeof name === "object") throw invalidInput(`FATAL problem: ${name.problem} encountered with '${given}'`);
  const keyOf = (one: TrafficPolicyInstanceRecord): string => `${one.zoneId} ${sortKey(one.name)} ${one.type}`;
  const parts = [
    bareId(zone ?? (name === undefined ? "" : all[0]?.zoneId), "hostedzone"),
    ...(name === undefined ? [] : [sortKey(name), type ?? ""]),
  ];
  const from = parts.join(" ");
  const limit = pageLimit(MaxItems, MOST);
  const sorted = all
    .map((one) => ({ one, key: keyOf(one) }))
    .filter(({ key }) => compareKeys(key, from) >= 0)
    .toSorted((a, b) => compareKeys(a.key, b.key));
  const next = sorted[limit]?.one;
  return {
    TrafficPolicyInstances: sorted.slice(0, limit).map(({ one }) => shownInstance(one)),
    IsTruncated: next !== undefined,
    MaxItems: limit as never,
    ...defined({ TrafficPolicyInstanceNameMarker: next?.name, TrafficPolicyInstanceTypeMarker: next?.type }),
    next,
  };
}

export const listTrafficPolicyInstances = operation("ListTrafficPolicyInstances", {
  authorize: onAny("ListTrafficPolicyInstances"),
  run(input, context) {
    const { next, ...page } = instancePage(own(context), input);
    return { ...page, ...defined({ HostedZoneIdMarker: next?.zoneId }) };
  },
});

function own({ state, account }: OperationContext): readonly TrafficPolicyInstanceRecord[] {
  return state.table(trafficPolicyInstances).by("account", account);
}

export const listTrafficPolicyInstancesByHostedZone = operation("ListTrafficPolicyInstancesByHostedZone", {
  authorize: onZone("ListTrafficPolicyInstancesByHostedZone"),
  run({ HostedZoneId, ...markers }, context) {
    const zone = requireZone(context, HostedZoneId);
    const { next: _next, ...page } = instancePage(context.state.table(trafficPolicyInstances).by("zone", zone.id), markers);
    return page;
  },
});

export const listTrafficPolicyInstancesByPolicy = operation("ListTrafficPolicyInstancesByPolicy", {
  authorize: onPolicy("ListTrafficPolicyInstancesByPolicy"),
  run({ TrafficPolicyId, TrafficPolicyVersion, ...markers }, context) {
    const { policy, version } = requireVersion(context, TrafficPolicyId, Number(TrafficPolicyVersion));
    const key = trafficPolicyVersionKey(policy.id, version.version);
    const { next, ...page } = instancePage(context.state.table(trafficPolicyInstances).by("policyVersion", key), markers);
    return { ...page, ...defined({ HostedZoneIdMarker: next?.zoneId }) };
  },
});
