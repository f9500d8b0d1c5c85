import { namesOf, OWN_NAMES } from "../../decide/routing/plan-routing.ts";
import type { GatewayView } from "../../decide/routing/view.ts";
import { contains, parseAddress, parseCidr } from "../../domain/cidr.ts";
import { loadBalancers } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** What a host name is: a load balancer's, one that no load balancer has, or none of ours. */
export type NamedBalancer =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "no-such-name" }
  | { readonly kind: "not-ours" };

/**
 * Looks up host names, in lower case, for the name server at a VPC's gateway: the load balancers of that VPC are at the gateway, and to it there are no
 * others. Who asks from elsewhere (other networks of this host reach the address, too) is told nothing. Under AWS's domain others than ours live, too:
 * what is not ours there is looked up where all names are.
 */
export function loadBalancerNames(state: WholeState, gateway: GatewayView): (name: string, client: string) => NamedBalancer {
  const block = parseCidr(gateway.vpcCidr);
  return (name, client) => {
    const from = parseAddress(client);
    if (!name.includes(".elb.") || !block || from === undefined || !contains(block, from)) return { kind: "not-ours" };
    for (const { dnsName, vpcId } of state.table(loadBalancers).values())
      if (vpcId === gateway.vpcId && namesOf(dnsName).includes(name)) return { kind: "address", address: gateway.address };
    return { kind: name.endsWith(OWN_NAMES) ? "no-such-name" : "not-ours" };
  };
}
