import { vpcEndpoints } from "./ec2-endpoints.ts";
import { loadBalancers } from "./elb.ts";
import type { NetworkInterfaceRecord } from "./network-interfaces.ts";
import type { State } from "./state.ts";

/** The ids of the security groups of an interface that is no task's: its own, or those that its load balancer or endpoint has. NAT gateways have none. */
export function groupsOfInterface(
  state: State,
  { groupIds = [], loadBalancerArn, vpcEndpointId }: NetworkInterfaceRecord,
): readonly string[] {
  if (loadBalancerArn !== undefined) return state.table(loadBalancers).get(loadBalancerArn)?.securityGroups ?? [];
  if (vpcEndpointId !== undefined) return state.table(vpcEndpoints).get(vpcEndpointId)?.groupIds ?? [];
  return groupIds;
}
