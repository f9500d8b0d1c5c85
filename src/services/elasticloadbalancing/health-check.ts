import {
  InvalidConfigurationRequestException,
  type CreateTargetGroupInput,
  type ModifyTargetGroupInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { HealthCheckSettings, TargetGroupRecord } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { checkEnum, invalid } from "./elb-operation.ts";
import { checkGrpcMatcher, checkHttpMatcher } from "./matchers.ts";
import { isForApplications, type TargetGroupKind } from "./target-group-kind.ts";

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

/**
 * The settings with what a request asks for, checked as AWS does. What belongs to another protocol of checks than before begins at its default.
 * Source: Elastic Load Balancing API, `CreateTargetGroup` and `Matcher`.
 */
export function checkHealthCheck(request: Request, kind: TargetGroupKind, before?: HealthCheckSettings): HealthCheckSettings {
  const protocol = checkProtocol(request.HealthCheckProtocol, kind) ?? before?.protocol ?? defaultProtocol(kind);
  if (request.HealthCheckEnabled === false)
    throw invalid(`Health check enabled must be true for target groups with target type '${kind.targetType}'`);
  const known = before?.protocol === protocol ? before : { ...before, ...freshSettings(kind, protocol) };
  const wanted = {
    enabled: true,
    protocol,
    port: request.HealthCheckPort || (before?.port ?? "traffic-port"),
    interval: request.HealthCheckIntervalSeconds ?? before?.interval ?? 30,
    timeout: request.HealthCheckTimeoutSeconds ?? known.timeout,
    healthyThreshold: request.HealthyThresholdCount ?? before?.healthyThreshold ?? 5,
    unhealthyThreshold: request.UnhealthyThresholdCount ?? before?.unhealthyThreshold ?? 2,
  };
  checkPort(wanted.port, kind);
  // Those of Network Load Balancers may be equal: 10 seconds each is what the AWS Load Balancer Controller asks for.
  if (wanted.timeout > wanted.interval || (isForApplications(kind) && wanted.timeout === wanted.interval)) {
    const both = request.HealthCheckTimeoutSeconds !== undefined && request.HealthCheckIntervalSeconds !== undefined;
    throw invalid(
      both
        ? `Health check timeout '${wanted.timeout}' must be smaller than the interval '${wanted.interval}'`
        : "Health check interval must be greater than the timeout.",
    );
  }
  return { ...wanted, ...checkQuestion(request, kind, protocol, known) };
}

/** What is asked of a target, and which answers are right. */
function checkQuestion(
  { HealthCheckPath, Matcher }: Request,
  kind: TargetGroupKind,
  protocol: HealthCheckSettings["protocol"],
  known: Pick<HealthCheckSettings, "path" | "matcher" | "grpcMatcher">,
): Pick<HealthCheckSettings, "path" | "matcher" | "grpcMatcher"> {
  if (protocol === "TCP") {
    if (HealthCheckPath) throw invalid("A health check path cannot be specified for health checks with the protocol 'TCP'");
    if (Matcher?.HttpCode || Matcher?.GrpcCode) throw invalid("A matcher cannot be specified for health checks with the protocol 'TCP'");
    return {};
  }
  const path = (HealthCheckPath || known.path) ?? "/";
  checkPath(path);
  if (kind.protocolVersion === "GRPC") {
    if (Matcher?.HttpCode) throw invalid("An HTTP matcher cannot be specified for target groups with the protocol version 'GRPC'");
    const grpcMatcher = (Matcher?.GrpcCode || known.grpcMatcher) ?? "12";
    checkGrpcMatcher(grpcMatcher);
    return { path, grpcMatcher };
  }
  if (Matcher?.GrpcCode) throw invalid("A gRPC matcher can only be specified for target groups with the protocol version 'GRPC'");
  const matcher = (Matcher?.HttpCode || known.matcher) ?? "200";
  checkHttpMatcher(matcher, isForApplications(kind) ? 499 : 599);
  return { path, matcher };
}

/** AWS's defaults of what depends on the protocol of the checks. */
function freshSettings(
  kind: TargetGroupKind,
  protocol: HealthCheckSettings["protocol"],
): Pick<HealthCheckSettings, "timeout" | "path" | "matcher" | "grpcMatcher"> {
  if (protocol === "TCP") return { timeout: 10 };
  if (kind.protocolVersion === "GRPC") return { timeout: 5, path: "/AWS.ALB/healthcheck", grpcMatcher: "12" };
  if (isForApplications(kind)) return { timeout: 5, path: "/", matcher: "200" };
  return { timeout: protocol === "HTTPS" ? 10 : 6, path: "/", matcher: "200-399" };
}

function defaultProtocol(kind: TargetGroupKind): HealthCheckSettings["protocol"] {
  return isForApplications(kind) || kind.targetType === "alb" ? "HTTP" : "TCP";
}

function checkProtocol(protocol: string | undefined, kind: TargetGroupKind): HealthCheckSettings["protocol"] | undefined {
  checkEnum(protocol, "healthCheckProtocol", ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"]);
  // Terraform sends an empty one where none is set.
  if (!protocol) return undefined;
  const taken = isForApplications(kind) || kind.targetType === "alb" ? ["HTTP", "HTTPS"] : ["HTTP", "HTTPS", "TCP"];
  if (!taken.includes(protocol)) throw invalid(`Health check protocol '${protocol}' must be one of '${taken.join(", ")}'`);
  return protocol as HealthCheckSettings["protocol"];
}

function checkPort(port: string, { targetType }: TargetGroupKind): void {
  if (targetType === "alb" && port !== "traffic-port")
    throw new InvalidConfigurationRequestException(
      because(
        "Airfield checks Application Load Balancers by the listener that gets the traffic: the health check port must be 'traffic-port'",
      ),
    );
  if (port === "traffic-port" || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) return;
  throw invalid(`Health check port '${port}' must be 'traffic-port' or in the range '1-65535'`);
}

function checkPath(path: string): void {
  if (!path.startsWith("/")) throw invalid(`Health check path '${path}' must begin with '/'`);
  if (path.length > 1024) throw invalid("Health check path cannot be longer than '1024' characters");
  if (!/^[\x21-\x7e]+$/.test(path)) throw invalid(`Health check path '${path}' contains a character that is not allowed in a URI`);
}

/** How a group's matcher reads in an answer: one of the two, or none. */
export function describedMatcher({
  healthCheck,
}: TargetGroupRecord): { readonly HttpCode?: string; readonly GrpcCode?: string } | undefined {
  const { matcher, grpcMatcher } = healthCheck;
  if (grpcMatcher !== undefined) return { GrpcCode: grpcMatcher };
  return matcher === undefined ? undefined : { HttpCode: matcher };
}
