import type { Tag } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey, type Scope } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

/** One of the two VPCs of a peering connection. */
export interface PeeringVpc extends Scope {
  readonly vpcId: string;
  /** Its blocks as they were when the connection was asked for or accepted; the other account sees them here. */
  readonly cidrBlocks: readonly string[];
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
  /** Why it failed, or who ended it. */
  readonly statusMessage: string;
  /** Milliseconds since the Unix epoch: until when it may be accepted. */
  readonly expiresAt: number;
  /** When it came to its end, so that it is forgotten in time as on AWS. */
  readonly endedAt?: number;
  readonly tags: readonly Tag[];
}

export const vpcPeerings = defineTable<VpcPeeringRecord>()("ec2.vpc-peerings", (record) => keyInScope(record, record.id), ofAccount, {
  scope: scopeKey,
  id: ({ id }) => id,
  vpc: ({ requester, accepter }) => [requester.vpcId, accepter.vpcId],
});
