import type { Tag } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

export interface InternetGatewayRecord {
  /** `igw-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** Where it is attached; a VPC has one at most. */
  readonly vpcId?: string;
  readonly tags: readonly Tag[];
}

export const internetGateways = defineTable<InternetGatewayRecord>()("ec2.internet-gateways", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  vpc: ({ vpcId }) => vpcId,
});

/** Lets IPv6 out, and nothing in. It is attached from its beginning on. */
export interface EgressOnlyInternetGatewayRecord {
  /** `eigw-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
}

export const egressOnlyInternetGateways = defineTable<EgressOnlyInternetGatewayRecord>()(
  "ec2.egress-only-internet-gateways",
  ({ id }) => id,
  ofAccount,
  { scope: scopeKey, vpc: ({ vpcId }) => vpcId, token: (record) => record.clientToken && keyInScope(record, record.clientToken) },
);

/** By which interface and address a NAT gateway sends. */
export interface NatGatewayAddress {
  readonly privateIp: string;
  readonly networkInterfaceId: string;
  /** Of public gateways only: an Elastic IP of the account's. */
  readonly allocationId?: string;
  readonly publicIp?: string;
  readonly associationId?: string;
}

export interface NatGatewayRecord {
  /** `nat-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly connectivityType: "public" | "private";
  /** What was asked for: an Elastic IP of a public one, a private address of the subnet where not any will do. */
  readonly asked: { readonly allocationId?: string; readonly privateIp?: string };
  /** Empty until it is available; told also of one that is gone. */
  readonly addresses: readonly NatGatewayAddress[];
  readonly state: "pending" | "failed" | "available" | "deleting" | "deleted";
  /** AWS's code and sentence, of one that failed. */
  readonly failure?: { readonly code: string; readonly message: string };
  /** Milliseconds since the Unix epoch, as below. */
  readonly createdAt: number;
  /** When it was deleted, or failed: it is told for an hour more. */
  readonly deletedAt?: number;
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
}

export const natGateways = defineTable<NatGatewayRecord>()("ec2.nat-gateways", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  vpc: ({ vpcId }) => vpcId,
  subnet: ({ subnetId }) => subnetId,
  token: (record) => record.clientToken && keyInScope(record, record.clientToken),
});

/** An Elastic IP: a public address that an account keeps until it gives it back. */
export interface ElasticAddressRecord {
  /** `eipalloc-…`. */
  readonly allocationId: string;
  readonly account: string;
  readonly region: string;
  readonly publicIp: string;
  readonly association?: {
    /** `eipassoc-…`. */
    readonly id: string;
    readonly networkInterfaceId: string;
    readonly privateIp: string;
  };
  readonly tags: readonly Tag[];
}

export const elasticAddresses = defineTable<ElasticAddressRecord>()(
  "ec2.elastic-addresses",
  ({ allocationId }) => allocationId,
  ofAccount,
  {
    scope: scopeKey,
    publicIp: ({ publicIp }) => publicIp,
    interface: ({ association }) => association?.networkInterfaceId,
    association: ({ association }) => association?.id,
  },
);
