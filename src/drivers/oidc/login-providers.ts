import { lookup } from "node:dns";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { errorText } from "../../domain/error-text.ts";
import type { LoginProviders, ProviderAnswer } from "../../ports/login-providers.ts";
import { isForbiddenAddress } from "../upstream-registry/forbidden-address.ts";
import { guardedLookup } from "../upstream-registry/guarded-lookup.ts";
import { parseObject, readBounded } from "./fetch-document.ts";

export interface LoginProviderOptions {
  /** Milliseconds for one answer. */
  readonly timeoutMs?: number;
  /** Authorities in PEM that are trusted in place of the usual ones. */
  readonly ca?: string;
}

const TIMEOUT_MS = 5000;
const MOST_BYTES = 256 * 1024;

interface Asked {
  readonly method: "GET" | "POST";
  readonly authorization: string;
  readonly body?: string;
}

/** Providers over HTTPS. Follows no redirection: what it sends is a secret. */
export function loginProviders({ timeoutMs = TIMEOUT_MS, ca }: LoginProviderOptions = {}): LoginProviders {
  const ask = async (endpoint: string, asked: Asked): Promise<ProviderAnswer> => {
    try {
      return await answerOf(endpoint, asked);
    } catch (cause) {
      return { kind: "unreachable", detail: `${endpoint}: ${errorText(cause)}` };
    }
  };

  async function answerOf(endpoint: string, { method, authorization, body }: Asked): Promise<ProviderAnswer> {
    const url = new URL(endpoint);
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const forbidden = (): Error => new Error(`${host} is no address of a provider`);
    if (url.protocol !== "https:" || (isIP(host) !== 0 && isForbiddenAddress(host))) throw forbidden();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpsRequest(url, {
        method,
        headers: {
          accept: "application/json",
          authorization,
          ...(body !== undefined && { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) }),
        },
        signal: AbortSignal.timeout(timeoutMs),
        agent: false,
        lookup: guardedLookup(lookup, isForbiddenAddress, forbidden),
        ...(ca !== undefined && { ca }),
      })
        .once("error", reject)
        .once("response", resolve)
        .end(body);
    });
    const text = await readBounded(response, MOST_BYTES);
    const status = response.statusCode ?? 0;
    if (status >= 500) return { kind: "unreachable", detail: `${endpoint} answered ${status}` };
    const content = text === undefined ? undefined : parseObject(text);
    if (status === 200 && content) return { kind: "document", content };
    const error = typeof content?.["error"] === "string" ? `: ${content["error"]}` : "";
    return { kind: "refused", detail: `${endpoint} answered ${status}${error}` };
  }

  return {
    token: (endpoint, { id, secret }, form) =>
      ask(endpoint, {
        method: "POST",
        // Both are form-encoded first. Source: RFC 6749, section 2.3.1.
        authorization: `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString("base64")}`,
        body: new URLSearchParams(form).toString(),
      }),
    userInfo: (endpoint, accessToken) => ask(endpoint, { method: "GET", authorization: `Bearer ${accessToken}` }),
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
