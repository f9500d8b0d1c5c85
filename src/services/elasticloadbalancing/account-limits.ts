import { operation, permission } from "./elb-operation.ts";

/** AWS's default quotas. Those that nothing here could reach are told for programs that ask. */
const LIMITS = {
  "application-load-balancers": "50",
  "target-groups": "3000",
  "targets-per-application-load-balancer": "1000",
  "target-groups-per-application-load-balancer": "100",
  "target-groups-per-action-on-application-load-balancer": "5",
  "targets-per-availability-zone-per-network-load-balancer": "500",
  "listeners-per-application-load-balancer": "50",
  "rules-per-application-load-balancer": "100",
  "certificates-per-application-load-balancer": "25",
} as const;

export const describeAccountLimits = operation("DescribeAccountLimits", {
  authorize: () => permission("DescribeAccountLimits"),
  run: () => ({ Limits: Object.entries(LIMITS).map(([Name, Max]) => ({ Name, Max })) }),
});
