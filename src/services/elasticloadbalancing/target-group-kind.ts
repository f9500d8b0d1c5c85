import {
  InvalidConfigurationRequestException,
  InvalidLoadBalancerActionException,
  UnsupportedProtocolException,
  type CreateTargetGroupInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { TargetGroupRecord } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { checkEnum, invalid } from "./elb-operation.ts";

/** What decides which settings a target group has. */
export type TargetGroupKind = Pick<TargetGroupRecord, "targetType" | "protocol" | "protocolVersion">;

const PROTOCOLS = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"] as const;

/** Those that the proxy carries, and those that the kernel leads. */
const CARRIED: readonly string[] = ["HTTP", "HTTPS", "TCP", "TLS"];
const LED: readonly string[] = ["UDP", "TCP_UDP"];

/** True for groups whose targets get datagrams. */
export function isForDatagrams({ protocol }: Pick<TargetGroupKind, "protocol">): boolean {
  return protocol === "UDP" || protocol === "TCP_UDP";
}

/** True for groups that requests go to, by an Application Load Balancer; the others get connections, by a Network Load Balancer. */
export function isForApplications({ protocol }: Pick<TargetGroupKind, "protocol">): boolean {
  return protocol === "HTTP" || protocol === "HTTPS";
}

/** Source: Elastic Load Balancing API, `CreateTargetGroup`. */
export function checkKind(input: CreateTargetGroupInput, leadsPackets = false): TargetGroupKind & { readonly protocol: string } {
  checkEnum(input.TargetType, "targetType", ["instance", "ip", "lambda", "alb"]);
  checkEnum(input.Protocol, "protocol", PROTOCOLS);
  const targetType = input.TargetType ?? "instance";
  if (targetType === "lambda")
    throw new InvalidConfigurationRequestException(
      because("Airfield runs no Lambda functions, and has no target groups with target type 'lambda'"),
    );
  const { Protocol: protocol } = input;
  if (protocol === undefined) throw invalid("A protocol must be specified");
  if (targetType === "alb" && protocol !== "TCP")
    throw invalid(`Protocol '${protocol}' is not supported for target groups with target type 'alb'`);
  if (leadsPackets && LED.includes(protocol) && targetType !== "ip")
    throw new InvalidConfigurationRequestException(
      because(`Airfield leads datagrams to addresses alone: target groups with the protocol '${protocol}' have the target type 'ip'`),
    );
  if (!CARRIED.includes(protocol) && !(leadsPackets && LED.includes(protocol)))
    throw new UnsupportedProtocolException(
      because(
        `Airfield does not support target groups with the protocol '${protocol}' yet, only '${[...CARRIED, ...(leadsPackets ? LED : [])].join("', '")}'`,
      ),
    );
  const kind = { targetType, protocol: protocol as NonNullable<TargetGroupRecord["protocol"]> };
  return isForApplications(kind) ? { ...kind, protocolVersion: checkVersion(input.ProtocolVersion) } : { ...kind, ...noVersion(input) };
}

/** Clients speak HTTP/2 over TLS alone, so that targets of HTTP/2 and gRPC are behind listeners that end TLS. */
export function checkReachable({ protocolVersion }: TargetGroupKind, listenerProtocol: string): void {
  if (listenerProtocol !== "HTTP" || protocolVersion === undefined || protocolVersion === "HTTP1") return;
  throw new InvalidLoadBalancerActionException(
    because(`Listener protocol 'HTTP' is not supported with a target group with the protocol-version '${protocolVersion}'`),
  );
}

function checkVersion(version: string | undefined): string {
  // Terraform sends an empty one where none is set.
  const wanted = version || "HTTP1";
  if (!["HTTP1", "HTTP2", "GRPC"].includes(wanted)) throw invalid(`Protocol version '${wanted}' must be one of 'HTTP1, HTTP2, GRPC'`);
  return wanted;
}

function noVersion({ Protocol, ProtocolVersion }: CreateTargetGroupInput): Record<never, never> {
  if (ProtocolVersion) throw invalid(`Protocol version cannot be specified for target groups with protocol '${Protocol}'`);
  return {};
}
