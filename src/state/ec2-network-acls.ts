import type { Tag } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey } from "../domain/scope.ts";
import type { SubnetRecord } from "./ec2.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** One rule of a network ACL. What no rule of its direction fits is denied: AWS shows that as rule 32767, which is no record. */
export interface NetworkAclEntry {
  /** 1 to 32766: the lowest that fits decides. One of each number in each direction. */
  readonly number: number;
  readonly egress: boolean;
  /** IANA's number of the protocol as a text, such as `6`; `-1` for all. */
  readonly protocol: string;
  readonly action: "allow" | "deny";
  /** An IPv4 or IPv6 block with its host bits cleared: of the sender, in an egress rule of the receiver. */
  readonly cidr: string;
  /** Of ICMP (`1`, and `58` for IPv6) only; -1 for any. */
  readonly icmp?: { readonly type: number; readonly code: number };
  /** Of TCP and UDP only, both ends included; absent for all. */
  readonly ports?: { readonly from: number; readonly to: number };
}

interface NetworkAclAssociation {
  /** `aclassoc-…`. */
  readonly id: string;
  readonly subnetId: string;
}

export interface NetworkAclRecord {
  /** `acl-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  /** Whether it is that of all subnets which no other one has. */
  readonly isDefault: boolean;
  readonly entries: readonly NetworkAclEntry[];
  /** Those that somebody made. A subnet in none of them belongs to the default ACL: `associationsOf` gives all. */
  readonly associations: readonly NetworkAclAssociation[];
  readonly clientToken?: string;
  readonly tags: readonly Tag[];
}

export const networkAcls = defineTable<NetworkAclRecord>()("ec2.network-acls", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  vpc: ({ vpcId }) => vpcId,
  /** The VPC whose default ACL it is. */
  default: ({ isDefault, vpcId }) => (isDefault ? vpcId : undefined),
  subnet: ({ associations }) => associations.map(({ subnetId }) => subnetId),
  association: ({ associations }) => associations.map(({ id }) => id),
  token: (record) => record.clientToken && keyInScope(record, record.clientToken),
});

/** The ACL that a subnet has: every one has one. `undefined` only where the VPC is gone. */
export function networkAclOf(state: State, subnet: Pick<SubnetRecord, "id" | "vpcId">): NetworkAclRecord | undefined {
  const acls = state.table(networkAcls);
  return acls.by("subnet", subnet.id)[0] ?? acls.by("default", subnet.vpcId)[0];
}

/** The associations of an ACL. Those that a subnet has from its beginning on have an id that follows from the subnet's. @param subnets those of its VPC */
export function associationsOf(
  state: State,
  acl: NetworkAclRecord,
  subnets: readonly Pick<SubnetRecord, "id">[],
): readonly NetworkAclAssociation[] {
  if (!acl.isDefault) return acl.associations;
  const rest = subnets.filter(({ id }) => state.table(networkAcls).count("subnet", id) === 0);
  return [...acl.associations, ...rest.map(({ id }) => ({ id: id.replace(/^subnet-/, "aclassoc-"), subnetId: id }))];
}
