import { errorText } from "../../domain/error-text.ts";
import type { IncomingMessage } from "node:http";
import { allowedUrl } from "./allowed-url.ts";
import { guardedGet } from "./guarded-get.ts";

export interface DocumentLimits {
  /** For one document with all its redirections, in milliseconds. */
  readonly timeoutMs: number;
  readonly mostBytes: number;
  readonly mostRedirects: number;
}

export type FetchedDocument =
  | { readonly kind: "document"; readonly content: Readonly<Record<string, unknown>> }
  | { readonly kind: "unreachable" | "unusable"; readonly detail: string };

/** Fetches one JSON object. A redirection may lead to where the first URL might have led, and never from TLS to without. Never rejects. */
export async function fetchDocument(url: URL, limits: DocumentLimits): Promise<FetchedDocument> {
  try {
    return await follow(url, limits, AbortSignal.timeout(limits.timeoutMs));
  } catch (cause) {
    return { kind: "unreachable", detail: `${url.href}: ${errorText(cause)}` };
  }
}

async function follow(first: URL, { mostBytes, mostRedirects }: DocumentLimits, signal: AbortSignal): Promise<FetchedDocument> {
  let url = first;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await guardedGet(url, signal);
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400) {
      response.destroy();
      const next = allowedUrl(response.headers.location ?? "", url);
      if (!next || (url.protocol === "https:" && next.protocol !== "https:"))
        return { kind: "unusable", detail: `${url.href} leads to where nobody may be sent` };
      url = next;
      continue;
    }
    if (status !== 200) {
      response.destroy();
      return { kind: status >= 500 ? "unreachable" : "unusable", detail: `${url.href} answered ${status}` };
    }
    const text = await readBounded(response, mostBytes);
    if (text === undefined) return { kind: "unusable", detail: `${url.href} has more than ${mostBytes} bytes` };
    const content = parseObject(text);
    return content ? { kind: "document", content } : { kind: "unusable", detail: `${url.href} is no JSON object` };
  }
  return { kind: "unusable", detail: `${first.href} redirects more than ${mostRedirects} times` };
}

/** The body as text; `undefined` where it is longer. */
export async function readBounded(body: IncomingMessage, mostBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Whatever it is, it is no document of an issuer.
    return undefined;
  }
}
