import { vpcEndpoints } from "./ec2-endpoints.ts";
import { securityGroups, type SecurityGroupRecord } from "./ec2.ts";
import { tasks } from "./ecs.ts";
import { loadBalancers } from "./elb.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import type { State } from "./state.ts";

/**
 * Whether somebody needs a security group: an interface of whomever has it, or a rule of another group of its VPC names it. One that only rules of peered VPCs name may
 * go: these become stale. Source: Amazon VPC Peering Guide, "Identify and work with stale security group rules". Costs a look at the groups that name it.
 */
export function isGroupInUse(state: State, { id, vpcId }: SecurityGroupRecord): boolean {
  return (
    state.table(tasks).count("securityGroup", id) > 0 ||
    state.table(loadBalancers).count("securityGroup", id) > 0 ||
    state.table(vpcEndpoints).count("group", id) > 0 ||
    state.table(networkInterfaces).count("group", id) > 0 ||
    state
      .table(securityGroups)
      .by("reference", id)
      .some((other) => other.id !== id && other.vpcId === vpcId)
  );
}
