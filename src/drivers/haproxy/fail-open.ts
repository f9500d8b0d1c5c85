import type { ProxyBackend, ProxyServer } from "../../ports/traffic-proxy.ts";
import type { Health } from "./server-health.ts";

/**
 * Whether so few servers of a backend are healthy that the unhealthy ones get requests, too: below either bound, as on AWS. Where a backend names no
 * bounds, HAProxy does this by itself, once no server is healthy.
 */
export function failsOpen({ minimumHealthy, servers }: ProxyBackend, healthOf: (server: ProxyServer) => Health): boolean {
  if (!minimumHealthy) return false;
  const staying = servers.filter(({ draining }) => !draining);
  const healthy = staying.filter((server) => healthOf(server) === "healthy").length;
  const { count, percentage = 0 } = minimumHealthy;
  return healthy < count || healthy * 100 < percentage * staying.length;
}
