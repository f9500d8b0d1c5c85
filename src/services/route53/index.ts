import type { Operation } from "../operation.ts";
import { changeResourceRecordSets } from "./change-record-sets.ts";
import { changeCidrCollection, createCidrCollection, deleteCidrCollection } from "./cidr-collections.ts";
import { getChange } from "./changes.ts";
import {
  createReusableDelegationSet,
  deleteReusableDelegationSet,
  getReusableDelegationSet,
  getReusableDelegationSetLimit,
  listReusableDelegationSets,
} from "./delegation-sets.ts";
import { getDNSSEC } from "./dnssec.ts";
import { getGeoLocation, listGeoLocations } from "./geo-locations.ts";
import {
  createHealthCheck,
  deleteHealthCheck,
  getHealthCheck,
  getHealthCheckCount,
  getHealthCheckLastFailureReason,
  getHealthCheckStatus,
  listHealthChecks,
  updateHealthCheck,
} from "./health-checks.ts";
import { createHostedZone, deleteHostedZone, getHostedZone, updateHostedZoneComment } from "./hosted-zones.ts";
import { getAccountLimit, getHostedZoneLimit } from "./limits.ts";
import { getHostedZoneCount, listHostedZones, listHostedZonesByName } from "./list-hosted-zones.ts";
import { listResourceRecordSets } from "./list-record-sets.ts";
import { listCidrBlocks, listCidrCollections, listCidrLocations } from "./list-cidrs.ts";
import {
  createResourceRecordSetProtections,
  deleteResourceRecordSetProtections,
  listResourceRecordSetProtections,
} from "./record-set-protections.ts";
import {
  listTrafficPolicies,
  listTrafficPolicyInstances,
  listTrafficPolicyInstancesByHostedZone,
  listTrafficPolicyInstancesByPolicy,
  listTrafficPolicyVersions,
} from "./list-traffic-policies.ts";
import {
  createTrafficPolicy,
  createTrafficPolicyVersion,
  deleteTrafficPolicy,
  getTrafficPolicy,
  updateTrafficPolicyComment,
} from "./traffic-policies.ts";
import {
  createTrafficPolicyInstance,
  deleteTrafficPolicyInstance,
  getTrafficPolicyInstance,
  getTrafficPolicyInstanceCount,
  updateTrafficPolicyInstance,
} from "./traffic-policy-instances.ts";
import { createQueryLoggingConfig, deleteQueryLoggingConfig, getQueryLoggingConfig, listQueryLoggingConfigs } from "./query-logging.ts";
import { changeTagsForResource, listTagsForResource, listTagsForResources } from "./tags.ts";
import { testDNSAnswer } from "./test-dns-answer.ts";
import {
  associateVPCWithHostedZone,
  createVPCAssociationAuthorization,
  deleteVPCAssociationAuthorization,
  disassociateVPCFromHostedZone,
  listHostedZonesByVPC,
  listVPCAssociationAuthorizations,
} from "./vpc-associations.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createHostedZone,
  getHostedZone,
  updateHostedZoneComment,
  deleteHostedZone,
  listHostedZones,
  listHostedZonesByName,
  listHostedZonesByVPC,
  getHostedZoneCount,
  associateVPCWithHostedZone,
  disassociateVPCFromHostedZone,
  createVPCAssociationAuthorization,
  deleteVPCAssociationAuthorization,
  listVPCAssociationAuthorizations,
  changeResourceRecordSets,
  listResourceRecordSets,
  getChange,
  testDNSAnswer,
  createHealthCheck,
  getHealthCheck,
  updateHealthCheck,
  deleteHealthCheck,
  listHealthChecks,
  getHealthCheckCount,
  getHealthCheckStatus,
  getHealthCheckLastFailureReason,
  changeTagsForResource,
  listTagsForResource,
  listTagsForResources,
  getAccountLimit,
  getHostedZoneLimit,
  createReusableDelegationSet,
  getReusableDelegationSet,
  getReusableDelegationSetLimit,
  listReusableDelegationSets,
  deleteReusableDelegationSet,
  createCidrCollection,
  changeCidrCollection,
  deleteCidrCollection,
  listCidrCollections,
  listCidrLocations,
  listCidrBlocks,
  createResourceRecordSetProtections,
  deleteResourceRecordSetProtections,
  listResourceRecordSetProtections,
  createTrafficPolicy,
  createTrafficPolicyVersion,
  getTrafficPolicy,
  updateTrafficPolicyComment,
  deleteTrafficPolicy,
  listTrafficPolicies,
  listTrafficPolicyVersions,
  createTrafficPolicyInstance,
  getTrafficPolicyInstance,
  updateTrafficPolicyInstance,
  deleteTrafficPolicyInstance,
  getTrafficPolicyInstanceCount,
  listTrafficPolicyInstances,
  listTrafficPolicyInstancesByHostedZone,
  listTrafficPolicyInstancesByPolicy,
  createQueryLoggingConfig,
  getQueryLoggingConfig,
  listQueryLoggingConfigs,
  deleteQueryLoggingConfig,
  getGeoLocation,
  listGeoLocations,
  getDNSSEC,
];
