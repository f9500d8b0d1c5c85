import type { Operation } from "../operation.ts";
import { describeAddresses } from "./addresses.ts";
import { describeEgressOnlyInternetGateways, describeInternetGateways } from "./internet-gateways.ts";
import { describeNatGateways } from "./nat-gateways.ts";
import { describeNetworkAcls } from "./network-acls.ts";
import { describeVpcEndpoints } from "./endpoints/describe-vpc-endpoints.ts";
import {
  createManagedPrefixList,
  deleteManagedPrefixList,
  getManagedPrefixListAssociations,
  modifyManagedPrefixList,
  restoreManagedPrefixListVersion,
} from "./change-prefix-lists.ts";
import { deleteSubnet, modifySubnetAttribute } from "./change-subnet.ts";
import { createDefaultSubnet, createSubnet } from "./create-subnet.ts";
import { createDefaultVpc, createVpc } from "./create-vpc.ts";
import { deleteVpc } from "./delete-vpc.ts";
import { associateDhcpOptions, createDhcpOptions, deleteDhcpOptions, describeDhcpOptions } from "./dhcp-options.ts";
import { describeNetworkInterfaces } from "./network-interfaces.ts";
import { describeVpcPeeringConnections } from "./peerings.ts";
import { describeManagedPrefixLists, describePrefixLists, getManagedPrefixListEntries } from "./prefix-lists.ts";
import { describeAccountAttributes, describeAvailabilityZones, describeRegions } from "./regions.ts";
import { describeRouteTables } from "./route-tables.ts";
import { describeVpcClassicLink, describeVpcClassicLinkDnsSupport } from "./retired.ts";
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
import { createSubnetCidrReservation, deleteSubnetCidrReservation, getSubnetCidrReservations } from "./subnet-reservations.ts";
import { describeSubnets } from "./subnets.ts";
import { createTags, deleteTags, describeTags } from "./tags.ts";
import { describeVpcAttribute, modifyVpcAttribute, modifyVpcTenancy } from "./vpc-attributes.ts";
import { associateVpcCidrBlock, disassociateVpcCidrBlock } from "./vpc-block-associations.ts";
import { describeVpcs } from "./vpcs.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  describeVpcs,
  describeVpcAttribute,
  createVpc,
  createDefaultVpc,
  deleteVpc,
  modifyVpcAttribute,
  modifyVpcTenancy,
  associateVpcCidrBlock,
  disassociateVpcCidrBlock,
  describeVpcClassicLink,
  describeVpcClassicLinkDnsSupport,
  createSubnet,
  createDefaultSubnet,
  deleteSubnet,
  modifySubnetAttribute,
  createSubnetCidrReservation,
  deleteSubnetCidrReservation,
  getSubnetCidrReservations,
  createDhcpOptions,
  deleteDhcpOptions,
  associateDhcpOptions,
  describeDhcpOptions,
  describeVpcPeeringConnections,
  describeManagedPrefixLists,
  describePrefixLists,
  getManagedPrefixListEntries,
  getManagedPrefixListAssociations,
  createManagedPrefixList,
  modifyManagedPrefixList,
  restoreManagedPrefixListVersion,
  deleteManagedPrefixList,
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
