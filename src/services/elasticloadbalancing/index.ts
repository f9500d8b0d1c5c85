import type { Operation } from "../operation.ts";
import { describeAccountLimits } from "./account-limits.ts";
import { describeCapacityReservation } from "./capacity-reservations.ts";
import { describeListenerAttributes, modifyListenerAttributes } from "./listener-attributes.ts";
import { createListener, deleteListener, describeListeners, modifyListener } from "./listeners.ts";
import { describeLoadBalancerAttributes, modifyLoadBalancerAttributes } from "./load-balancer-attributes.ts";
import {
  createLoadBalancer,
  deleteLoadBalancer,
  describeLoadBalancers,
  setIpAddressType,
  setSecurityGroups,
  setSubnets,
} from "./load-balancers.ts";
import { createRule, deleteRule, describeRules, modifyRule, setRulePriorities } from "./rules.ts";
import { addListenerCertificates, describeListenerCertificates, removeListenerCertificates } from "./listener-certificates.ts";
import {
  addTrustStoreRevocations,
  describeTrustStoreRevocations,
  getTrustStoreRevocationContent,
  removeTrustStoreRevocations,
} from "./trust-store-revocations.ts";
import {
  createTrustStore,
  deleteSharedTrustStoreAssociation,
  deleteTrustStore,
  describeTrustStoreAssociations,
  describeTrustStores,
  getResourcePolicy,
  getTrustStoreCaCertificatesBundle,
  modifyTrustStore,
} from "./trust-stores.ts";
import { describeSSLPolicies } from "./ssl-policies.ts";
import { addTags, describeTags, removeTags } from "./tags.ts";
import { describeTargetGroupAttributes, modifyTargetGroupAttributes } from "./target-group-attributes.ts";
import { createTargetGroup, deleteTargetGroup, describeTargetGroups, modifyTargetGroup } from "./target-groups.ts";
import { deregisterTargets, describeTargetHealth, registerTargets } from "./targets.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createLoadBalancer,
  describeLoadBalancers,
  deleteLoadBalancer,
  setSubnets,
  setSecurityGroups,
  setIpAddressType,
  describeLoadBalancerAttributes,
  modifyLoadBalancerAttributes,
  createTargetGroup,
  describeTargetGroups,
  modifyTargetGroup,
  deleteTargetGroup,
  describeTargetGroupAttributes,
  modifyTargetGroupAttributes,
  createListener,
  describeListeners,
  modifyListener,
  deleteListener,
  describeListenerAttributes,
  modifyListenerAttributes,
  createRule,
  describeRules,
  modifyRule,
  deleteRule,
  setRulePriorities,
  registerTargets,
  deregisterTargets,
  describeTargetHealth,
  addTags,
  removeTags,
  describeTags,
  describeAccountLimits,
  describeCapacityReservation,
  describeSSLPolicies,
  addListenerCertificates,
  removeListenerCertificates,
  describeListenerCertificates,
  createTrustStore,
  modifyTrustStore,
  describeTrustStores,
  deleteTrustStore,
  describeTrustStoreAssociations,
  deleteSharedTrustStoreAssociation,
  getTrustStoreCaCertificatesBundle,
  getResourcePolicy,
  addTrustStoreRevocations,
  removeTrustStoreRevocations,
  describeTrustStoreRevocations,
  getTrustStoreRevocationContent,
];
