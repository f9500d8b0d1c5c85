/**
 * AWS's default quotas, under the names that DescribeAccountLimits gives them. Those that nothing here could reach are told for programs that
 * ask. Source: Elastic Load Balancing User Guide, "Quotas for your Application Load Balancers" and "… Network Load Balancers".
 */
export const QUOTAS = {
  "application-load-balancers": 50,
  "network-load-balancers": 50,
  "target-groups": 3000,
  "targets-per-application-load-balancer": 1000,
  "target-groups-per-application-load-balancer": 100,
  "target-groups-per-action-on-application-load-balancer": 5,
  "targets-per-availability-zone-per-network-load-balancer": 500,
  "targets-per-network-load-balancer": 3000,
  "listeners-per-application-load-balancer": 50,
  "listeners-per-network-load-balancer": 50,
  "rules-per-application-load-balancer": 100,
  "certificates-per-application-load-balancer": 25,
} as const;

/** Of an account in a region, and of one trust store; `DescribeAccountLimits` does not tell them. Source: the same page, "Mutual TLS". */
export const TRUST_STORES = 20;
export const CA_CERTIFICATES_PER_TRUST_STORE = 25;
export const REVOKED_ENTRIES_PER_TRUST_STORE = 500_000;
