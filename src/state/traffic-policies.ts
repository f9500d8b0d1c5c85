import type { RecordType } from "../domain/dns/record-type.ts";
import { defineTable, ofAccount } from "./table.ts";

/** A traffic policy of Route 53, whose documents are its versions. */
export interface TrafficPolicyRecord {
  /** A UUID. */
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly type: RecordType;
  /** The number that a version got last, whether it is still there or not. */
  readonly lastVersion: number;
  readonly createdAt: number;
}

export const trafficPolicies = defineTable<TrafficPolicyRecord>()("route53.traffic-policies", ({ id }) => id, ofAccount, {
  account: ({ account }) => account,
});

export interface TrafficPolicyVersionRecord {
  readonly policyId: string;
  readonly account: string;
  /** Counts from 1. */
  readonly version: number;
  /** As it was sent, checked. */
  readonly document: string;
  readonly comment?: string;
}

export function trafficPolicyVersionKey(policyId: string, version: number): string {
  return `${policyId}/${version}`;
}

export const trafficPolicyVersions = defineTable<TrafficPolicyVersionRecord>()(
  "route53.traffic-policy-versions",
  ({ policyId, version }) => trafficPolicyVersionKey(policyId, version),
  ofAccount,
  { policy: ({ policyId }) => policyId },
);

/** A version of a policy that is followed at a name: the record sets that it comes to have its id. */
export interface TrafficPolicyInstanceRecord {
  /** A UUID. */
  readonly id: string;
  readonly account: string;
  readonly zoneId: string;
  /** As `readName` gives it. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly type: RecordType;
}

export const trafficPolicyInstances = defineTable<TrafficPolicyInstanceRecord>()(
  "route53.traffic-policy-instances",
  ({ id }) => id,
  ofAccount,
  {
    account: ({ account }) => account,
    zone: ({ zoneId }) => zoneId,
    policyVersion: ({ policyId, policyVersion }) => trafficPolicyVersionKey(policyId, policyVersion),
  },
);
