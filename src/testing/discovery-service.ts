import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { discoveryServices, namespaces, type DiscoveryServiceRecord } from "../state/cloud-map.ts";
import { insertHostedZone } from "../state/hosted-zones.ts";
import type { State } from "../state/state.ts";

const SCOPE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };
export const ZONE_ID = "Z0123456789ABCDEFGHIJ";

/** A service `backend` with A records in the private namespace `svc.local`, whose zone is `ZONE_ID`. */
export function putDiscoveryService(state: State, changes: Partial<DiscoveryServiceRecord> = {}): DiscoveryServiceRecord {
  const namespaceId = "ns-0123456789abcdef";
  const id = changes.id ?? "srv-0123456789abcdef";
  const service: DiscoveryServiceRecord = {
    ...SCOPE,
    ...{ id, arn: `arn:aws:servicediscovery:${DEFAULT_REGION}:${changes.account ?? DEFAULT_ACCOUNT}:service/${id}`, namespaceId },
    ...{ name: "backend", customHealth: true, attributes: {}, tags: [], createdAt: 0, revision: 0 },
    dns: { routingPolicy: "MULTIVALUE", records: [{ type: "A", ttl: 10 }] },
    ...changes,
  };
  return state.commit(() => {
    if (!state.table(namespaces).has(namespaceId)) {
      const vpc = { id: "vpc-1", region: DEFAULT_REGION };
      insertHostedZone(state, { id: ZONE_ID, account: DEFAULT_ACCOUNT, name: "svc.local.", callerReference: namespaceId, now: 0, vpc });
      const arn = `arn:aws:servicediscovery:${DEFAULT_REGION}:${DEFAULT_ACCOUNT}:namespace/${namespaceId}`;
      const kind = { type: "DNS_PRIVATE", name: "svc.local", httpName: "svc.local", dns: { zoneId: ZONE_ID, soaTtl: 15 } } as const;
      state.table(namespaces).insert({ ...SCOPE, ...kind, id: namespaceId, arn, vpcId: vpc.id, tags: [], createdAt: 0 });
    }
    return state.table(discoveryServices).put(service);
  });
}
