import { createHash, createHmac } from "node:crypto";
import type { WireRequest } from "../gateway/protocols/protocol.ts";
import type { Keys } from "./api-world.ts";
import { wireRequest, type WireParts } from "./wire-request.ts";

export interface HandSigned extends WireParts {
  /** In the order in which they are signed. */
  readonly signedHeaders?: readonly string[];
  /** Header lines that are added when it is signed. */
  readonly afterwards?: readonly string[];
  /** Whether the lines say the time, in whatever way. */
  readonly dated?: boolean;
  readonly region?: string;
  readonly service?: string;
}

/**
 * Signs a request as no SDK would: with the headers that it is told to sign, whatever they are called. A second implementation of what the
 * gateway verifies, for simple paths and queries, by other means.
 */
export function handSigned(draft: HandSigned, { accessKeyId, secretAccessKey }: Keys, at: number): WireRequest {
  const { signedHeaders = ["host", "x-amz-date"], afterwards = [], dated = false, region = "us-east-1", service = "ecs" } = draft;
  const time = new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const lines = [...(draft.lines ?? []), ...(dated ? [] : ["x-amz-date", time])];
  const { method, target, bodyHash } = wireRequest(draft);
  const [path = "", query = ""] = target.split("?");
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => pair.split("=").concat("").slice(0, 2).join("\0"))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((pair) => pair.replace("\0", "="));
  const valueOf = (name: string): string =>
    lines.filter((_, index) => index % 2 === 1 && (lines[index - 1] ?? "").toLowerCase() === name).join(",");
  const headers = signedHeaders.map((name) => `${name}:${valueOf(name)}\n`).join("");
  const canonical = [method, path, pairs.join("&"), headers, signedHeaders.join(";"), bodyHash].join("\n");
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(canonical, "latin1").digest("hex")].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>((by, text) => createHmac("sha256", by).update(text).digest(), `AWS4${secretAccessKey}`);
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  return wireRequest({ ...draft, lines: [...lines, ...afterwards, "authorization", authorization] });
}
