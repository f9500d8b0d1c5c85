import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { LAYER_DOWNLOADS } from "../state/layer-download.ts";
import { BodyTimeoutError, BodyTooLargeError, LARGEST_BODY, readBody } from "./body.ts";
import type { Gateway } from "./gateway.ts";
import { limitedServer } from "./limited-server.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { WireRequest } from "./protocols/protocol.ts";

/** Answers requests below `/v2/`, and those for layers by a signed URL; it reads the body itself, as a stream. */
export type RegistryHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServerOptions {
  readonly gateway: Gateway;
  readonly registry: RegistryHandler;
  /** Told of failures outside of any operation. */
  readonly failed: (cause: unknown) => void;
  readonly limits?: Partial<Limits>;
}

/** The one HTTP endpoint. Not listening yet. */
export function httpServer({ gateway, registry, failed, limits }: ServerOptions): Server {
  const { bodyMs } = { ...LIMITS, ...limits };
  // `docker` sends `Expect: 100-continue` never; SDKs do for large bodies, and Node answers them.
  return limitedServer((request, response) => {
    if (isForRegistry(request.url)) {
      registry(request, response);
      return;
    }
    answer(gateway, request, response, bodyMs).catch((cause: unknown) => {
      // The client went away in the middle: nobody is left to answer.
      if (request.destroyed || response.destroyed) return;
      failed(cause);
      response.writeHead(500, { connection: "close" }).end();
    });
  }, limits);
}

function isForRegistry(url = ""): boolean {
  return url === "/v2" || url.startsWith("/v2/") || url.startsWith(LAYER_DOWNLOADS);
}

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "x-amzn-requestid,x-amzn-errortype,x-amzn-errormessage,date",
} as const;

const PREFLIGHT = {
  ...CORS,
  "access-control-allow-methods": "GET,POST,PUT,DELETE,HEAD,PATCH",
  "access-control-allow-headers":
    "authorization,content-type,x-amz-date,x-amz-target,x-amz-security-token,x-amz-user-agent,x-amz-content-sha256,x-amzn-query-mode,amz-sdk-invocation-id,amz-sdk-request",
  "access-control-max-age": "86400",
} as const;

async function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse, bodyMs: number): Promise<void> {
  if (request.method === "OPTIONS") {
    response.writeHead(204, PREFLIGHT).end();
    return;
  }
  let body: Buffer;
  try {
    body = await readBody(request, { within: bodyMs });
  } catch (thrown) {
    if (thrown instanceof BodyTimeoutError) {
      response.writeHead(408, { ...CORS, connection: "close" }).end();
      return;
    }
    if (!(thrown instanceof BodyTooLargeError)) throw thrown;
    const message = `The request body is larger than ${LARGEST_BODY} bytes.`;
    response.writeHead(413, { ...CORS, "content-type": "application/x-amz-json-1.1", connection: "close" });
    response.end(JSON.stringify({ __type: "RequestEntityTooLargeException", message }));
    return;
  }
  const url = parseUrl(request.url ?? "/");
  if (!url) {
    response.writeHead(400, { ...CORS, connection: "close" }).end();
    return;
  }
  const headers = request.headers as Readonly<Record<string, string | undefined>>;
  const method = request.method ?? "GET";
  const answered = await gateway({ method, url, headers, body, ...transportOf(request) }, request.socket.remoteAddress ?? "");
  const length = Buffer.byteLength(answered.body);
  response.writeHead(answered.status, { ...CORS, ...answered.headers, "content-length": length });
  response.end(request.method === "HEAD" ? undefined : answered.body);
}

function transportOf({ socket }: IncomingMessage): Pick<WireRequest, "secure" | "tls"> {
  if (!(socket instanceof TLSSocket)) return { secure: false };
  return { secure: true, tls: { version: socket.getProtocol() ?? "", cipher: socket.getCipher().standardName } };
}

/** The host is of no interest here; what is not a path (`*`, `//`) gives `undefined`. */
function parseUrl(path: string): URL | undefined {
  return URL.canParse(`http://airfield${path}`) ? new URL(`http://airfield${path}`) : undefined;
}
