import type { ListenerRecord } from "../../state/elb.ts";

/**
 * What listeners on one port of the shared addresses have in common, where load balancers are told apart by the names that requests and handshakes carry; `undefined`
 * for what carries no name that would tell, and has its port to itself.
 */
export function sharedAs({ protocol }: Pick<ListenerRecord, "protocol">): string | undefined {
  return protocol === "HTTP" || protocol === "HTTPS" ? "requests" : undefined;
}
