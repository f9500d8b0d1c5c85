import type { Operation } from "../operation.ts";
import { describeAddresses } from "./addresses.ts";
import { describeEgressOnlyInternetGateways, describeInternetGateways } from "./internet-gateways.ts";
import { describeNatGateways } from "./nat-gateways.ts";
import { describeNetworkAcls } from "./network-acls.ts";
import { describeVpcEndpoints } from "./endpoints/describe-vpc-endpoints.ts";
import { describeNetworkInterfaces } from "./network-interfaces.ts";
import { describeAccountAttributes, describeAvailabilityZones, describeRegions } from "./regions.ts";
import { describeRouteTables } from "./route-tables.ts";
import {
  authorizeSecurityGroupEgress,
  authorizeSecurityGroupIngress,
  describeSecurityGroupRules,
  modifySecurityGroupRules,
  updateSecurityGroupRuleDescriptionsEgress,
  updateSecurityGroupRuleDescriptionsIngress,
  revokeSecurityGroupEgress,
  revokeSecurityGroupIngress,
} from "./security-group-rules.ts";
import { createSecurityGroup, deleteSecurityGroup, describeSecurityGroups } from "./security-groups.ts";
import { describeSubnets } from "./subnets.ts";
import { createTags, deleteTags, describeTags } from "./tags.ts";
import { describeVpcAttribute, describeVpcs } from "./vpcs.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  describeVpcs,
  describeVpcAttribute,
  describeSubnets,
  describeRegions,
  describeAvailabilityZones,
  describeAccountAttributes,
  describeRouteTables,
  describeInternetGateways,
  describeEgressOnlyInternetGateways,
  describeNatGateways,
  describeAddresses,
  describeNetworkAcls,
  describeNetworkInterfaces,
  describeVpcEndpoints,
  createSecurityGroup,
  deleteSecurityGroup,
  describeSecurityGroups,
  describeSecurityGroupRules,
  authorizeSecurityGroupIngress,
  authorizeSecurityGroupEgress,
  revokeSecurityGroupIngress,
  revokeSecurityGroupEgress,
  modifySecurityGroupRules,
  updateSecurityGroupRuleDescriptionsEgress,
  updateSecurityGroupRuleDescriptionsIngress,
  createTags,
  deleteTags,
  describeTags,
];
