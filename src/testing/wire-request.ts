import { createHash } from "node:crypto";
import type { WireRequest } from "../gateway/protocols/protocol.ts";
import { readHeaders } from "../gateway/request-headers.ts";

export interface WireParts {
  readonly method?: string;
  /** Path and query, one character a byte. */
  readonly target?: string;
  /** Header lines: names and values in turns. */
  readonly lines?: readonly string[];
  readonly body?: string | Buffer;
}

/** A request as the server hands it to the gateway. */
export function wireRequest({ method = "POST", target = "/", lines = [], body = "" }: WireParts = {}): WireRequest {
  const bytes = Buffer.from(body as string);
  const bodyHash = createHash("sha256").update(bytes).digest("hex");
  const url = new URL(`http://localhost${target}`);
  return { method, target, url, headers: readHeaders(lines), body: bytes, bodyHash, secure: false };
}
