import { expect, test } from "vitest";
import type { HealthCheckSettings } from "../../state/elb.ts";
import { checkHealthCheck } from "./health-check.ts";
import type { TargetGroupKind } from "./target-group-kind.ts";

const HTTP1: TargetGroupKind = { targetType: "ip", protocol: "HTTP", protocolVersion: "HTTP1" };
const GRPC: TargetGroupKind = { ...HTTP1, protocolVersion: "GRPC" };
const TCP: TargetGroupKind = { targetType: "instance", protocol: "TCP" };

const SHARED = { enabled: true, port: "traffic-port", interval: 30, healthyThreshold: 5, unhealthyThreshold: 2 };

test.each<readonly [string, Parameters<typeof checkHealthCheck>[0], TargetGroupKind, Partial<HealthCheckSettings>]>([
  ["HTTP", {}, HTTP1, { protocol: "HTTP", timeout: 5, path: "/", matcher: "200" }],
  ["gRPC", {}, GRPC, { protocol: "HTTP", timeout: 5, path: "/AWS.ALB/healthcheck", grpcMatcher: "12" }],
  [
    "gRPC with a matcher",
    { Matcher: { GrpcCode: "0-99" } },
    GRPC,
    { protocol: "HTTP", timeout: 5, path: "/AWS.ALB/healthcheck", grpcMatcher: "0-99" },
  ],
  ["TCP", {}, TCP, { protocol: "TCP", timeout: 10 }],
  ["HTTP asked by HTTPS", { HealthCheckProtocol: "HTTPS" }, HTTP1, { protocol: "HTTPS", timeout: 5, path: "/", matcher: "200" }],
  ["TCP asked by HTTPS", { HealthCheckProtocol: "HTTPS" }, TCP, { protocol: "HTTPS", timeout: 10, path: "/", matcher: "200-399" }],
  ["TCP as often as it takes", { HealthCheckIntervalSeconds: 10 }, TCP, { protocol: "TCP", interval: 10, timeout: 10 }],
  ["TCP asked by HTTP", { HealthCheckProtocol: "HTTP" }, TCP, { protocol: "HTTP", timeout: 6, path: "/", matcher: "200-399" }],
])("the settings of a group of %s, unless given otherwise", (_what, request, kind, expected) => {
  expect(checkHealthCheck(request, kind)).toEqual({ ...SHARED, ...expected });
});

test("what belongs to another protocol of checks begins anew, the rest stays", () => {
  const before = checkHealthCheck(
    { HealthCheckProtocol: "HTTP", HealthCheckPath: "/up", HealthCheckIntervalSeconds: 60, HealthyThresholdCount: 3 },
    TCP,
  );
  expect(checkHealthCheck({ HealthCheckProtocol: "TCP" }, TCP, before)).toEqual({
    ...SHARED,
    protocol: "TCP",
    interval: 60,
    healthyThreshold: 3,
    timeout: 10,
  });
  expect(checkHealthCheck({ HealthCheckTimeoutSeconds: 7 }, TCP, before)).toEqual({ ...before, timeout: 7 });
});

test.each<readonly [Parameters<typeof checkHealthCheck>[0], TargetGroupKind, string]>([
  [{ Matcher: { HttpCode: "200-500" } }, HTTP1, "Health check matcher HTTP code '200-500' must be within '200-499' inclusive"],
  [{ Matcher: { HttpCode: "300-200" } }, HTTP1, "must be within '200-499'"],
  [{ Matcher: { HttpCode: "2xx" } }, HTTP1, "must be a code"],
  [{ Matcher: { GrpcCode: "12" } }, HTTP1, "A gRPC matcher can only be specified for target groups with the protocol version 'GRPC'"],
  [{ Matcher: { GrpcCode: "5-1" } }, GRPC, "must be within '0-99'"],
  [{ Matcher: { GrpcCode: "100" } }, GRPC, "must be a code"],
  [{ Matcher: { GrpcCode: "1-2-3" } }, GRPC, "must be a code"],
  [{ Matcher: { HttpCode: "200" } }, GRPC, "An HTTP matcher cannot be specified"],
  [{ HealthCheckProtocol: "HTTP", Matcher: { HttpCode: "600" } }, TCP, "must be within '200-599'"],
  [{ Matcher: { HttpCode: "200" } }, TCP, "A matcher cannot be specified"],
  [{ HealthCheckPath: "/up" }, TCP, "A health check path cannot be specified"],
  [{ HealthCheckProtocol: "TCP" }, HTTP1, "Health check protocol 'TCP' must be one of 'HTTP, HTTPS'"],
  [{ HealthCheckProtocol: "UDP" }, TCP, "Health check protocol 'UDP' must be one of 'HTTP, HTTPS, TCP'"],
  [{ HealthCheckEnabled: false }, TCP, "Health check enabled must be true for target groups with target type 'instance'"],
  [{ HealthCheckTimeoutSeconds: 30 }, HTTP1, "Health check interval must be greater than the timeout."],
  [{ HealthCheckIntervalSeconds: 9 }, TCP, "Health check interval must be greater than the timeout."],
])("%o is refused", (request, kind, message) => {
  expect(() => checkHealthCheck(request, kind)).toThrow(message);
});
