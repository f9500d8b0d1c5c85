import { scopeKey } from "../domain/scope.ts";
import type { Tag } from "@aws-sdk/client-ec2";
import { defineTable, ofAccount } from "./table.ts";

export interface VpcRecord {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** The block that it was made with; `vpcBlocks` gives all. */
  readonly cidrBlock: string;
  readonly isDefault: boolean;
  readonly tags: readonly Tag[];
  /** Blocks that were associated later. */
  readonly moreBlocks?: readonly VpcBlock[];
  /** Whether the resolver at base+2 answers. True where absent. */
  readonly dnsSupport?: boolean;
  /** Whether public addresses have names. Where absent, as AWS makes them: true of default VPCs, false of others. */
  readonly dnsHostnames?: boolean;
  /** Shown, and without a consequence: metrics of addresses are for sale on AWS only. False where absent. */
  readonly addressUsageMetrics?: boolean;
  /** `dopt-…`, or `default` for none at all. Where absent, those that the region has from the beginning. */
  readonly dhcpOptionsId?: string;
  /** `default` where absent. It says on what machines of AWS's instances run. */
  readonly instanceTenancy?: "dedicated";
}

export interface VpcBlock {
  /** `vpc-cidr-assoc-…`. */
  readonly associationId: string;
  readonly cidrBlock: string;
}

/** All blocks of a VPC, the first one first. */
export function vpcBlocks({ cidrBlock, moreBlocks = [] }: Pick<VpcRecord, "cidrBlock" | "moreBlocks">): readonly string[] {
  return [cidrBlock, ...moreBlocks.map((more) => more.cidrBlock)];
}

export const vpcs = defineTable<VpcRecord>()("ec2.vpcs", (vpc) => vpc.id, ofAccount, {
  scope: scopeKey,
});

export interface SubnetRecord {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly availabilityZone: string;
  readonly availabilityZoneId: string;
  readonly defaultForAz: boolean;
  readonly mapPublicIpOnLaunch: boolean;
  readonly tags: readonly Tag[];
  /** `ip-name` where absent: `ip-10-0-1-45.ec2.internal`, and not a name of an instance's id. Shown only: there are no instances. */
  readonly hostnameType?: "resource-name";
  /** Shown only, as above. False where absent. */
  readonly resourceNameDnsARecord?: boolean;
}

export const subnets = defineTable<SubnetRecord>()("ec2.subnets", (subnet) => subnet.id, ofAccount, {
  scope: scopeKey,
  vpc: (subnet) => subnet.vpcId,
});

export interface SecurityGroupRuleRecord {
  readonly id: string;
  readonly isEgress: boolean;
  readonly ipProtocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly cidrIpv4?: string;
  readonly cidrIpv6?: string;
  readonly prefixListId?: string;
  readonly referencedGroupId?: string;
  /** Whose the group is, where it is another account's. */
  readonly referencedAccount?: string;
  /** `pcx-…`: the connection by which the group's VPC is reached, where it is another one. */
  readonly peeringConnectionId?: string;
  readonly description?: string;
  readonly tags: readonly Tag[];
}

export interface SecurityGroupRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly rules: readonly SecurityGroupRuleRecord[];
  readonly tags: readonly Tag[];
}

export const securityGroups = defineTable<SecurityGroupRecord>()("ec2.security-groups", (group) => group.id, ofAccount, {
  scope: scopeKey,
  vpc: (group) => group.vpcId,
  /** The groups that its rules name. */
  reference: ({ rules }) => [...new Set(rules.flatMap(({ referencedGroupId }) => referencedGroupId ?? []))],
});
