import {
  UnsupportedProtocolException,
  type CreateTargetGroupInput,
  type ModifyTargetGroupInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { HealthCheckSettings } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { checkEnum, invalid } from "./elb-operation.ts";

/** AWS's defaults for an HTTP target group of instances or addresses. */
const DEFAULTS: HealthCheckSettings = {
  enabled: true,
  protocol: "HTTP",
  port: "traffic-port",
  path: "/",
  interval: 30,
  timeout: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: "200",
};

type Request = Pick<
  CreateTargetGroupInput & ModifyTargetGroupInput,
  | "HealthCheckProtocol"
  | "HealthCheckPort"
  | "HealthCheckPath"
  | "HealthCheckEnabled"
  | "HealthCheckIntervalSeconds"
  | "HealthCheckTimeoutSeconds"
  | "HealthyThresholdCount"
  | "UnhealthyThresholdCount"
  | "Matcher"
>;

/** The settings with what a request asks for, checked as AWS does. */
export function checkHealthCheck(request: Request, before: HealthCheckSettings = DEFAULTS): HealthCheckSettings {
  checkProtocol(request.HealthCheckProtocol);
  if (request.HealthCheckEnabled === false)
    throw invalid("Health check enabled must be true for target groups with target type 'instance' or 'ip'");
  const wanted: HealthCheckSettings = {
    ...before,
    port: request.HealthCheckPort || before.port,
    path: (request.HealthCheckPath || before.path) ?? "/",
    interval: request.HealthCheckIntervalSeconds ?? before.interval,
    timeout: request.HealthCheckTimeoutSeconds ?? before.timeout,
    healthyThreshold: request.HealthyThresholdCount ?? before.healthyThreshold,
    unhealthyThreshold: request.UnhealthyThresholdCount ?? before.unhealthyThreshold,
    matcher: (request.Matcher?.HttpCode || before.matcher) ?? "200",
  };
  if (request.Matcher?.GrpcCode !== undefined)
    throw invalid("A gRPC matcher can only be specified for target groups with the protocol version 'GRPC'");
  checkPort(wanted.port);
  checkPath(wanted.path ?? "/");
  checkMatcher(wanted.matcher ?? "200");
  if (wanted.timeout >= wanted.interval) {
    const both = request.HealthCheckTimeoutSeconds !== undefined && request.HealthCheckIntervalSeconds !== undefined;
    throw invalid(
      both
        ? `Health check timeout '${wanted.timeout}' must be smaller than the interval '${wanted.interval}'`
        : "Health check interval must be greater than the timeout.",
    );
  }
  return wanted;
}

function checkProtocol(protocol: string | undefined): void {
  checkEnum(protocol, "healthCheckProtocol", ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"]);
  if (protocol === undefined || protocol === "HTTP") return;
  if (protocol === "HTTPS") throw new UnsupportedProtocolException(because("Airfield does not support HTTPS health checks yet"));
  throw invalid(`Health check protocol '${protocol}' must be one of 'HTTP, HTTPS'`);
}

function checkPort(port: string): void {
  if (port === "traffic-port" || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) return;
  throw invalid(`Health check port '${port}' must be 'traffic-port' or in the range '1-65535'`);
}

function checkPath(path: string): void {
  if (!path.startsWith("/")) throw invalid(`Health check path '${path}' must begin with '/'`);
  if (path.length > 1024) throw invalid("Health check path cannot be longer than '1024' characters");
  if (!/^[\x21-\x7e]+$/.test(path)) throw invalid(`Health check path '${path}' contains a character that is not allowed in a URI`);
}

function checkMatcher(matcher: string): void {
  if (!/^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$/.test(matcher))
    throw invalid(
      `Health check matcher HTTP code '${matcher}' must be a code, a comma-separated list or a range of codes, such as '200', '200,202' or '200-299'`,
    );
  const codes = matcher.split(/[,-]/).map(Number);
  const upsideDown = matcher.split(",").some((part) => Number(part.slice(0, 3)) > Number(part.slice(-3)));
  if (upsideDown || codes.some((code) => code < 200 || code > 499))
    throw invalid(`Health check matcher HTTP code '${matcher}' must be within '200-499' inclusive`);
}
