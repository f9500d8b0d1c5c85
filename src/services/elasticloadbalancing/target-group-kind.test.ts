import type { CreateTargetGroupInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { checkKind, checkReachable } from "./target-group-kind.ts";

const HTTP = { Name: "web", Protocol: "HTTP" } as const;

test.each<readonly [Partial<CreateTargetGroupInput>, object]>([
  [{}, { targetType: "instance", protocol: "HTTP", protocolVersion: "HTTP1" }],
  [
    { ProtocolVersion: "", TargetType: "ip" },
    { targetType: "ip", protocol: "HTTP", protocolVersion: "HTTP1" },
  ],
  [{ ProtocolVersion: "HTTP2" }, { targetType: "instance", protocol: "HTTP", protocolVersion: "HTTP2" }],
  [{ Protocol: "HTTPS" }, { targetType: "instance", protocol: "HTTPS", protocolVersion: "HTTP1" }],
  [
    { Protocol: "TLS", TargetType: "ip" },
    { targetType: "ip", protocol: "TLS" },
  ],
  [{ ProtocolVersion: "GRPC" }, { targetType: "instance", protocol: "HTTP", protocolVersion: "GRPC" }],
])("a group asked for with %o", (input, kind) => {
  expect(checkKind({ ...HTTP, ...input })).toEqual(kind);
});

test.each<readonly [CreateTargetGroupInput, string]>([
  [{ Name: "web" }, "A protocol must be specified"],
  [{ ...HTTP, ProtocolVersion: "HTTP3" }, "Protocol version 'HTTP3' must be one of 'HTTP1, HTTP2, GRPC'"],
  [{ Name: "db", Protocol: "TCP", ProtocolVersion: "HTTP1" }, "Protocol version cannot be specified for target groups with protocol 'TCP'"],
  [{ Name: "dns", Protocol: "UDP" }, "Airfield does not support target groups with the protocol 'UDP'"],
  [{ ...HTTP, TargetType: "lambda" }, "Airfield runs no Lambda functions"],
  [{ ...HTTP, TargetType: "pod" as never }, "Member must satisfy enum value set: [instance, ip, lambda, alb]"],
])("%o is refused", (input, message) => {
  expect(() => checkKind(input)).toThrow(message);
});

test.each([
  ["HTTP", "HTTP1"],
  ["HTTPS", "HTTP1"],
  ["HTTPS", "HTTP2"],
  ["HTTPS", "GRPC"],
])("a listener of %s leads to a group of %s", (listener, protocolVersion) => {
  expect(() => checkReachable({ targetType: "ip", protocol: "HTTP", protocolVersion }, listener)).not.toThrow();
});

test.each(["HTTP2", "GRPC"])("a listener of HTTP leads to no group of %s", (protocolVersion) => {
  expect(() => checkReachable({ targetType: "ip", protocol: "HTTP", protocolVersion }, "HTTP")).toThrow(
    `Listener protocol 'HTTP' is not supported with a target group with the protocol-version '${protocolVersion}'`,
  );
});
