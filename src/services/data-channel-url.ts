import type { OperationContext } from "./operation.ts";

/** Where a session's client connects to, by the name by which it reached us. Source: Session Manager's stream URLs. */
export function dataChannelUrl({ origin, host }: Pick<OperationContext, "origin" | "host">, sessionId: string): string {
  return `${origin.secureTransport ? "wss" : "ws"}://${host}/v1/data-channel/${sessionId}?role=publish_subscribe`;
}
