import type { ProxyBackend } from "../../ports/traffic-proxy.ts";

/** One draw: of two, HAProxy would take the less busy one. */
const BALANCE = { round_robin: "roundrobin", least_outstanding_requests: "leastconn", weighted_random: "random(1)" } as const;

/** How a backend chooses a server. By a client's address, a server that comes or goes changes the choice of few clients, and nothing is remembered. */
export function renderBalance({ algorithm, stickiness }: ProxyBackend): readonly string[] {
  return stickiness?.kind === "source-ip" ? ["balance source", "hash-type consistent"] : [`balance ${BALANCE[algorithm]}`];
}
