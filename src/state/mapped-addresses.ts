import { elasticAddresses } from "./ec2-gateways.ts";
import { subnets } from "./ec2.ts";
import { tasks } from "./ecs.ts";
import { loadBalancers } from "./elb.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { publicAddressOf } from "./public-addresses.ts";
import type { State } from "./state.ts";

/**
 * Whether something in a VPC has a public address, which a gateway to the internet cannot be taken from: an Elastic IP, a task that was to have one, a load balancer that faces the
 * internet. Costs a look at what has an interface in the VPC.
 */
export function hasMappedAddress(state: State, vpcId: string): boolean {
  const interfaces = state.table(networkInterfaces).by("vpc", vpcId);
  if (interfaces.some(({ id }) => state.table(elasticAddresses).count("interface", id) > 0)) return true;
  const facing = ({ loadBalancerArn, leavingUntil }: (typeof interfaces)[number]): boolean =>
    leavingUntil === undefined && state.table(loadBalancers).get(loadBalancerArn ?? "")?.scheme === "internet-facing";
  if (interfaces.some(facing)) return true;
  const own = state.table(subnets).by("vpc", vpcId);
  return own.some(({ id }) =>
    state
      .table(tasks)
      .by("subnet", id)
      .some((task) => publicAddressOf(task) !== undefined),
  );
}
