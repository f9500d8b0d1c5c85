import type { TargetGroupView } from "../../decide/routing/view.ts";
import type { ProxyBackend, ProxyStickiness } from "../../ports/traffic-proxy.ts";
import type { TargetGroupRecord } from "../../state/elb.ts";
import { streamOf } from "./stream-view.ts";

type Settings = Omit<TargetGroupView, "arn" | "targets">;

/** What the proxy is told of a target group besides its targets. Where a setting is as it is by default, nothing is said of it. */
export function groupSettings(group: TargetGroupRecord): Settings {
  const { attributes, protocol, protocolVersion } = group;
  const stream = streamOf(group);
  const slowStart = Number(attributes["slow_start.duration_seconds"] ?? 0);
  return {
    algorithm: algorithm(attributes["load_balancing.algorithm.type"]),
    ...(protocolVersion === "HTTP2" || protocolVersion === "GRPC" ? { version: VERSIONS[protocolVersion] } : {}),
    ...(protocol === "HTTPS" || protocol === "TLS" ? { secure: true } : {}),
    ...stickiness(attributes),
    ...(slowStart > 0 ? { slowStart } : {}),
    ...minimumHealthy(attributes),
    healthCheck: healthCheck(group),
    ...(stream && { stream }),
  };
}

const VERSIONS = { HTTP2: "http2", GRPC: "grpc" } as const;

function algorithm(type: string | undefined): ProxyBackend["algorithm"] {
  return type === "least_outstanding_requests" || type === "weighted_random" ? type : "round_robin";
}

function stickiness(attributes: TargetGroupRecord["attributes"]): { readonly stickiness?: ProxyStickiness } {
  if (attributes["stickiness.enabled"] !== "true") return {};
  const duration = (kind: string): number => Number(attributes[`stickiness.${kind}.duration_seconds`] ?? 86_400);
  const type = attributes["stickiness.type"];
  if (type === "lb_cookie") return { stickiness: { kind: "lb-cookie", duration: duration(type) } };
  if (type === "source_ip") return { stickiness: { kind: "source-ip" } };
  if (type !== "app_cookie") return {};
  return {
    stickiness: { kind: "app-cookie", duration: duration(type), cookie: attributes["stickiness.app_cookie.cookie_name"] ?? "" },
  };
}

const MINIMUM = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";

function minimumHealthy(attributes: TargetGroupRecord["attributes"]): Pick<Settings, "minimumHealthy"> {
  const count = Number(attributes[`${MINIMUM}.count`] ?? 1);
  const percentage = attributes[`${MINIMUM}.percentage`] ?? "off";
  if (count === 1 && percentage === "off") return {};
  return { minimumHealthy: { count, ...(percentage === "off" ? {} : { percentage: Number(percentage) }) } };
}

function healthCheck({ healthCheck: check }: TargetGroupRecord): ProxyBackend["healthCheck"] {
  if (!check.enabled) return { kind: "none" };
  return {
    ...(check.grpcMatcher === undefined
      ? { kind: check.protocol === "TCP" ? "tcp" : "http", matcher: check.matcher ?? "200" }
      : { kind: "grpc", matcher: check.grpcMatcher }),
    ...(check.protocol === "HTTPS" ? { secure: true } : {}),
    path: check.path ?? "/",
    interval: check.interval,
    timeout: check.timeout,
    healthyThreshold: check.healthyThreshold,
    unhealthyThreshold: check.unhealthyThreshold,
    ...(check.port === "traffic-port" ? {} : { port: Number(check.port) }),
  };
}
