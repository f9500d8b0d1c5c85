import type { Tag } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey, type Scope } from "../domain/scope.ts";
import type { State, WholeState } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** One of the two VPCs of a peering connection. */
export interface PeeringVpc extends Scope {
  readonly vpcId: string;
  /** Whether names of its public addresses lead to the private ones, when they are asked for from the other side. */
  readonly remoteDnsResolution?: boolean;
}

export type PeeringStatus = "pending-acceptance" | "active" | "rejected" | "deleted" | "expired" | "failed";

/**
 * A peering connection as one side sees it: there is a copy for each account and region that has a VPC in it, and they are written together. The id is that of
 * the connection; tags are each side's own, as on AWS.
 */
export interface VpcPeeringRecord extends Scope {
  /** `pcx-…`. */
  readonly id: string;
  readonly requester: PeeringVpc;
  readonly accepter: PeeringVpc;
  readonly status: PeeringStatus;
  /** As AWS words it: `Pending Acceptance by 123456789012`. */
  readonly statusMessage: string;
  /** Milliseconds since the Unix epoch: until when it may be accepted. */
  readonly expiresAt: number;
  /** When it came to its end: from then on it is told for a while. */
  readonly endedAt?: number;
  readonly tags: readonly Tag[];
}

export const vpcPeerings = defineTable<VpcPeeringRecord>()("ec2.vpc-peerings", (record) => keyInScope(record, record.id), ofAccount, {
  scope: scopeKey,
  id: ({ id }) => id,
  vpc: ({ requester, accepter }) => [requester.vpcId, accepter.vpcId],
});

/** What is told of a connection beside its status changes with time: one that nobody accepted in seven days is expired, without anything being written. */
export function statusAt({ status, expiresAt }: VpcPeeringRecord, now: number): PeeringStatus {
  return status === "pending-acceptance" && now >= expiresAt ? "expired" : status;
}

const HOUR_MS = 3_600_000;

/**
 * Whether a side is still told of a connection that has ended: two hours, and the requester of one that was rejected or expired two days. Source: VPC Peering Guide, "VPC
 * peering connection lifecycle".
 */
export function isTold(peering: VpcPeeringRecord, now: number): boolean {
  const { account, requester, expiresAt, endedAt } = peering;
  const status = statusAt(peering, now);
  if (status === "active" || status === "pending-acceptance") return true;
  const long = account === requester.account && (status === "rejected" || status === "expired");
  return now < (endedAt ?? expiresAt) + (long ? 48 : 2) * HOUR_MS;
}

/** The copies of a connection: one, or one of each side. */
export function copiesOf(state: State, id: string): readonly VpcPeeringRecord[] {
  return state.table(vpcPeerings).by("id", id);
}

/** Changes a connection for both sides. Needs an open commit, and a state that sees both. */
export function changePeering(
  state: WholeState,
  id: string,
  change: Partial<Omit<VpcPeeringRecord, "id" | "account" | "region" | "tags">>,
): void {
  for (const copy of copiesOf(state, id)) state.table(vpcPeerings).put({ ...copy, ...change });
}
