import { operation, permission } from "./elb-operation.ts";
import { findLoadBalancer } from "./find.ts";

/** No capacity is ever reserved here: every load balancer has all that the host has. Terraform asks at each read. */
export const describeCapacityReservation = operation("DescribeCapacityReservation", {
  authorize: () => permission("DescribeCapacityReservation"),
  run({ LoadBalancerArn }, context) {
    findLoadBalancer(LoadBalancerArn, context);
    return { CapacityReservationState: [] };
  },
});
