import { scopeKey } from "../domain/scope.ts";
import type { Tag } from "@aws-sdk/client-ec2";
import { defineTable, ofAccount } from "./table.ts";

export interface VpcRecord {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly cidrBlock: string;
  readonly isDefault: boolean;
  readonly tags: readonly Tag[];
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
});
