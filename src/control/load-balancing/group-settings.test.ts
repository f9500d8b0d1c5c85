import { expect, test } from "vitest";
import type { TargetGroupRecord } from "../../state/elb.ts";
import { groupRecord } from "../../testing/balancer-records.ts";
import { groupSettings } from "./group-settings.ts";

const USUAL = { kind: "http", path: "/", matcher: "200", interval: 5, timeout: 2, healthyThreshold: 3, unhealthyThreshold: 4 };

function settingsOf(
  attributes: TargetGroupRecord["attributes"],
  healthCheck: Partial<TargetGroupRecord["healthCheck"]> = {},
): ReturnType<typeof groupSettings> {
  return groupSettings(groupRecord({ attributes }, healthCheck));
}

test.each<readonly [string, Partial<TargetGroupRecord["healthCheck"]>, object]>([
  ["usual", {}, USUAL],
  ["own", { path: "/up", matcher: "204", port: "9000" }, { ...USUAL, path: "/up", matcher: "204", port: 9000 }],
  ["TCP", { protocol: "TCP" }, { ...USUAL, kind: "tcp" }],
  ["HTTPS", { protocol: "HTTPS" }, { ...USUAL, secure: true }],
  ["gRPC", { path: "/a/B", grpcMatcher: "0-5" }, { ...USUAL, kind: "grpc", path: "/a/B", matcher: "0-5" }],
  ["no", { enabled: false }, { kind: "none" }],
])("a group with %s health checks", (_, healthCheck, expected) => {
  expect(settingsOf({}, healthCheck)).toEqual({ algorithm: "round_robin", healthCheck: expected });
});

test.each([
  ["HTTP1", {}],
  ["HTTP2", { version: "http2" }],
  ["GRPC", { version: "grpc" }],
])("a group of the protocol version %s", (protocolVersion, expected) => {
  expect(groupSettings(groupRecord({ protocolVersion }))).toEqual({ algorithm: "round_robin", healthCheck: USUAL, ...expected });
});

test.each([
  ["HTTP", {}],
  ["HTTPS", { secure: true }],
  ["TLS", { secure: true }],
] as const)("a group of the protocol %s", (protocol, expected) => {
  const { stream: _, ...settings } = groupSettings(groupRecord({ protocol }));
  expect(settings).toEqual({ algorithm: "round_robin", healthCheck: USUAL, ...expected });
});

const MINIMUM = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
const APP = { "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "SID" };
test.each<readonly [string, TargetGroupRecord["attributes"], object]>([
  ["round robin", { "load_balancing.algorithm.type": "round_robin" }, {}],
  [
    "the least outstanding requests",
    { "load_balancing.algorithm.type": "least_outstanding_requests" },
    { algorithm: "least_outstanding_requests" },
  ],
  ["weighted random", { "load_balancing.algorithm.type": "weighted_random" }, { algorithm: "weighted_random" }],
  ["a slow start", { "slow_start.duration_seconds": "45" }, { slowStart: 45 }],
  ["no slow start", { "slow_start.duration_seconds": "0" }, {}],
  [
    "a cookie of the load balancer",
    {
      "stickiness.enabled": "true",
      "stickiness.type": "lb_cookie",
      "stickiness.lb_cookie.duration_seconds": "60",
      "stickiness.app_cookie.duration_seconds": "7",
    },
    { stickiness: { kind: "lb-cookie", duration: 60 } },
  ],
  [
    "a cookie of the application",
    { ...APP, "stickiness.enabled": "true", "stickiness.app_cookie.duration_seconds": "70" },
    { stickiness: { kind: "app-cookie", duration: 70, cookie: "SID" } },
  ],
  ["the address of clients", { "stickiness.enabled": "true", "stickiness.type": "source_ip" }, { stickiness: { kind: "source-ip" } }],
  ["a cookie, not enabled", { ...APP, "stickiness.enabled": "false" }, {}],
  ["the usual minimum", { [`${MINIMUM}.count`]: "1", [`${MINIMUM}.percentage`]: "off" }, {}],
  ["a minimum", { [`${MINIMUM}.count`]: "3", [`${MINIMUM}.percentage`]: "off" }, { minimumHealthy: { count: 3 } }],
  ["a minimal share", { [`${MINIMUM}.count`]: "1", [`${MINIMUM}.percentage`]: "50" }, { minimumHealthy: { count: 1, percentage: 50 } }],
])("a group with %s", (_, attributes, expected) => {
  expect(settingsOf(attributes)).toEqual({ algorithm: "round_robin", healthCheck: USUAL, ...expected });
});
