import { operation, permission } from "./elb-operation.ts";
import { QUOTAS } from "./quotas.ts";

export const describeAccountLimits = operation("DescribeAccountLimits", {
  authorize: () => permission("DescribeAccountLimits"),
  run: () => ({ Limits: Object.entries(QUOTAS).map(([Name, most]) => ({ Name, Max: String(most) })) }),
});
