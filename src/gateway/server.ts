import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { LAYER_DOWNLOADS } from "../state/layer-download.ts";
import { BodyTimeoutError, BodyTooLargeError, LARGEST_BODY, readBody } from "./body.ts";
import type { Gateway } from "./gateway.ts";
import { guardedServer, type GuardedServerOptions } from "./door/guarded-server.ts";
import { shareAnswers } from "./door/origins.ts";
import { LIMITS } from "./limits.ts";
import type { WireRequest } from "./protocols/protocol.ts";

/** Answers requests below `/v2/`, and those for layers by a signed URL; it reads the body itself, as a stream. */
export type RegistryHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServerOptions extends GuardedServerOptions {
  readonly gateway: Gateway;
  readonly registry: RegistryHandler;
  /** Told of failures outside of any operation. */
  readonly failed: (cause: unknown) => void;
  /** Of pages whose scripts may read the answers of the APIs, besides our own. */
  readonly origins?: readonly string[] | undefined;
}

/** The one HTTP endpoint. Not listening yet. */
export function httpServer({ gateway, registry, failed, limits, hostNames, origins = [] }: ServerOptions): Server {
  const { bodyMs } = { ...LIMITS, ...limits };
  const share = shareAnswers(origins);
  // `docker` sends `Expect: 100-continue` never; SDKs do for large bodies, and Node answers them.
  const listener: RequestListener = (request, response) => {
    if (isForRegistry(request.url)) {
      registry(request, response);
      return;
    }
    share(request, response);
    answer(gateway, request, response, bodyMs).catch((cause: unknown) => {
      // The client went away in the middle: nobody is left to answer. (A request whose body was read is destroyed in any case.)
      if (request.socket.destroyed || response.destroyed) return;
      failed(cause);
      response.writeHead(500, { connection: "close" }).end();
    });
  };
  return guardedServer(listener, { limits, hostNames });
}

function isForRegistry(url = ""): boolean {
  return url === "/v2" || url.startsWith("/v2/") || url.startsWith(LAYER_DOWNLOADS);
}

async function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse, bodyMs: number): Promise<void> {
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
    return;
  }
  let body: Buffer;
  try {
    body = await readBody(request, { within: bodyMs });
  } catch (thrown) {
    if (thrown instanceof BodyTimeoutError) {
      response.writeHead(408, { connection: "close" }).end();
      return;
    }
    if (!(thrown instanceof BodyTooLargeError)) throw thrown;
    const message = `The request body is larger than ${LARGEST_BODY} bytes.`;
    response.writeHead(413, { "content-type": "application/x-amz-json-1.1", connection: "close" });
    response.end(JSON.stringify({ __type: "RequestEntityTooLargeException", message }));
    return;
  }
  const url = parseUrl(request.url ?? "/");
  if (!url) {
    response.writeHead(400, { connection: "close" }).end();
    return;
  }
  const headers = request.headers as Readonly<Record<string, string | undefined>>;
  const method = request.method ?? "GET";
  const answered = await gateway({ method, url, headers, body, ...transportOf(request) }, request.socket.remoteAddress ?? "");
  const length = Buffer.byteLength(answered.body);
  response.writeHead(answered.status, { ...answered.headers, "content-length": length });
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
