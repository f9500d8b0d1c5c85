import type { ProxyRoute } from "../ports/traffic-proxy.ts";

/** A route that takes every request and leads to backends, each as often. */
export function forwardTo(...backends: readonly string[]): ProxyRoute {
  return { hosts: [], action: { kind: "forward", backends: backends.map((id) => ({ id, weight: 1 })) }, idleTimeout: 60 };
}
