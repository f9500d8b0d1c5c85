import { egressOnlyInternetGateways, internetGateways, natGateways } from "./ec2-gateways.ts";
import { vpcEndpoints } from "./ec2-endpoints.ts";
import { vpcPeerings } from "./ec2-peering.ts";
import type { RouteTarget } from "./ec2-routing.ts";
import type { State } from "./state.ts";

/**
 * Whether a route leads somewhere: `blackhole` where what it names is gone, or was detached from the VPC, and traffic is dropped. Nothing is written for that, and a route that led
 * nowhere leads again where its target is back. Costs a look by key.
 * @param vpcId the VPC of the route's table
 */
export function routeState(state: State, vpcId: string, { kind, id }: RouteTarget): "active" | "blackhole" {
  return leads(state, vpcId, kind, id) ? "active" : "blackhole";
}

function leads(state: State, vpcId: string, kind: RouteTarget["kind"], id: string): boolean {
  switch (kind) {
    case "local":
      return true;
    case "internet-gateway":
      return state.table(internetGateways).get(id)?.vpcId === vpcId;
    case "egress-only-internet-gateway":
      return state.table(egressOnlyInternetGateways).has(id);
    case "nat-gateway":
      return state.table(natGateways).get(id)?.state === "available";
    case "vpc-endpoint":
      return state.table(vpcEndpoints).has(id);
    // Attached to nothing, as all that somebody made are here: there are no instances to attach one to.
    case "network-interface":
      return false;
    case "vpc-peering-connection":
      return state.table(vpcPeerings).by("id", id)[0]?.status === "active";
  }
}
