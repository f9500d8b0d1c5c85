import type { Operation } from "../operation.ts";
import { describeAddresses, describeAddressesAttribute } from "./addresses.ts";
import { allocateAddress, associateAddress, disassociateAddress, releaseAddress } from "./change-addresses.ts";
import { createNatGateway, deleteNatGateway } from "./change-nat-gateways.ts";
import { attachInternetGateway, createInternetGateway, deleteInternetGateway, detachInternetGateway } from "./attach-internet-gateway.ts";
import { createRouteTable, deleteRouteTable } from "./create-route-table.ts";
import {
  createEgressOnlyInternetGateway,
  deleteEgressOnlyInternetGateway,
  describeEgressOnlyInternetGateways,
} from "./egress-only-gateways.ts";
import { createFlowLogs } from "./flow-logs/create-flow-logs.ts";
import { deleteFlowLogs } from "./flow-logs/delete-flow-logs.ts";
import { describeFlowLogs } from "./flow-logs/describe-flow-logs.ts";
import { describeInternetGateways } from "./internet-gateways.ts";
import {
  createNetworkAcl,
  createNetworkAclEntry,
  deleteNetworkAcl,
  deleteNetworkAclEntry,
  replaceNetworkAclAssociation,
  replaceNetworkAclEntry,
} from "./change-network-acls.ts";
import { associateRouteTable, disassociateRouteTable, replaceRouteTableAssociation } from "./route-table-associations.ts";
import { createRoute, deleteRoute, replaceRoute } from "./routes.ts";
import { describeNatGateways } from "./nat-gateways.ts";
import { describeNetworkAcls } from "./network-acls.ts";
import { getEbsEncryptionByDefault, nothingOfIt } from "./compute/nothing-of-it.ts";
import { createVpcEndpoint } from "./endpoints/create-vpc-endpoint.ts";
import { deleteVpcEndpoints } from "./endpoints/delete-vpc-endpoints.ts";
import {
  describeVpcEndpointConnectionNotifications,
  describeVpcEndpointConnections,
  describeVpcEndpointServiceConfigurations,
  describeVpcEndpointServicePermissions,
  describeVpcEndpointServices,
} from "./endpoints/endpoint-services.ts";
import { modifyVpcEndpoint } from "./endpoints/modify-vpc-endpoint.ts";
import { describeVpcEndpoints } from "./endpoints/describe-vpc-endpoints.ts";
import {
  createManagedPrefixList,
  deleteManagedPrefixList,
  getManagedPrefixListAssociations,
  modifyManagedPrefixList,
  restoreManagedPrefixListVersion,
} from "./change-prefix-lists.ts";
import {
  acceptVpcPeeringConnection,
  deleteVpcPeeringConnection,
  modifyVpcPeeringConnectionOptions,
  rejectVpcPeeringConnection,
} from "./change-peering.ts";
import { deleteSubnet, modifySubnetAttribute } from "./change-subnet.ts";
import { createVpcPeeringConnection } from "./create-peering.ts";
import { createDefaultSubnet, createSubnet } from "./create-subnet.ts";
import { createDefaultVpc, createVpc } from "./create-vpc.ts";
import { deleteVpc } from "./delete-vpc.ts";
import { associateDhcpOptions, createDhcpOptions, deleteDhcpOptions, describeDhcpOptions } from "./dhcp-options.ts";
import {
  attachNetworkInterface,
  createNetworkInterfacePermission,
  describeNetworkInterfaceAttribute,
  describeNetworkInterfacePermissions,
  detachNetworkInterface,
} from "./interfaces/attachments.ts";
import {
  assignPrivateIpAddresses,
  deleteNetworkInterface,
  modifyNetworkInterfaceAttribute,
  resetNetworkInterfaceAttribute,
  unassignPrivateIpAddresses,
} from "./interfaces/change-network-interface.ts";
import { createNetworkInterface } from "./interfaces/create-network-interface.ts";
import { describeNetworkInterfaces } from "./interfaces/describe-network-interfaces.ts";
import { describeVpcPeeringConnections } from "./peerings.ts";
import { describeManagedPrefixLists, describePrefixLists, getManagedPrefixListEntries } from "./prefix-lists.ts";
import { deleteNetworkInsightsAnalysis, describeNetworkInsightsAnalyses, startNetworkInsightsAnalysis } from "./insights/analyses.ts";
import { createNetworkInsightsPath, deleteNetworkInsightsPath, describeNetworkInsightsPaths } from "./insights/paths.ts";
import { describeAccountAttributes, describeAvailabilityZones, describeRegions } from "./regions.ts";
import { describeRouteTables } from "./route-tables.ts";
import { describeVpcClassicLink, describeVpcClassicLinkDnsSupport } from "./retired.ts";
import {
  associateSecurityGroupVpc,
  describeSecurityGroupReferences,
  describeSecurityGroupVpcAssociations,
  describeStaleSecurityGroups,
  disassociateSecurityGroupVpc,
  getSecurityGroupsForVpc,
} from "./security-group-relations.ts";
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
  createVpcPeeringConnection,
  acceptVpcPeeringConnection,
  rejectVpcPeeringConnection,
  deleteVpcPeeringConnection,
  modifyVpcPeeringConnectionOptions,
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
  createRouteTable,
  deleteRouteTable,
  associateRouteTable,
  disassociateRouteTable,
  replaceRouteTableAssociation,
  createRoute,
  replaceRoute,
  deleteRoute,
  describeInternetGateways,
  createInternetGateway,
  attachInternetGateway,
  detachInternetGateway,
  deleteInternetGateway,
  createEgressOnlyInternetGateway,
  deleteEgressOnlyInternetGateway,
  describeEgressOnlyInternetGateways,
  describeNatGateways,
  createNatGateway,
  deleteNatGateway,
  describeAddresses,
  describeAddressesAttribute,
  allocateAddress,
  releaseAddress,
  associateAddress,
  disassociateAddress,
  describeNetworkAcls,
  createNetworkAcl,
  deleteNetworkAcl,
  createNetworkAclEntry,
  replaceNetworkAclEntry,
  deleteNetworkAclEntry,
  replaceNetworkAclAssociation,
  createNetworkInterface,
  deleteNetworkInterface,
  modifyNetworkInterfaceAttribute,
  resetNetworkInterfaceAttribute,
  describeNetworkInterfaceAttribute,
  assignPrivateIpAddresses,
  unassignPrivateIpAddresses,
  attachNetworkInterface,
  detachNetworkInterface,
  createNetworkInterfacePermission,
  describeNetworkInterfacePermissions,
  describeNetworkInterfaces,
  ...nothingOfIt,
  getEbsEncryptionByDefault,
  createVpcEndpoint,
  modifyVpcEndpoint,
  deleteVpcEndpoints,
  describeVpcEndpoints,
  describeVpcEndpointServices,
  describeVpcEndpointServiceConfigurations,
  describeVpcEndpointServicePermissions,
  describeVpcEndpointConnections,
  describeVpcEndpointConnectionNotifications,
  describeSecurityGroupReferences,
  describeStaleSecurityGroups,
  getSecurityGroupsForVpc,
  associateSecurityGroupVpc,
  disassociateSecurityGroupVpc,
  describeSecurityGroupVpcAssociations,
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
  createFlowLogs,
  describeFlowLogs,
  deleteFlowLogs,
  createNetworkInsightsPath,
  deleteNetworkInsightsPath,
  describeNetworkInsightsPaths,
  startNetworkInsightsAnalysis,
  deleteNetworkInsightsAnalysis,
  describeNetworkInsightsAnalyses,
  createTags,
  deleteTags,
  describeTags,
];
