import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { BodyTooLargeError, LARGEST_BODY, readBody } from "./body.ts";
import type { Gateway } from "./gateway.ts";

/** Answers requests below `/v2/`; it reads the body itself, as a stream. */
export type RegistryHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServerOptions {
  readonly gateway: Gateway;
  readonly registry: RegistryHandler;
  /** Told of failures outside of any operation. */
  readonly failed: (cause: unknown) => void;
}

/** Idle connections of SDK clients stay open a little longer than those clients keep them, so that none is cut under a request. */
const KEEP_ALIVE_MS = 75_000;

/** The one HTTP endpoint. Not listening yet. */
export function httpServer({ gateway, registry, failed }: ServerOptions): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0, noDelay: true }, (request, response) => {
    if (request.url === "/v2" || request.url?.startsWith("/v2/")) {
      registry(request, response);
      return;
    }
    answer(gateway, request, response).catch((cause: unknown) => {
      // The client went away in the middle: nobody is left to answer.
      if (request.destroyed || response.destroyed) return;
      failed(cause);
      response.writeHead(500, { connection: "close" }).end();
    });
  });
  // `docker` sends `Expect: 100-continue` never; SDKs do for large bodies, and Node answers them.
  server.headersTimeout = 60_000;
  return server;
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

async function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "OPTIONS") {
    response.writeHead(204, PREFLIGHT).end();
    return;
  }
  let body: Buffer;
  try {
    body = await readBody(request);
  } catch (thrown) {
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
  const secure = (request.socket as { encrypted?: boolean }).encrypted === true;
  const answered = await gateway({ method: request.method ?? "GET", url, headers, body, secure }, request.socket.remoteAddress ?? "");
  const length = Buffer.byteLength(answered.body);
  response.writeHead(answered.status, { ...CORS, ...answered.headers, "content-length": length });
  response.end(request.method === "HEAD" ? undefined : answered.body);
}

/** The host is of no interest here; what is not a path (`*`, `//`) gives `undefined`. */
function parseUrl(path: string): URL | undefined {
  return URL.canParse(`http://airfield${path}`) ? new URL(`http://airfield${path}`) : undefined;
}
