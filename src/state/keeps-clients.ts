import type { TargetGroupRecord } from "./elb.ts";

/** Whether targets of a group see the addresses of clients. Source: ELB API, `TargetGroupAttribute`. */
export function keepsClients({
  protocol,
  attributes,
  targetType,
}: Pick<TargetGroupRecord, "protocol" | "attributes" | "targetType">): boolean {
  if (protocol === "UDP" || protocol === "TCP_UDP") return true;
  return protocol === "TCP" && targetType === "ip" && attributes["preserve_client_ip.enabled"] === "true";
}
