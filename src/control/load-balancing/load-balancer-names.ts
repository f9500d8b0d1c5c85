import { loadBalancers } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** What a host name is: a load balancer's, one that no load balancer has, or none of ours. */
export type NamedBalancer =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "no-such-name" }
  | { readonly kind: "not-ours" };

const DOMAIN = ".elb.localhost";

/**
 * Looks up host names, in lower case, for a name server: every load balancer is at the very address that was asked, since its listeners listen
 * on all of them.
 */
export function loadBalancerNames(state: WholeState): (name: string, asked: string) => NamedBalancer {
  return (name, asked) => {
    if (!name.endsWith(DOMAIN)) return { kind: "not-ours" };
    for (const { dnsName } of state.table(loadBalancers).values())
      if (dnsName.toLowerCase() === name) return { kind: "address", address: asked };
    return { kind: "no-such-name" };
  };
}
