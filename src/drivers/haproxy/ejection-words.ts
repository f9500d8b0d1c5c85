import type { ProxyBackend } from "../../ports/traffic-proxy.ts";

/**
 * What makes HAProxy leave a server out by what becomes of requests: five failures in a row, as on AWS. It comes back when its check has passed `rise` times.
 * Source: Amazon ECS Developer Guide, "Service Connect components": outlier detection.
 */
export function ejectionWords({ connect }: ProxyBackend): readonly string[] {
  if (!connect) return [];
  return [`observe ${connect.kind === "requests" ? "layer7" : "layer4"}`, "error-limit 5", "on-error mark-down"];
}
